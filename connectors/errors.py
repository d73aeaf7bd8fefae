"""What can go wrong with a partner, named by what the caller does next.

    SourceError (directory.records)
    └── PartnerError
        ├── DeclarationError      correct the settings
        ├── PartnerUnavailable    retry later, not before ``retry_at`` where the partner said when
        │   └── Unsettled         read it again at once, one time; unavailable if that fails too
        └── PartnerRefused        stop and tell the steward
            └── CannotAsk         this way of asking is not to be had: read the whole directory instead
    RecordUnusable                skip the record and report it

Every message is one sentence that names the partner, the cause and the remedy. None holds a credential or a word that
the partner's server chose, except codes that passed :attr:`connectors.replies.Reply.code`.
"""

from datetime import datetime

from directory.records import SourceError


class PartnerError(SourceError):
    """A partner could not be read. ``partner`` is its name in the settings."""

    def __init__(self, partner: str, message: str) -> None:
        super().__init__(message)
        self.partner = partner


class DeclarationError(PartnerError):
    """The settings of a partner do not make a declaration."""


class PartnerUnavailable(PartnerError):
    """The partner cannot be read now and may be later. ``retry_at`` is the instant that it named itself."""

    is_outage = True

    def __init__(self, partner: str, message: str, retry_at: datetime | None = None) -> None:
        super().__init__(partner, message)
        self.retry_at = retry_at


class Unsettled(PartnerUnavailable):
    """The directory changed or broke off while it was read, so that what was read may not be whole."""


class PartnerRefused(PartnerError):
    """The partner will not be readable until somebody changes something: credentials, settings, or its server."""


class CannotAsk(PartnerRefused):
    """The partner's protocol, or its settings, know no way to ask for one member."""


class RecordUnusable(Exception):
    """A record that cannot become a listing. ``str()`` is the reason, one sentence fit for a steward."""
