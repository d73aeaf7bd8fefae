"""Words that ask, greet, thank and hurry: they say that something is wanted, not what."""

from typing import Final

from directory.normalise import vocabulary
from directory.understanding.phrases import Phrases, phrases

WORDS: Final = vocabulary(
    "bonjour bonsoir hello salut coucou madame monsieur messieurs mesdames merci svp stp cordialement salutations "
    "cherche cherchons cherchent chercher recherche recherchons recherchent rechercher recherches besoin besoins "
    "souhaite souhaitons souhaitent souhaiterais souhaiterions souhaitant voudrais voudrait voudrions aimerais "
    "aimerions veux voulons vouloir desire desirons faudrait faut trouver trouve trouvez "
    "quelqu quelquun quelqun qui quoi comment urgent urgente urgence urgemment rapidement vite asap "
    "prestataire prestataires fournisseur fournisseurs entrepreneur entrepreneurs professionnel professionnels "
    "pro pros specialiste specialistes specialise specialisee specialises "
    "specialisees expert experts experte expertes qualifie qualifiee qualifies qualifiees experimente experimentee "
    "experimentes experimentees competent competente competents serieux serieuse fiable fiables disponible disponibles "
    "bon bonne bons bonnes meilleur meilleure meilleurs meilleures excellent recommander recommandez recommandation "
    "recommandations conseillez devis estimation tarif tarifs prix cher abordable abordables gratuit "
    "gratuite capable capables susceptible pouvant pourrait pourriez pouvez pouvoir peut peux possible possibilite "
    "afin realiser effectuer intervenir intervenant intervenants intervention proposer propose proposant offrant "
    "adherent adherents adherente membre membres certifie certifiee certifies certifiees labellise labellisee "
    "suis sommes sera serait seront avons avez aurais aurions aura faire fais faites faisant tel mail email "
    "actuellement rapide proximite quelques quelque plusieurs certain certains divers differents different "
    "contact contacter contactez localisation localite lieu adresse france entreprise entreprises societe societes "
    "boite prestation hebdomadaire mensuel mensuelle ponctuel ponctuelle regulier reguliere regulierement ideal "
    "gars mec nana bonhomme costaud costauds idealement budget environ maximum minimum disposer type genre etc"
)
PHRASES: Final = Phrases(
    (phrase, True)
    for phrase in phrases(
        """
        s il vous plait | s il te plait | merci d avance | merci beaucoup | bonne journee | est ce que | j ai besoin
        nous avons besoin | a la recherche | en recherche | mise en relation | pas cher | pas chere | pas trop cher
        bon marche | pas chers | au plus vite | des que possible | le plus rapidement possible
        dans les plus brefs delais | brefs delais | en urgence | devis gratuit | demande de devis | demande devis
        appel d offres | a bon prix | meilleur prix | quelqu un pour | quelqu un | quelqu un qui | quelqun pour
        quelquun pour | qui peut | qui fait | qui fasse | qui font | qui puisse | qui sache | qui propose
        specialise dans | specialisee dans | specialises dans | specialisees dans | specialiste dans | expert dans
        pour faire | pour realiser | pour effectuer | pour m aider | pour nous aider | partout en france
        toute la france | en france | pour mon compte | dans le cadre | dans le but | dans l ideal | dans le domaine
        dans le secteur | pour le compte
        """
    )
)
# After the trade they say for whom: "nettoyage d'entreprise", "mutuelle société".
_FOR_WHOM: Final = vocabulary("entreprise entreprises societe societes professionnel professionnels")


def is_asking(word: str, *, is_first: bool) -> bool:
    """Whether the word only asks. ``is_first`` says that none before it carries meaning."""
    return word in WORDS and (is_first or word not in _FOR_WHOM)
