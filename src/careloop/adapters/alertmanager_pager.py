"""Page people through Prometheus Alertmanager. Source: Alertmanager, API v2, `POST /api/v2/alerts`."""

from __future__ import annotations

from careloop.adapters.json_line import JsonLine
from careloop.errors import CareloopError, Unavailable
from careloop.ports.pager import Page

__all__ = ["AlertmanagerPager"]


class AlertmanagerPager:
    """A `Pager` whose routes say who is told; the same page has the same labels, so that it is shown once."""

    def __init__(self, line: JsonLine) -> None:
        self._line = line

    def send(self, page: Page) -> None:
        """Post one alert, firing since the page's time."""
        alert = {
            "labels": {
                "alertname": "careloop",
                "system": page.system,
                "severity": page.severity,
                "urgency": page.urgency.value,
                "page": page.id,
            },
            "annotations": {"summary": page.text},
            "startsAt": page.at.isoformat(),
        }
        try:
            self._line.ask("POST", "/api/v2/alerts", [alert])
        except CareloopError as error:
            raise Unavailable(f"the page was not taken: {error.message}") from error
