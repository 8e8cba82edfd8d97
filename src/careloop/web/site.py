"""The one site of this process: its place and its board."""

from __future__ import annotations

from functools import cache

from django.conf import settings

from careloop.web.board import Board
from careloop.wiring.pages import WebPlace

__all__ = ["board", "place"]


def place() -> WebPlace:
    """The repository that is served, and how."""
    found: WebPlace = settings.CARE_PLACE
    return found


@cache
def board() -> Board:
    """What the stores say; starts following them when it is first asked for."""
    return Board(place().root)
