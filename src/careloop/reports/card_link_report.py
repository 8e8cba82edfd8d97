"""The fields of a card with their checks, as JSON and as lines (R29)."""

from collections.abc import Iterator, Sequence
from typing import Any

from careloop import __version__
from careloop.domain.card import FieldState
from careloop.domain.card_link import CardLink

__all__ = ["card_links_json", "card_links_lines"]


def card_links_json(system: str, links: Sequence[CardLink]) -> dict[str, Any]:
    """The whole table; lines count from 1."""
    return {
        "schema": "careloop/card-links/v1",
        "careloop_version": __version__,
        "system": system,
        "fields": [
            {
                "field": one.field,
                "title": one.title,
                "required": one.required,
                "state": one.state.value,
                "file": one.file,
                "line": one.line,
                "checks": [{"rule": check.rule, "against": check.against} for check in one.checks],
            }
            for one in links
        ],
    }


def card_links_lines(links: Sequence[CardLink]) -> Iterator[tuple[str, str]]:
    """A line a field, each with a style; what a check found stands below it."""
    for one in links:
        against = [check for check in one.checks if check.against is not None]
        place = f"{one.file}:{one.line}" if one.state is not FieldState.ABSENT else "nowhere"
        style = "must" if against and one.required else "should" if against else ""
        need = "required" if one.required else "optional"
        rules = ", ".join(check.rule for check in one.checks)
        yield style, f"{one.title}  {one.state.value}, {need}  {place}  checked by {rules}"
        for check in against:
            yield "detail", f"    {check.rule}: {check.against}"
    required = [one for one in links if one.required]
    stated = sum(one.state is FieldState.STATED for one in required)
    yield "summary", f"{stated} of {len(required)} required fields stated, each with a check behind it"
