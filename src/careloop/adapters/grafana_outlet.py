"""Mark what happened on Grafana's dashboards. Source: Grafana, HTTP API, "Annotations" (`/api/annotations`).

An annotation without a dashboard belongs to the organisation: every dashboard that asks for its tags shows it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any, Final
from urllib.parse import urlencode

from careloop.adapters.json_line import JsonLine
from careloop.domain.happening import Happening, Preview
from careloop.errors import Unavailable

__all__ = ["GrafanaOutlet"]

_PATH: Final = "/api/annotations"
_AROUND: Final = timedelta(minutes=1)


class GrafanaOutlet:
    """An `Outlet`; the happening's id is one of the tags, by which a repeated one is known."""

    def __init__(self, line: JsonLine, *, dashboard: str | None = None) -> None:
        self._line, self._dashboard = line, dashboard

    def preview(self, happening: Happening) -> tuple[Preview, ...]:
        """One annotation."""
        return (Preview(method="POST", url=self._line.url + _PATH, body=self._annotation(happening)),)

    def tell(self, happening: Happening) -> None:
        """Look whether it is there, and add it."""
        span = {
            "from": _ms(happening.at - _AROUND),
            "to": _ms(happening.at + _AROUND),
            "tags": _mark(happening),
            "type": "annotation",
            "limit": 1,
        }
        there = self._line.ask("GET", f"{_PATH}?{urlencode(span)}")
        if not isinstance(there, list):
            raise Unavailable("Grafana's answer is no list of annotations")
        if not there:
            self._line.ask("POST", _PATH, self._annotation(happening))

    def _annotation(self, happening: Happening) -> dict[str, Any]:
        tags = ["careloop", happening.kind.value, f"system:{happening.system}", _mark(happening)]
        if happening.rows is not None:
            tags.append(f"monitor:{happening.rows.monitor}")
        place = {"dashboardUID": self._dashboard} if self._dashboard else {}
        return {**place, "time": _ms(happening.at), "tags": tags, "text": _text(happening)}


def _mark(happening: Happening) -> str:
    return f"careloop:{happening.id}"


def _text(happening: Happening) -> str:
    """Grafana shows it as HTML."""
    because = happening.facts.get("because") or happening.facts.get("reason") or ""
    return escape(f"{happening.title}: {because}" if because else happening.title)


def _ms(at: datetime) -> int:
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
