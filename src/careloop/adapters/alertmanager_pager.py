"""Page people through Prometheus Alertmanager. Source: Alertmanager, API v2, `POST /api/v2/alerts`.

An alert without an end is taken for resolved after a few minutes (`resolve_timeout`), so a page lasts a day and a
notice an hour.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from careloop.adapters.json_line import JsonLine
from careloop.domain.plan_steps import Urgency
from careloop.errors import CareloopError, Unavailable
from careloop.ports.pager import Page

__all__ = ["AlertmanagerPager"]

_LASTS: Final = {Urgency.PAGE: timedelta(days=1), Urgency.NOTICE: timedelta(hours=1)}


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
            "endsAt": (page.at + _LASTS[page.urgency]).isoformat(),
        }
        try:
            self._line.ask("POST", "/api/v2/alerts", [alert])
        except CareloopError as error:
            raise Unavailable(f"the page was not taken: {error.message}") from error
