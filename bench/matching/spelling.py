"""How people write the name of a company, and the slips of whoever typed it in."""

from random import Random

from bench.matching.companies import Person, Site
from directory.normalise import fold

TYPO = 0.02
REWORDED = 0.035
TOWN_ADDED, BRAND_TOWN_ADDED = 0.012, 0.12
BOTH_NAMES = 0.03
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_KEYS = {"a": "zq", "e": "rz", "i": "ou", "o": "ip", "u": "iy", "n": "b", "m": "l", "s": "dz", "r": "te", "t": "ry"}
_SHORTER = {
    "Plomberie": "Plomb.",
    "Menuiserie": "Menuis.",
    "Électricité": "Elec",
    "Maçonnerie": "Maç.",
    "Informatique": "Info",
    "Immobilier": "Immo",
    "Services": "Sces",
    "Frères": "Frs",
    "Associés": "Ass.",
    "Méditerranée": "Med",
    "Établissements": "Ets",
    "Transports": "Trans",
    "Climatisation": "Clim",
    "Provence": "Pce",
    "Climatisations": "Clim",
}
_LONG_FORMS = {
    "SARL": ("S.A.R.L.", "Société à responsabilité limitée", "Sarl", "Sté"),
    "SAS": ("S.A.S.", "Sas", "Société par actions simplifiée"),
    "SASU": ("S.A.S.U.", "SAS"),
    "EURL": ("E.U.R.L.", "Eurl", "SARL"),
    "SA": ("S.A.",),
    "Association": ("Assoc.", "ASSOCIATION", "Asso"),
}


def person_name(chance: Random, person: Person, trade: str) -> str:
    """``MARTIN Jean``, ``M. Jean Martin``, ``Martin J.``, ``Plomberie Martin``."""
    surname, first = person.surname, person.first
    if person.second and chance.random() < 0.3:
        first = f"{first} {person.second}"
    way = chance.random()
    if way < 0.80:
        return f"{surname.upper()} {first}"
    if way < 0.85:
        return f"{first} {surname}"
    if way < 0.91:
        return f"{person.civility} {chance.choice((f'{surname} {first}', f'{surname} {first}', f'{first} {surname}'))}"
    if way < 0.95:
        return chance.choice((f"{surname} {first} EI", f"EI {surname} {first}", f"Entreprise {surname}"))
    if way < 0.965:
        return chance.choice((f"{surname} {first[0]}.", f"{first[0]}. {surname}"))
    return chance.choice((f"{trade} {surname}", f"{first} {surname} {trade}", f"{trade} {first} {surname}"))


def company_form(chance: Random, name: str, form: str, often: float) -> str:
    """The name with its legal form before, after or nowhere; sometimes in full, with dots or wrong."""
    if not form or chance.random() >= often:
        return name
    if chance.random() < 0.3 and form in _LONG_FORMS:
        form = chance.choice(_LONG_FORMS[form])
    return f"{form} {name}" if chance.random() < 0.65 else f"{name} {form}"


def reworded(chance: Random, name: str) -> str:
    """The same name as somebody remembers it: a word shortened, left out, moved or run together."""
    parts = name.split()
    way = chance.random()
    if way < 0.35:
        return " ".join(_SHORTER.get(part, part) for part in parts)
    if len(parts) == 1:
        return f"{name}s" if way < 0.6 else ".".join(name) + "." if name.isupper() and len(name) < 5 else name
    if way < 0.55:
        return " ".join(parts[:-1]) if len(parts) > 2 else name
    if way < 0.7:
        return " ".join((parts[-1], *parts[:-1]))
    if way < 0.85:
        return chance.choice(("", "-")).join(parts[:2]) + "".join(f" {part}" for part in parts[2:])
    return f"{name} {chance.choice(('Services', 'France', 'Sud', 'et Fils', 'Provence', '13', 'Paca'))}"


def typo(chance: Random, name: str) -> str:
    """One letter is dropped, doubled, swapped with the next or replaced by its neighbour."""
    if len(name) < 4:
        return name
    at = chance.randrange(1, len(name) - 1)
    letter = name[at]
    way = chance.randrange(4)
    if way == 0:
        return name[:at] + name[at + 1 :]
    if way == 1:
        return name[:at] + letter + name[at:]
    if way == 2:
        return name[:at] + name[at + 1] + letter + name[at + 2 :]
    return name[:at] + chance.choice(_KEYS.get(letter.lower(), _LETTERS)) + name[at + 1 :]


def written(chance: Random, name: str, town: str, *, capitals: float, brand: bool = False) -> str:
    """What ends up in the field: reworded, with the town, in capitals, without accents, mistyped, each now and then."""
    if chance.random() < REWORDED:
        name = reworded(chance, name)
    if chance.random() < (BRAND_TOWN_ADDED if brand else TOWN_ADDED):
        name = f"{name}{chance.choice((' ', ' ', ' - '))}{town}"
    if " et " in name and chance.random() < 0.45:
        name = name.replace(" et ", " & ")
    if chance.random() < TYPO:
        name = typo(chance, name)
    if chance.random() < capitals:
        return fold(name).upper() if chance.random() < 0.8 else name.upper()
    if chance.random() < 0.08:
        return fold(name).title() if chance.random() < 0.5 else name.lower()
    return name


def short_town(site: Site) -> str:
    """The town as it is added to a name."""
    commune = site.place.commune
    return "Marseille" if commune.parent else commune.name
