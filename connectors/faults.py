"""The errors of one partner: each is one sentence that names the partner, the cause and the remedy."""

from datetime import datetime

from connectors.auth import credential_keys
from connectors.contract import Declaration
from connectors.errors import PartnerRefused, PartnerUnavailable, Unsettled
from connectors.network import ForbiddenAddress
from connectors.replies import Reply


class Faults:
    """Makes the errors that name the partner of a declaration and the keys of its settings."""

    def __init__(self, declaration: Declaration) -> None:
        self.declaration = declaration

    def refused(self, cause: str) -> PartnerRefused:
        """The error that stops; ``cause`` ends with the remedy."""
        return PartnerRefused(self.declaration.name, f"{self.declaration.title}: {cause}")

    def unavailable(self, cause: str, retry_at: datetime | None = None) -> PartnerUnavailable:
        """The error that asks for another try later."""
        return PartnerUnavailable(self.declaration.name, f"{self.declaration.title}: {cause}", retry_at)

    def unsettled(self, cause: str) -> Unsettled:
        """The error that asks for another try at once."""
        return Unsettled(self.declaration.name, f"{self.declaration.title}: {cause}")

    def circular(self) -> PartnerRefused:
        """The error for addresses that lead back to one that was read already."""
        return self.refused("its server leads back to a page that was read already; ask the partner to mend its paging")

    def elsewhere(self) -> PartnerRefused:
        """The error for an address on another host."""
        return self.refused(
            f"its server sends readers to another host, which is not followed; if it has moved, correct "
            f"{self.declaration.setting('base_url')}"
        )

    def forbidden(self, error: ForbiddenAddress) -> PartnerRefused:
        """The error for a host that may not be spoken to."""
        return self.refused(f"{error}; {error.remedy.format(key=self.declaration.setting('allow_hosts'))}")

    def too_large(self, limit: int) -> PartnerRefused:
        """The error for an answer above its limit, packed or unpacked."""
        return self.refused(
            f"an answer is larger than {limit:,} bytes; if that is right, raise "
            f"{self.declaration.setting('max_body_bytes')}"
        )

    def not_understood(self, reply: Reply) -> PartnerRefused:
        """The error for an answer that says no."""
        declared = self.declaration
        keys, said = credential_keys(declared), f"({reply.said(declared.secrets)})"
        if reply.status == 401:
            return self.refused(f"its server does not accept the credentials {said}; correct {keys}")
        if reply.status == 403:
            return self.refused(
                f"its server does not let these credentials read the directory {said}; ask the partner for the right "
                f"or correct {keys}"
            )
        where = f"{declared.setting('base_url')} and resource"
        return self.refused(f"its server does not understand the request {said}; correct {where}")
