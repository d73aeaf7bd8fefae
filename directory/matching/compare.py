"""Two listings side by side: what agrees, what that is worth, and whether it is enough."""

from collections.abc import Collection

from directory.matching.blocks import Key, name_keys
from directory.matching.contract import Evidence, MatchRecord
from directory.matching.names import best_likeness

# Points that add up to the score of a membership. A name in its commune is worth .9, a site or a phone with a like name
# about .65: what settles a membership is the rule in `same_company`, the score orders those that it lets pass.
WEIGHTS = {"name": 0.5, "commune": 0.4, "site": 0.35, "phone": 0.35, "street": 0.2}
LIKE = 0.6


def compare(left: MatchRecord, right: MatchRecord) -> tuple[Evidence, ...]:
    """What the two have in common, strongest first. What either lacks, or differs in, is not evidence here."""
    alike, mine, theirs = best_likeness(left.names, right.names)
    found = [Evidence("name", mine, theirs, WEIGHTS["name"], round(alike, 3))] if alike >= LIKE else []
    for feature in ("commune", "site", "phone", "street"):
        value = getattr(left, feature)
        if value and value == getattr(right, feature):
            found.append(Evidence(feature, value, value, WEIGHTS[feature], 1.0))
    return tuple(found)


def total(evidence: Collection[Evidence]) -> float:
    """The score of a membership in 0…1."""
    return min(1.0, round(sum(each.weight * each.score for each in evidence), 3))


def same_company(
    left: MatchRecord, right: MatchRecord, evidence: Collection[Evidence], shared: Collection[Key]
) -> bool:
    """The strict rule: the same name in the same commune, or the same site or phone and a like name.

    A key that several companies share decides nothing alone: a shared name needs the same street besides, a shared
    site or phone the same commune.
    """
    agreed = {each.feature for each in evidence}
    if "name" not in agreed:
        return False
    in_same_commune = "commune" in agreed
    for feature in ("site", "phone"):
        if feature in agreed and (in_same_commune or (feature, getattr(left, feature)) not in shared):
            return True
    common = set(name_keys(left)) & set(name_keys(right))
    return bool(common) and ("street" in agreed or any(key not in shared for key in common))
