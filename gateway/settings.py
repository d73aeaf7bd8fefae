"""Settings: arguments, then ``CIRCUIT_…`` variables, then ``circuit.toml``, then defaults; unknown keys are refused.

Every setting is described in its field; ``docs/settings.md`` lists them and a test compares the two.
"""

import re
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict
from pydantic_settings import SettingsError as SourceSettingsError

from gateway.errors import SettingsError
from gateway.settings_access import Auditing, OpenId
from gateway.settings_costs import Costs
from gateway.settings_limits import Limits, Subscriptions
from gateway.settings_sources import (
    PREFIX,
    EnvironmentSource,
    FileSource,
    Section,
    Setting,
    as_variable,
    config_path,
    is_origin,
    parts,
    sentence,
    settings_of,
)

if TYPE_CHECKING:
    from connectors import Declaration

_DATABASE = re.compile(r"(sqlite|postgresql)(\+[a-z]+)?://")
_REDIS = re.compile(r"(rediss?|unix)://")

Some = Literal["everyone", "keys", "nobody"]
"""Which callers: all, those with a key, none."""


class Log(Section):
    """What the process says of itself."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least serious event written."
    )
    format: Literal["console", "json"] = Field(
        default="console", description="`console` to read, `json` (one object a line) to ship elsewhere."
    )
    slow_seconds: float = Field(
        default=1.0, ge=0, le=600, description="An operation that takes longer has a line of its own; 0 writes none."
    )


class Telemetry(Section):
    """Where traces go. Needs the extra ``circuit-court[telemetry]``."""

    endpoint: str | None = Field(
        default=None,
        pattern=r"^https?://[^/?#\s@]+(/[^?#\s]*)?$",
        description="Address that takes traces by OTLP over HTTP (`http://127.0.0.1:4318/v1/traces`); none are made "
        "without it.",
    )
    sample: float = Field(default=1.0, ge=0, le=1, description="Share of operations that are traced.")
    trust_callers: bool = Field(
        default=False,
        description="Whether a caller's `traceparent` is followed; only where a proxy of yours sets or removes it.",
    )


class CachePolicy(Section):
    """How long an answer may be given again."""

    fresh_seconds: float = Field(
        default=10.0,
        ge=0,
        le=86_400,
        description="For so long an answer is given again as it is; with 0 here and below, none is.",
    )
    stale_seconds: float = Field(
        default=60.0,
        ge=0,
        le=86_400,
        description="For so long after that it is still given at once, while a new one is made behind it.",
    )
    max_bytes: int = Field(
        default=33_554_432, ge=0, le=2**34, description="Memory the kept answers of one process may take, in bytes."
    )


class Persisted(Section):
    """Documents that callers name instead of sending them."""

    automatic: bool = Field(
        default=True, description="Whether callers may have the hub keep their documents (automatic persisted queries)."
    )
    max_bytes: int = Field(
        default=4_194_304,
        ge=0,
        le=2**30,
        description="Memory that documents kept so may take in one process, in bytes.",
    )
    per_caller: int = Field(
        default=200, ge=0, le=100_000, description="New documents that one process keeps of one caller within an hour."
    )
    manifest: Path | None = Field(
        default=None,
        description="File of the trusted documents: an Apollo manifest, or `{id: text}` as Relay and GraphQL Code "
        "Generator write it; read when the hub starts.",
    )
    only: Literal["nobody", "anonymous", "everyone"] = Field(
        default="nobody",
        description="Who may run trusted documents only: `nobody`, callers without a key (`anonymous`), or `everyone`.",
    )

    @model_validator(mode="after")
    def _check_manifest(self) -> "Persisted":
        if self.only != "nobody" and self.manifest is None:
            raise ValueError(
                "`only` needs `manifest`, or nothing could be asked; name the file or set `only` to nobody"
            )
        return self


class Harvesting(Section):
    """How partners are read."""

    scheduled: bool = Field(
        default=True, description="Whether `circuit serve` harvests each partner at its own rhythm (its key `every`)."
    )
    at_once: int = Field(default=5, ge=1, le=50, description="Partners that the schedule reads at the same time.")
    keep_copies_days: int = Field(
        default=30,
        ge=1,
        le=3_650,
        description="Days for which answers of partners are kept as they came; the last whole reading is kept longer.",
    )
    register_days: int = Field(
        default=30, ge=1, le=3_650, description="Days after which an official register is asked about a company again."
    )


class Live(Section):
    """How single members are looked up at their partners."""

    deadline_seconds: float = Field(
        default=2.0, gt=0, le=30, description="How long a partner is waited for; then what was last harvested is given."
    )
    fresh_seconds: float = Field(
        default=30.0, ge=0, le=3_600, description="For so long a member that was looked up is not asked for again."
    )
    members: int = Field(default=10, ge=0, le=100, description="Most members one request may have looked up.")


class Exporting(Section):
    """How whole results of searches are given as files."""

    public_rows: int = Field(
        default=1_000, ge=0, le=1_000_000, description="Most suppliers that a caller without a key may export at once."
    )
    rows: int = Field(
        default=50_000, ge=0, le=1_000_000, description="Most suppliers that a caller with a key may export at once."
    )
    seconds: float = Field(
        default=300.0, gt=0, le=3_600, description="Time an export may take, its sending included; then it is cut off."
    )
    stall_seconds: float = Field(
        default=20.0, gt=0, le=600, description="How long an export waits for a reader that takes nothing of it."
    )
    at_once: int = Field(default=4, ge=1, le=100, description="Exports that one process makes at the same time.")


class Alerts(Section):
    """How saved searches tell what is new."""

    allow_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Hosts inside private networks that webhooks may be sent to all the same, by http too; separated "
        "by commas in the variable.",
    )

    @field_validator("allow_hosts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return parts(value)

    failures: int = Field(
        default=12, ge=1, le=100, description="Calls of a webhook that fail in a row before it is called no more."
    )
    deadline_seconds: float = Field(default=10.0, gt=0, le=60, description="Time that one call of a webhook may take.")
    public_url: str | None = Field(
        default=None,
        pattern=r"^https?://[^/?#\s]+(/[^?#\s]*)?$",
        description="Address under which the hub is known outside, for links in calls and feeds.",
    )


class Matching(Section):
    """How listings are matched: by which model, and how alike two must be, in bits between FLOOR and CEILING of
    :mod:`directory.matching.linkage`.
    """

    model: Path | None = Field(
        default=None,
        description="File of the model; without it `model.json` in `data_dir` if it is there, else the hub's own.",
    )
    automatic: float = Field(
        default=8.0, ge=-12, le=24, description="Weight in bits from which two listings are one without asking."
    )
    link: float = Field(
        default=0.0,
        ge=-12,
        le=24,
        description="Mean weight of all pairs across, in bits, from which two clusters with a sure pair are one.",
    )
    review: float = Field(
        default=4.0,
        ge=-12,
        le=24,
        description="Weight in bits from which a steward is asked; at most `matching.automatic`.",
    )

    @model_validator(mode="after")
    def _check_order(self) -> "Matching":
        if self.review > self.automatic:
            raise ValueError("`review` must not be above `automatic`")
        return self


class Settings(BaseSettings):
    """All that an operator may choose. Raises :class:`SettingsError` for anything unknown or out of range."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True)

    data_dir: Path = Field(
        default=Path(".circuit"), description="Folder of what the hub keeps on this machine: embedded store, index."
    )
    database_url: SecretStr | None = Field(
        default=None, description="Store: `sqlite:///…` or `postgresql://…`; without it, SQLite in `data_dir`."
    )
    redis_url: SecretStr | None = Field(
        default=None, description="Cache tier shared by processes: `redis://…`; without it, each keeps its own."
    )
    host: str = Field(
        default="127.0.0.1", min_length=1, description="Address to listen on; `0.0.0.0` for every interface."
    )
    port: int = Field(default=8000, ge=0, le=65_535, description="Port to listen on; 0 takes a free one and prints it.")
    workers: int = Field(default=1, ge=1, le=64, description="Processes that answer.")
    graphiql: bool = Field(default=True, description="Whether a browser at `/graphql` is shown the GraphiQL page.")
    cors_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Origins whose pages may ask from a browser, beside those of the API keys; separated by commas in "
        "the variable, `*` for all.",
    )
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = Field(
        default=("127.0.0.1", "::1"),
        description="Addresses and networks of reverse proxies that say whom they speak for (`X-Forwarded-For`), "
        "separated by commas in the variable.",
    )
    introspection: Some = Field(
        default="keys",
        description="Who may ask `__schema` and `__type`: `everyone`, callers with `keys`, or `nobody`; the schema's "
        "text is at `/schema.graphql` for all.",
    )
    suggestions: Some = Field(
        default="keys",
        description="Who is told names alike after one that does not exist (« Did you mean … »): `everyone`, callers "
        "with `keys`, or `nobody`.",
    )
    oidc: OpenId = Field(default_factory=OpenId)
    audit: Auditing = Field(default_factory=Auditing)
    log: Log = Field(default_factory=Log)
    telemetry: Telemetry = Field(default_factory=Telemetry)
    cache: CachePolicy = Field(default_factory=CachePolicy)
    limits: Limits = Field(default_factory=Limits)
    cost: Costs = Field(default_factory=Costs)
    persisted: Persisted = Field(default_factory=Persisted)
    harvest: Harvesting = Field(default_factory=Harvesting)
    live: Live = Field(default_factory=Live)
    export: Exporting = Field(default_factory=Exporting)
    subscriptions: Subscriptions = Field(default_factory=Subscriptions)
    alerts: Alerts = Field(default_factory=Alerts)
    matching: Matching = Field(default_factory=Matching)
    partners: dict[str, dict[str, Any]] = Field(
        default_factory=dict,
        repr=False,
        description="One table a partner that is read: what differs from its built-in declaration, or the whole "
        "declaration of a further partner; `enabled = false` sets it aside.",
    )

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise SettingsError(sentence(error, type(self).model_fields)) from None
        except SourceSettingsError as error:
            raise SettingsError(f"{error}: the variable must hold JSON") from None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, environment, file: no ``.env`` file and no secrets folder, for few places to look."""
        return init_settings, EnvironmentSource(settings_cls), FileSource(settings_cls)

    @classmethod
    def alone(cls, **values: Any) -> "Settings":
        """These values and the defaults, whatever the environment and the file say."""
        return _Alone(**values)

    @field_validator("cors_origins", "trusted_proxies", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return parts(value)

    @field_validator("cors_origins")
    @classmethod
    def _check_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if wrong := next((origin for origin in value if origin != "*" and not is_origin(origin)), None):
            raise ValueError(f"« {wrong} » is not an origin; write `https://example.org`, without a path")
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _check_proxies(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for proxy in value:
            try:
                ip_network(proxy)
            except ValueError:
                raise ValueError(f"« {proxy} » is neither an address nor a network like `10.0.0.0/8`") from None
        return value

    @field_validator("database_url")
    @classmethod
    def _check_database(cls, value: SecretStr | None) -> SecretStr | None:
        if value and not _DATABASE.match(value.get_secret_value()):
            raise ValueError("must begin with `sqlite:///` or `postgresql://`")
        return value

    @field_validator("redis_url")
    @classmethod
    def _check_redis(cls, value: SecretStr | None) -> SecretStr | None:
        if value and not _REDIS.match(value.get_secret_value()):
            raise ValueError("must begin with `redis://`, `rediss://` or `unix://`")
        return value

    @property
    def index_dir(self) -> Path:
        """Folder of the search index's generations."""
        return self.data_dir / "index"

    @property
    def store_url(self) -> str:
        """Where the store is, password included: never log it."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{(self.data_dir / 'circuit.sqlite').absolute()}"

    def declarations(self) -> dict[str, "Declaration"]:
        """The partners that are read, by name. Raises :class:`SettingsError` for one that cannot be understood."""
        # Imported here so that the processes which only answer do not load the partners' HTTP client.
        from connectors import PartnerError, declare  # noqa: PLC0415

        try:
            declared = {name: declare(name, _placed(table)) for name, table in self.partners.items()}
        except PartnerError as error:
            raise SettingsError(str(error)) from None
        return {name: declaration for name, declaration in declared.items() if declaration.enabled}

    def environment(self) -> dict[str, str]:
        """These settings as variables, secrets included, for worker processes that must see the very same."""
        chosen = {name: getattr(self, name) for name in type(self).model_fields}
        return {f"{PREFIX}{name.upper()}": as_variable(value) for name, value in chosen.items() if value is not None}


class _Alone(Settings):
    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What was given, and nothing else."""
        return (init_settings,)


def _placed(table: dict[str, Any]) -> dict[str, Any]:
    """A partner's table, a relative ``path`` in it seen from the folder of the settings file, wherever we are run."""
    path = table.get("path")
    return table | {"path": str(config_path().parent.absolute() / path)} if isinstance(path, str) and path else table


def every_setting() -> list[Setting]:
    """Every setting there is, sections opened, in the order they are declared."""
    return list(settings_of(Settings.model_fields))
