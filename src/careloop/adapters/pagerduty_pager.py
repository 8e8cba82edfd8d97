"""Page people through PagerDuty. Source: PagerDuty, Events API v2, "Send an Alert Event" (`POST /v2/enqueue`)."""

from __future__ import annotations

from typing import Final

from careloop.adapters.json_line import JsonLine
from careloop.errors import CareloopError, Unavailable
from careloop.ports.pager import Page

__all__ = ["PagerDutyPager"]

SEVERITIES: Final = {"sev1": "critical", "sev2": "error", "sev3": "warning"}
"""Ours to theirs; any other is `info`."""
_LONGEST: Final = 1024


class PagerDutyPager:
    """A `Pager` behind an integration of the kind "Events API v2"; the page's id keeps one from paging twice."""

    def __init__(self, line: JsonLine, *, routing_key: str) -> None:
        self._line, self._key = line, routing_key

    def send(self, page: Page) -> None:
        """Trigger an alert."""
        event = {
            "routing_key": self._key,
            "event_action": "trigger",
            "dedup_key": page.id,
            "payload": {
                "summary": page.text[:_LONGEST],
                "source": page.system,
                "severity": SEVERITIES.get(page.severity, "info"),
                "timestamp": page.at.isoformat(),
                "component": page.system,
                "class": page.severity,
                "custom_details": {"urgency": page.urgency.value, "page": page.id},
            },
        }
        try:
            self._line.ask("POST", "/v2/enqueue", event, secret=self._key)
        except CareloopError as error:
            raise Unavailable(f"the page was not taken: {error.message}") from error
