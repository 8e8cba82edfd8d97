"""Crosswalks as JSON and as lines, never without saying whose reading they are."""

from collections.abc import Iterator, Mapping
from typing import Any

from careloop import __version__
from careloop.domain.crosswalk import Crosswalk

__all__ = ["crosswalk_json", "crosswalk_lines", "other_side"]


def other_side(crosswalk: Crosswalk, framework: str) -> str:
    """The framework that a crosswalk leads to from this one."""
    return crosswalk.to if framework == crosswalk.from_ else crosswalk.from_


def crosswalk_json(
    found: tuple[Crosswalk, ...], framework: str, item: str | None, *, standards_digest: str
) -> dict[str, Any]:
    """The whole answer; ids carry their editions."""
    return {
        "schema": "careloop/crosswalk/v1",
        "careloop_version": __version__,
        "standards_digest": standards_digest,
        "commit": None,
        "framework": framework,
        "item": item,
        "crosswalks": [
            {
                "id": one.id,
                "to": other_side(one, framework),
                "nature": one.nature,
                "source": one.source,
                "verified": one.verified,
                "verified_on": one.verified_on.isoformat(),
                "note": one.note,
                "pairs": [
                    {
                        "item": f"{framework}/{pair.item}",
                        "others": [f"{other_side(one, framework)}/{other}" for other in pair.others],
                    }
                    for pair in one.of(framework, item)
                ],
            }
            for one in found
        ],
    }


def crosswalk_lines(
    found: tuple[Crosswalk, ...], framework: str, item: str | None, titles: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Lines to print, each with a style; `titles` are those of requirements we know, by id."""
    for one in found:
        other = other_side(one, framework)
        yield "heading", f"{framework} and {other}  ({one.nature}; {'verified' if one.verified else 'not verified'})"
        for pair in one.of(framework, item):
            own = titles.get(f"{framework}/{pair.item}")
            yield "", f"{pair.item}{f'  {own}' if own else ''}"
            for name in pair.others:
                title = titles.get(f"{other}/{name}")
                yield "detail", f"    {other}/{name}{f'  {title}' if title else ''}"
            if not pair.others:
                yield "grey", "    nothing in the other framework serves it"
        yield "grey", f"source: {one.source}"
        yield "grey", one.note
