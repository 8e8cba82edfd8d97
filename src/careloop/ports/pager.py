"""What the inside asks of the service that wakes people."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from careloop.domain.plan_steps import Urgency

__all__ = ["Page", "Pager"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One message to the people on duty."""

    id: str
    """The same page twice has the same id; a good service shows it once."""
    system: str
    urgency: Urgency
    severity: str
    text: str
    at: datetime
    """Aware UTC."""


class Pager(Protocol):
    """Tells people."""

    def send(self, page: Page) -> None:
        """Return when the service took it; raises `Unavailable` when it did not. Safe to repeat."""
        ...
