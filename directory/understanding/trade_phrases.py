"""Phrases of trades in which a place's name is none, and a word of asking says what is wanted.

Written as they are compared: folded, ``saint`` in full, elided articles as words.
"""

from typing import Final

from directory.understanding.phrases import phrases

TRADE_PHRASES: Final = phrases(
    """
    savon de marseille | savons de marseille | tarot de marseille | navette de marseille | navettes de marseille
    bouillabaisse de marseille | calissons d aix | calisson d aix | coteaux d aix | huile d olive des baux
    agneau de sisteron | melon de cavaillon | melons de cavaillon | fraise de carpentras | fraises de carpentras
    berlingots de carpentras | tomettes de salernes | carrelage de salernes | faience de moustiers | banon aop
    poterie de vallauris | ceramique de vallauris | citron de menton | citrons de menton | foin de crau
    figues de sollies | parfum de grasse | parfums de grasse | fromage de banon | olives de nice | nice to have
    vin de cassis | vins de cassis | creme de cassis | liqueur de cassis | sirop de cassis | vin de bandol
    vins de bandol | rose de bandol | vinaigre de modene | vinaigre balsamique de modene | cotes de provence
    herbes de provence | miel de provence | santons de provence | santon de provence | vins de provence
    french tech aix marseille | aix marseille universite

    salon de coiffure | salon de the | salon professionnel | salons professionnels | salon de jardin | salons de jardin
    salon d esthetique | salon de beaute | salon de toilettage | salon de massage | salon du livre | salon virtuel
    salon de l habitat | salon de l agriculture | salon du mariage | salon de l emploi | salon marocain
    stand salon | stand de salon | stand pour salon | stand pour un salon | stand sur salon | mobilier de salon
    canape de salon | hotesse de salon | hotesses de salon | table de salon | meuble de salon

    garde d enfants | garde d enfant | garde a domicile | garde de nuit | garde d animaux | garde corps | garde meuble
    garde meubles | pharmacie de garde | medecin de garde | ambulance de garde | veterinaire de garde
    langue des signes | langage des signes | cannes a peche | canne a peche | cannes a sucre | canne a sucre
    cannes anglaises | cannes de marche | matiere grasse | matieres grasses | peau grasse
    vernis a ongles | lime a ongles | ongles en gel | faux ongles | pose d ongles | soin des ongles
    jus d orange | jus d oranges | huile essentielle d orange | fleur d orange | orange business | fibre orange
    forfait orange | reseau orange | operateur orange | ligne orange
    tour de controle | tour a metaux | tour a bois | tour de potier | tour numerique | tour cn | grue a tour
    spectacle de contes | contes pour enfants | contes et legendes | bois de noyer | drap de bain | drap housse
    drap plat | drap d examen | bras articule | bras robotise | bras robotique | bras de levage
    oeuf de caille | oeufs de caille | noix de saint jacques | noix saint jacques | coquille saint jacques
    coquilles saint jacques | filet de saint pierre | crepe suzette | crepes suzette | gap analysis
    serres agricoles | serres maraicheres | serres horticoles | serres de jardin | serres tunnel
    murs de soutenement | murs vegetaux | murs porteurs | murs exterieurs | murs interieurs | murs et plafonds
    sols et murs | grave ciment | grave bitume | colle a bois | colle a carrelage | mas provencal | mas en pierre

    recherche et developpement | recherche developpement | recherche de fuite | recherche de fuites | recherche fuite
    recherche fuites | recherche d amiante | recherche de reseaux | recherche clinique | bureau de recherche
    cabinet de recherche | recherche et d innovation | demande de subvention | demandes de subvention
    mise en demeure | faire part | faire parts | savoir faire | bon d achat | bons d achat | bons cadeaux
    droit des societes | creation d entreprise | creation de societe | reprise d entreprise | cession d entreprise
    transmission d entreprise | restauration d entreprise | restaurant d entreprise | creche d entreprise
    film d entreprise | video d entreprise | seminaire d entreprise | cadeaux d entreprise | cadeau d entreprise
    evenement d entreprise | evenements d entreprise | conciergerie d entreprise | mutuelle d entreprise
    domiciliation d entreprise | domiciliation d entreprises | demenagement d entreprise | demenagement d entreprises
    pepiniere d entreprises | hotel d entreprises | logiciel devis | logiciel de devis | aide a domicile
    services a la personne | service a la personne | aide a la personne | temps partiel | temps plein | temps partage
    premiers secours | premier secours | gestes et postures | poste de travail | postes de travail | second oeuvre
    mille feuille | deux roues | trois d | quatre mains | week end
    """
)
