"""Where a partner's record keeps each value: the declarative half of the mapping, checked when it is declared."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

Reader = Literal["text", "html", "iso", "epoch_ms", "french", "people", "unbracketed"]
Path = Annotated[str, Field(min_length=1, max_length=200)]

# Fields of a listing that registers alone fill.
OFFICIAL: Final = ("status", "closed_on", "disclosure")


class Frozen(BaseModel):
    """A part of a declaration: it never changes, and a key that it does not know is a fault."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Source(Frozen):
    """One place in a record. A bare string in the settings is its ``path``.

    ``path`` is dotted (``adresse.code_postal``; digits index a list; the column itself in a CSV file). ``read`` is one
    of the closed set of readers in :mod:`connectors.readers`. ``then`` are places whose texts follow this one's with a
    space between (a street's number, its kind, its name). ``until`` is where the last day of a
    label stands. ``split`` separates several values of one text,
    ``prefix`` is put before the value, ``label`` is what a yes is called (``esus`` → "ESUS"), ``terms`` names the
    taxonomy whose term ids stand here (WordPress).
    """

    path: Path
    then: tuple[Path, ...] = Field(default=(), max_length=8)
    read: Reader = "text"
    until: Path | None = None
    split: str | None = Field(default=None, min_length=1, max_length=8)
    prefix: str = Field(default="", max_length=200)
    label: str | None = Field(default=None, min_length=1, max_length=80)
    terms: str | None = Field(default=None, pattern=r"^[\w-]{1,60}$")

    @property
    def paths(self) -> tuple[str, ...]:
        """Every place that it looks at."""
        return (self.path, *self.then, *([self.until] if self.until else ()))


def _listed(value: object) -> object:
    """``"a"``, ``{path = "a"}`` and ``["a", {path = "b"}]`` all mean a tuple of sources."""
    items = value if isinstance(value, list | tuple) else [value]
    return tuple({"path": item} if isinstance(item, str) else item for item in items)


Sources = Annotated[tuple[Source, ...], BeforeValidator(_listed)]


class Fields(Frozen):
    """Sources of each field of a listing.

    Several sources are alternatives, of which the first that holds something wins, except where the comment says that
    all of them count.
    """

    id: Sources
    name: Sources
    trade_names: Sources = ()  # all
    siren: Sources = ()
    siret: Sources = ()
    description: Sources = ()  # all, as paragraphs
    naf: Sources = ()
    naf_label: Sources = ()
    naf_2025: Sources = ()  # may be the place of naf too, while a partner changes its codes over
    naf_2025_label: Sources = ()
    sectors: Sources = ()  # all: the partner's own words for what a company does
    address_lines: Sources = ()  # all
    postcode: Sources = ()
    commune: Sources = ()
    commune_code: Sources = ()
    department: Sources = ()
    latitude: Sources = ()
    longitude: Sources = ()
    contact_name: Sources = ()
    email: Sources = ()
    phone: Sources = ()
    website: Sources = ()
    headcount: Sources = ()
    legal_form: Sources = ()
    labels: Sources = ()  # all
    service_areas: Sources = ()  # all: where it works, by names or codes
    founded: Sources = ()
    url: Sources = ()
    modified_at: Sources = ()
    # Those of OFFICIAL.
    status: Sources = ()  # INSEE's "état administratif"
    closed_on: Sources = ()
    disclosure: Sources = ()  # all: the strictest "statut de diffusion" holds

    @classmethod
    def of(cls, **places: str | Source | list[str | Source]) -> Self:
        """Fields in the short form of the settings."""
        return cls.model_validate(places)

    def every(self) -> tuple[Source, ...]:
        """All sources, in the order of the fields."""
        targets: Mapping[str, Any] = dict(self)
        return tuple(source for sources in targets.values() for source in sources)
