"""Words about places that no nomenclature has: short names, ordinary words that are also communes, trade phrases.

All are written as they are compared: folded, ``saint`` in full.
"""

from typing import Final

from directory.normalise import vocabulary
from directory.understanding.phrases import phrases

# What people say for a commune, an inter-communal body or a part of one, with the codes meant.
SHORT_NAMES: Final[dict[str, tuple[str, ...]]] = {
    name: tuple(codes.split())
    for name, codes in {
        "aix": "13001",
        "antibes juan les pins": "06004",
        "baux": "13011",
        "beaulieu": "06011",
        "berre": "13014",
        "bormes": "83019",
        "cagnes": "06027",
        "carry": "13021",
        "cavalaire": "83036",
        "chateau arnoux": "04049",
        "chateau gombert": "13213",
        "cuges": "13030",
        "digne": "04070",
        "duranne": "13001",
        "ensues": "13033",
        "estaque": "13216",
        "fos": "13039",
        "greoux": "04094",
        "isle sorgue": "84054",
        "joliette": "13202",
        "juan les pins": "06004",
        "londe": "83071",
        "luynes aix": "13001",
        "mandelieu": "06079",
        "milles": "13001",
        "monetier": "05079",
        "moustiers": "04135",
        "palette": "13001",
        "pernes": "84088",
        "plan de campagne": "13019 13071",
        "port saint louis": "13078",
        "roquefort bedoule": "13085",
        "saint cyr": "83112",
        "saint laurent var": "06123",
        "saint maximin": "83116",
        "saint remy": "13100",
        "saint trop": "83119",
        "saintes maries": "13096",
        "salon": "13103",
        "sanary": "83123",
        "sausset": "13104",
        "septemes": "13106",
        "serre chevalier": "05133 05161 05079",
        "seyne sur mer": "83126",
        "six fours": "83129",
        "vaison": "84137",
        "valentine": "13211",
        "valette": "83144",
        "villefranche": "06159",
        # Inter-communal bodies.
        "aix marseille": "200054807",
        "aix marseille metropole": "200054807",
        "metropole aix marseille": "200054807",
        "metropole marseille": "200054807",
        "metropole amp": "200054807",
        "amp metropole": "200054807",
        "metropole nice": "200030195",
        "metropole toulon": "248300543",
        "toulon provence": "248300543",
        # Wider.
        "alpes haute provence": "04",
        "bouche rhone": "13",
        "bouches rhones": "13",
        "cote azur": "06 83",
        "region sud": "93",
        "region paca": "93",
        "region provence alpes cote azur": "93",
        "paca": "93",
        "sud paca": "93",
        "provence alpes": "93",
    }.items()
}

# An article tells towns apart that share the rest of what they are called: La Seyne is Seyne-sur-Mer's.
WITH_ARTICLE: Final = {("la", "04205"): "83126"}

# Communes whose name, article apart, is a word that needs are written with, or a wine.
ORDINARY: Final = vocabulary(
    "aiguilles allons angles apt arcs banon bastide bastidonne baux beaume beausoleil belvedere biot bras "
    "brigue broc buisson cabannes caille cairanne camps cassis castellar castillon celle clans claret colle contes "
    "crau crestet croix dauphin drap epine escale faucon fayence ferres fouillouse garde gars gigondas grans grave "
    "grillon hospitalet isola lazer londe luc mane mas mayons mees milles modene mole monetier mons motte moulinet "
    "mure murs noyer ongles oraison orange oze palette palud penne poet pontet puget rasteau robine rochette "
    "roquette rousset roussillon sablet salon saulce sault sausses serres signes sorbiers sorgues suzette tavernes "
    "tende thor tour trinite vacqueyras val valentine valette verdiere vernet viens villars villedieu villeneuve "
    "vins"
)
# Those that rather name a person, a brand or a firm: a capital says nothing of them.
SURNAMES: Final = vocabulary(
    "aurel barras baratier beaujeu brunet callas callian curel gilette gourdon grimaud lacoste luc marie mirabeau "
    "montfort poligny rambaud rigaud rochebrune rougon tournefort"
)
# Names of several words that are words of needs all the same.
ORDINARY_PHRASES: Final = ("cheval blanc", "saint pierre", "saint jacques", "mont dauphin")

# A name after one of these is a street's.
STREET_WORDS: Final = vocabulary(
    "rue avenue av bd boulevard chemin route rte place cours impasse allee traverse montee promenade"
)

# Prepositions of place, without articles. A disc is meant by those of NEAR; LOOSE ones are used of much else, so that a
# name that is an ordinary word needs its capital after them.
NEAR: Final = phrases(
    """
    autour | alentours | alentour | aux alentours | environs | aux environs | dans environs | dans alentours
    pres | proche | proches | proximite | a proximite | proximite immediate | a proximite immediate | a cote | non loin
    pas loin | pas trop loin | vers | secteur | dans secteur | sur secteur | coin | dans coin | region | dans region
    sur region | agglomeration | dans agglomeration | sur agglomeration | agglo | dans agglo | sur agglo | peripherie
    en peripherie | dans peripherie | pays | dans pays | en pays
    """
)
AT: Final = phrases(
    """
    a | au | aux | ville | commune | depuis | sur ville | dans ville | sur commune | centre ville
    base a | basee a | situe a | situee a | localise a | localisee a
    """
)
LOOSE: Final = phrases("sur | en | dans | departement | dept | dep | zone | dans departement | sur departement")
AROUND_IT: Final = phrases(
    """
    alentours | environs | et alentours | et alentour | et ses alentours | et aux alentours | ou alentours
    ou aux alentours | et environs | et ses environs | et aux environs | ou environs | et sa region | et region
    et autour | et peripherie | et sa peripherie | et proximite | et agglomeration | et son agglomeration
    et communes voisines
    """
)
