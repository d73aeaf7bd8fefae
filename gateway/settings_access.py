"""Settings of who may come in: tokens of an OpenID provider, and the log of what was done and refused."""

import re
from typing import Annotated, Final, Literal

from pydantic import Field, field_validator, model_validator
from pydantic_settings import NoDecode

from directory.disclosure import Role
from gateway.settings_sources import Section, parts

# Signed with a private key, all of them: a secret that both sides know (HS256 …) would make every verifier an issuer.
Algorithm = Literal["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA"]
_ISSUER: Final = re.compile(
    r"https://[^/?#\s@]+(/[^?#\s]*)?|http://(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?(/[^?#\s]*)?"
)


class OpenId(Section):
    """Tokens (JWT) of an OpenID provider, taken beside API keys."""

    issuer: str | None = Field(
        default=None,
        description="Address of the OpenID provider whose tokens (JWT) are taken, exactly as its tokens name it; "
        "https. Without it none are.",
    )
    audience: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="What the provider calls this hub: a token must be meant for one of these; separated by commas in "
        "the variable.",
    )
    algorithms: Annotated[tuple[Algorithm, ...], NoDecode] = Field(
        default=("RS256", "PS256", "ES256", "Ed25519", "EdDSA"),
        min_length=1,
        description="Signatures that are taken, of RS, PS and ES with 256, 384 or 512, Ed25519 and EdDSA: never `none` "
        "or HS.",
    )
    access_tokens_only: bool = Field(
        default=False, description="Whether a token must say that it is an access token (`typ` is `at+jwt`, RFC 9068)."
    )
    role_claim: str = Field(
        default="roles",
        min_length=1,
        description="Claim that holds the caller's roles, a text or a list; a dot leads into an object "
        "(`realm_access.roles`).",
    )
    roles: dict[str, Role] = Field(
        default_factory=dict,
        description="Which role here a value of that claim gives; of several, the first in this table.",
    )
    partner_claim: str | None = Field(
        default=None,
        min_length=1,
        description="Claim that holds the short code of the partner that a PARTNER speaks for.",
    )
    scope_claim: str | None = Field(
        default=None,
        min_length=1,
        description="Claim that holds scopes, a list or a text with spaces: those of them that are the hub's narrow "
        "the role. Without it none do.",
    )
    name_claim: str = Field(
        default="sub", min_length=1, description="Claim under which a steward's decisions are kept as their author."
    )
    leeway_seconds: int = Field(
        default=30, ge=0, le=300, description="By so much the provider's clock and ours may differ."
    )
    refresh_seconds: float = Field(
        default=300.0, ge=1, le=86_400, description="The provider's keys are fetched anew after so long."
    )
    keep_seconds: float = Field(
        default=86_400.0,
        ge=1,
        le=604_800,
        description="While the provider cannot be reached, its keys stay good for so long; then tokens are answered "
        "503.",
    )
    deadline_seconds: float = Field(
        default=5.0, gt=0, le=30, description="How long the provider is waited for when its keys are fetched."
    )

    @field_validator("audience", "algorithms", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return parts(value)

    @field_validator("issuer")
    @classmethod
    def _check_issuer(cls, value: str | None) -> str | None:
        if value is not None and not _ISSUER.fullmatch(value):
            raise ValueError("must be an https address without `?` and `#`; http is taken on this machine alone")
        return value

    @field_validator("roles")
    @classmethod
    def _check_roles(cls, value: dict[str, Role]) -> dict[str, Role]:
        if Role.PUBLIC in value.values():
            raise ValueError(
                "a token cannot give PUBLIC, the role of callers without one; give PARTNER, BUYER or STEWARD"
            )
        return value

    @model_validator(mode="after")
    def _check_whole(self) -> "OpenId":
        if self.issuer is not None and not self.audience:
            raise ValueError("`audience` must be set with `issuer`: a token for another service is not one for the hub")
        if self.issuer is not None and not self.roles:
            raise ValueError("`roles` must be set with `issuer`: without it no token gives a role")
        if Role.PARTNER in self.roles.values() and self.partner_claim is None:
            raise ValueError("`partner_claim` must be set where `roles` gives PARTNER")
        return self


class Auditing(Section):
    """The log of what callers did and were refused."""

    keep_days: int = Field(
        default=365, ge=1, le=3_650, description="Days for which mutations and refused attempts are kept in the log."
    )
    refusals_a_minute: int = Field(
        default=60,
        ge=1,
        le=10_000,
        description="Refused attempts that one process writes down singly in a minute; the rest are counted together.",
    )
    most_refusals: int = Field(
        default=100_000,
        ge=100,
        le=10_000_000,
        description="Refused attempts that are kept; the oldest go first. Mutations go by their age alone.",
    )
