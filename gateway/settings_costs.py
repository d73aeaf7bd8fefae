"""Settings of what may be asked for: what one operation may cost, and how much a minute may take."""

from typing import Literal

from pydantic import Field, model_validator

from directory.disclosure import Role
from gateway.settings_sources import Section


class _ByRole(Section):
    """A figure a role, in fields that bear the roles' names."""

    def of(self, role: Role) -> int:
        """The role's."""
        units: int = getattr(self, role.value.lower())
        return units


class Maximum(_ByRole):
    """Most units that one operation may cost."""

    public: int = Field(
        default=5_000, ge=100, le=10**9, description="Most units that one operation of the public's may cost."
    )
    partner: int = Field(
        default=10_000, ge=100, le=10**9, description="Most units that one operation of a partner's may cost."
    )
    buyer: int = Field(
        default=10_000, ge=100, le=10**9, description="Most units that one operation of a buyer's may cost."
    )
    steward: int = Field(
        default=20_000, ge=100, le=10**9, description="Most units that one operation of a steward's may cost."
    )


class Budget(_ByRole):
    """Units in any minute; 0 for as many as are asked for."""

    public: int = Field(
        default=300_000,
        ge=0,
        le=10**9,
        description="Units that an address without a key may take in a minute; 0 for no budget.",
    )
    partner: int = Field(
        default=3_000_000,
        ge=0,
        le=10**9,
        description="Units that a partner's key may take in a minute; 0 for no budget.",
    )
    buyer: int = Field(
        default=1_500_000,
        ge=0,
        le=10**9,
        description="Units that a buyer's key may take in a minute; 0 for no budget.",
    )
    steward: int = Field(
        default=3_000_000,
        ge=0,
        le=10**9,
        description="Units that a steward's key may take in a minute; 0 for no budget.",
    )


class Costs(Section):
    """What operations may cost, in the units of ``@cost``."""

    mode: Literal["enforce", "measure"] = Field(
        default="enforce",
        description="`enforce` refuses what is beyond `cost.maximum` and `cost.budget`; `measure` answers and counts "
        "it in `/metrics`.",
    )
    maximum: Maximum = Field(default_factory=Maximum)
    budget: Budget = Field(default_factory=Budget)

    @model_validator(mode="after")
    def _check_budgets(self) -> "Costs":
        for role in Role:
            if 0 < self.budget.of(role) < self.maximum.of(role):
                name = role.value.lower()
                raise ValueError(f"`budget.{name}` must not be below `maximum.{name}`, or 0 for none")
        return self
