"""What every page shows around its content: the navigation, who is signed in, how fresh the figures are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from careloop import __version__, wiring
from careloop.web.door import Role, visitor_of
from careloop.web.site import board, place

__all__ = ["NAVIGATION", "Entry", "Part", "frame"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A page in the navigation."""

    name: str
    """Of the route."""
    label: str
    icon: str
    role: Role = Role.MEMBER


@dataclass(frozen=True, slots=True)
class Part:
    """A phase of the loop, or the evidence, with its pages."""

    id: str
    label: str
    entries: tuple[Entry, ...]


NAVIGATION: tuple[Part, ...] = (
    Part(
        "create",
        "Create",
        (
            Entry("create", "Documents", "file-text"),
            Entry("systems", "Systems", "server"),
        ),
    ),
    Part("adapt", "Adapt", (Entry("adapt", "Changes", "refresh"),)),
    Part(
        "run",
        "Run",
        (
            Entry("fleet", "Live systems", "activity"),
            Entry("approvals", "Approvals", "clipboard-check"),
            Entry("incidents", "Alarms", "alert-triangle"),
        ),
    ),
    Part("evolve", "Evolve", (Entry("scorecard", "Scorecard", "chart-line"),)),
    Part(
        "evidence",
        "Evidence",
        (
            Entry("requirements", "Requirements", "list-check"),
            Entry("ledger", "Ledger", "database"),
        ),
    ),
)
"""The pages by phase of the loop; the order is that of the loop."""


def frame(request: HttpRequest) -> dict[str, Any]:
    """For Django's templates; nothing of the stores is told to somebody who has not signed in."""
    visitor = visitor_of(request)
    shown: dict[str, Any] = {"version": __version__, "organisation": place().title, "visitor": visitor}
    if Role.MEMBER not in visitor.roles:
        return shown
    picture = board().picture()
    match = request.resolver_match
    return shown | {
        "navigation": NAVIGATION,
        "here": match.view_name if match else "",
        "part": next((p.id for p in NAVIGATION for e in p.entries if match and e.name == match.view_name), ""),
        "picture": picture,
        "server_now": f"{wiring.now().timestamp():.3f}",
        "requests_open": len(picture.open_requests),
        "oidc": place().oidc,
    }
