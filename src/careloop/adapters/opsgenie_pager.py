"""Page people through Opsgenie. Source: Opsgenie, Alert API, "Create Alert" (`POST /v2/alerts`)."""

from __future__ import annotations

from typing import Final

from careloop.adapters.json_line import JsonLine
from careloop.errors import CareloopError, Unavailable
from careloop.ports.pager import Page

__all__ = ["OpsgeniePager"]

_PRIORITIES: Final = {"sev1": "P1", "sev2": "P2", "sev3": "P3"}
_LONGEST: Final = 130
_LONGEST_TEXT: Final = 15_000


class OpsgeniePager:
    """A `Pager` behind an API integration; the alias keeps a repeated page from being a second alert."""

    def __init__(self, line: JsonLine) -> None:
        self._line = line

    def send(self, page: Page) -> None:
        """Create an alert."""
        alert = {
            "message": page.text[:_LONGEST],
            "alias": page.id,
            "description": page.text[:_LONGEST_TEXT],
            "priority": _PRIORITIES.get(page.severity, "P4"),
            "entity": page.system,
            "source": "careloop",
            "tags": [page.severity, page.urgency.value],
            "details": {"system": page.system, "page": page.id, "at": page.at.isoformat()},
        }
        try:
            self._line.ask("POST", "/v2/alerts", alert)
        except CareloopError as error:
            raise Unavailable(f"the page was not taken: {error.message}") from error
