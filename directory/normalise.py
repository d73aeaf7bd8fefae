"""Comparable forms of names, streets, sites and phones: equal when two directories mean the same thing.

They are for comparing, never for showing, and run on every listing: patterns are compiled once, and a text that is
already plain ASCII takes a short way.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Final

_ACCENTS: Final = dict.fromkeys(range(0x300, 0x370))
# Letters and marks that Unicode does not decompose.
_MARKS: Final = str.maketrans(
    {"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "’": "'", "‘": "'", "`": "'", "–": "-", "—": "-"}
)
# The dots inside S.N.E.F., but not the one of J.Martin.
_INITIALS_DOT: Final = re.compile(r"(?<![^\W_])([^\W\d_])\.(?=[^\W\d_](?![^\W_]))")
_BETWEEN_WORDS: Final = re.compile(r"[\W_]+")
# The elided article of l'atelier or d'azur goes; the apostrophe of O'Neill belongs to the name and closes up.
_ELIDED: Final = re.compile(r"\b(?:[cdjlmnst]|qu)'(?=\w)")


def fold(text: str) -> str:
    """Lower case, no accents, typographic apostrophes and dashes made plain, single spaces."""
    if not text.isascii():
        text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
        text = text.translate(_ACCENTS).translate(_MARKS)
    return " ".join(text.lower().split())


def vocabulary(text: str) -> frozenset[str]:
    """A set of words written as one text, for lists that are read as prose."""
    return frozenset(text.split())


def words(text: str) -> list[str]:
    """The folded words of a text without punctuation and elided articles; dotted initials are one word."""
    plain = _ELIDED.sub("", _INITIALS_DOT.sub(r"\1", fold(text)))
    return _BETWEEN_WORDS.sub(" ", plain.replace("'", "")).split()


# Names

_LEGAL_PHRASES: Final = re.compile(
    r"\b(?:"
    r"entreprise individuelle(?: a responsabilite limitee)?|entrepreneur individuel"
    r"|(?:auto|micro) ?(?:entrepreneur|entreprise)"
    r"|(?:entreprise unipersonnelle|exploitation agricole|societe(?: d)? exercice liberal|societe)"
    r" a responsabilite limitee"
    r"|societe par actions simplifiee|societe anonyme|societe en nom collectif"
    r"|societe cooperative(?: et participative| ouvriere)?(?: de production|(?: d)? interet collectif)?"
    r"|societe civile(?: immobiliere| professionnelle| de moyens)?|groupement(?: d)? interet economique"
    r"|a associe unique|unipersonnelle|a capital variable|loi (?:de )?1901"
    r")\b"
)
_LEGAL_WORDS: Final = vocabulary(
    "sarl sarlu sas sasu eurl eirl snc sci scp scm sccv selarl selas selasu scop scic scea earl gaec gfa gie gip cuma "
    "societe ste soc entreprise ent ets etablissement etablissements etabl association assoc asso"
)
# Short enough to be a word or a sign inside a name: only dropped where a legal form or a civility stands.
_LEADING: Final = vocabulary("sa ei m mr mme mlle monsieur madame messieurs mademoiselle the")
_TRAILING: Final = vocabulary(
    "sa se ei inc incorporated llc llp ltd limited corp corporation plc gmbh mbh pty bv nv srl"
)
_AND: Final = vocabulary("et and")
_SMALL_WORDS: Final = vocabulary("l le la les un une d de du des en a au aux")


def name_key(name: str) -> str:
    """A company's name without legal form, civility, punctuation and small words.

    ``S.A.R.L. L'Œuvre & Fils`` gives ``oeuvre fils``, ``S.N.E.F`` gives ``snef``. A name that has nothing else is only
    folded: the key is empty for a blank name alone.
    """
    spoken = words(name.replace("&", " et ").replace("+", " et "))
    joined = " ".join(_initials_joined(word for word in spoken if word not in _AND))
    kept = [word for word in _LEGAL_PHRASES.sub(" ", joined).split() if word not in _LEGAL_WORDS]
    return " ".join(word for word in _without_edges(kept) if word not in _SMALL_WORDS) or fold(name)


def _initials_joined(parts: Iterable[str]) -> Iterator[str]:
    """``s n e f`` as one word; a letter alone stays as it is."""
    for single, run in groupby(parts, key=lambda word: len(word) == 1 and word.isalpha()):
        if single:
            yield "".join(run)
        else:
            yield from run


def _without_edges(parts: list[str]) -> list[str]:
    start, end = 0, len(parts)
    while start < end and parts[start] in _LEADING:
        start += 1
    while start < end and parts[end - 1] in _TRAILING:
        end -= 1
    return parts[start:end]


# Streets. Abbreviations after AFNOR NF Z10-011 as La Poste prints them, and those that people use.

_STREET_WORDS: Final = {
    short: full
    for full, shorts in {
        "allee": "all allees",
        "avenue": "av ave aven",
        "batiment": "bat bt batiments",
        "boulevard": "bd bld blv blvd boul bvd",
        "carrefour": "car carr",
        "chemin": "che chem ch chm",
        "cours": "crs",
        "docteur": "dr doct",
        "domaine": "dom",
        "esplanade": "esp espl",
        "faubourg": "fg fbg",
        "general": "gal gen",
        "hameau": "ham",
        "immeuble": "imm",
        "impasse": "imp",
        "lotissement": "lot",
        "marechal": "mal",
        "montee": "mte mtee",
        "notre dame": "nd",
        "passage": "pas pass",
        "place": "pl",
        "president": "pdt pres",
        "professeur": "prof",
        "promenade": "prom",
        "quartier": "qu qua quart qrt",
        "residence": "res resid",
        "route": "rte",
        "rue": "r",
        "saint": "st",
        "sainte": "ste",
        "square": "sq",
        "traverse": "tra trav trse",
        "za": "zae",
    }.items()
    for short in shorts.split()
}
_ZONES: Final = (
    (re.compile(r"\bzone (?:d )?(?:artisanale|activites?)\b"), "za"),
    (re.compile(r"\bzone industrielle\b"), "zi"),
    (re.compile(r"\bzone (?:d )?amenagement concerte\b"), "zac"),
    (re.compile(r"\brond point\b|\brpt\b"), "rondpoint"),
)
_ZONE_MARKS: Final = ("zone", "rond point", "rpt")
# What only the sorting office reads: boxes, special deliveries, CEDEX.
_DELIVERY: Final = re.compile(r"\b(?:b ?p|c ?s|tsa)(?: n[o0]?)? ?(?:\d{2} \d{3}|\d+)\b|\bcedex(?: \d{1,2})?\b")
_DELIVERY_MARKS: Final = ("bp", "b p", "cs", "c s", "tsa", "cedex")
_REPETITION: Final = re.compile(r"\b(\d+) ?(bis|ter|quater|b|t|q|[acdef](?! \d))\b")
_REPETITION_LETTER: Final = {"bis": "b", "ter": "t", "quater": "q"}


def street_key(line: str) -> str:
    """A street line with its words in full, ``bis`` on its number, without boxes, CEDEX and small words.

    ``12 bis, Av. de la République - BP 40 CEDEX`` gives ``12b avenue republique``. Empty when nothing is left.
    """
    text = " ".join(words(line))
    # Looking for a word is twenty times as fast as a pattern that is not there, and most lines have none of these.
    if any(mark in text for mark in _DELIVERY_MARKS):
        text = _DELIVERY.sub(" ", text)
    if any(mark in text for mark in _ZONE_MARKS):
        for pattern, short in _ZONES:
            text = pattern.sub(short, text)
    text = _REPETITION.sub(lambda found: found[1] + _REPETITION_LETTER.get(found[2], found[2]), text)
    kept = [word for word in text.split() if word not in _SMALL_WORDS and word != "et"]
    return " ".join(_STREET_WORDS.get(word, word) for word in kept)


# Sites and phones

# Hosts where many companies have a page: the address says nothing about which one.
_SHARED_HOSTS: Final = vocabulary(
    "airbnb.fr amazon.fr assoconnect.com behance.net bit.ly blogspot.com blogspot.fr booking.com business.site "
    "calameo.com canalblog.com carrd.co doctolib.fr e-monsite.com eatbu.com etsy.com facebook.com fb.com fb.me "
    "free.fr g.page github.io godaddysites.com goo.gl google.com google.fr helloasso.com houzz.fr instagram.com "
    "jimdo.com jimdofree.com jimdosite.com kompass.com leboncoin.fr linkedin.com linktr.ee monsite-orange.fr "
    "myshopify.com netlify.app notion.site odoo.com orange.fr over-blog.com pagesjaunes.fr pagesperso-orange.fr "
    "pagespro-orange.fr pinterest.com pinterest.fr planity.com site-solocal.com sitew.com sitew.fr societe.com "
    "solocal.com squarespace.com t.me threads.net tiktok.com tripadvisor.com tripadvisor.fr twitter.com ueniweb.com "
    "vercel.app viadeo.com vimeo.com wa.me wanadoo.fr webflow.io webnode.fr weebly.com wifeo.com wix.com "
    "wixsite.com wordpress.com x.com yelp.fr youtu.be youtube.com"
)
_GENERIC_SUBDOMAIN: Final = re.compile(r"^(?:www?\d?|m|fr|en|accueil|site|boutique|shop|contact)\.(?=[^.]+\.)")
_HOST: Final = re.compile(r"^(?:[a-z][a-z0-9+.-]*:)?(?://)?(?:[^/?#@]*@)?([^/?#:]+)")
# One service number answers for many companies: French 08 numbers, but for 087 (lines of internet boxes).
_SERVICE_NUMBER: Final = re.compile(r"^\+338(?!7)")
# Countries whose numbers many write as they are dialled there, without the country's code.
_DIALLED_AT_HOME: Final = re.compile(r"^\+(?:1|44|61|353)(?=\d{7})")
_NUMBER: Final = re.compile(r"\+?\(?\d(?:[\s()./\-\u2010-\u2014]*\d)*")
_FEWEST_DIGITS, _MOST_DIGITS = 7, 15  # a local number; E.164's longest
_BRITISH: Final = re.compile(r"([A-Z]{1,2}[0-9][A-Z0-9]?) *([0-9][A-Z]{2})")
_CANADIAN: Final = re.compile(r"([A-Z][0-9][A-Z]) *([0-9][A-Z][0-9])")
_ZIP_4: Final = re.compile(r"([0-9]{5})() *-? *[0-9]{4}")


def site_key(url: str) -> str | None:
    """The host without ``www.`` and the like; None for none and for hosts that many companies share."""
    found = _HOST.match(url.strip().lower())
    if found is None:
        return None
    host = _GENERIC_SUBDOMAIN.sub("", found[1].rstrip("."))
    labels = host.split(".")
    shared = any(".".join(labels[start:]) in _SHARED_HOSTS for start in range(len(labels) - 1))
    return None if shared or len(labels) < 2 else host


def phone_key(e164: str) -> str | None:
    """The number itself, or None for a service number, which says nothing about which company.

    Numbers of countries that are mostly written without the country's code are given as :func:`phone_digits` does.
    """
    return None if _SERVICE_NUMBER.match(e164) else _DIALLED_AT_HOME.sub("", e164)


def phone_digits(text: str) -> str | None:
    """The digits of a number that no plan known here has, as dialled in its country; None for fewer than seven.

    ``310/246-1501``, ``(310) 246 1501`` and ``1-310-246-1501`` are ``3102461501``. Of several numbers the first counts.
    """
    for written in _NUMBER.findall(text.replace(" / ", ";").replace(" - ", ";") if len(text) > 20 else text):
        digits = "".join(filter(str.isdecimal, written)).lstrip("0")
        if len(digits) == 11 and digits.startswith("1"):
            digits = digits[1:]
        # 9999999 is how some software writes "none".
        if _FEWEST_DIGITS <= len(digits) <= _MOST_DIGITS and len(set(digits)) > 1:
            return digits
    return None


def foreign_postcode(text: str) -> str | None:
    """A British or Canadian postcode without its space, or the five digits of a ZIP+4; None for anything else."""
    plain = text.strip().upper()
    found = _BRITISH.fullmatch(plain) or _CANADIAN.fullmatch(plain) or _ZIP_4.fullmatch(plain)
    return found[1] + found[2] if found else None
