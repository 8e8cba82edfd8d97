"""What `care monitor init` proposes, for people and for machines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from careloop.domain.monitor import Monitor

__all__ = ["proposal_json", "proposal_lines", "undeclared_lines"]

Proposal = tuple[Monitor, Sequence[str]]
Undeclared = Mapping[str, tuple[str, str] | None]


def proposal_lines(proposals: Sequence[Proposal], left_out: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Lines with their style: each monitor, the first and the last of its reasons, and what was not proposed."""
    for monitor, because in proposals:
        asked = f"{monitor.measure}{f' by {monitor.by}' if monitor.by else ''}"
        told = f"{asked}, window {monitor.window}, tolerance {monitor.tolerance:g}, {monitor.response}"
        yield "bold", f"{monitor.id}: {told}"
        noticed = [each for each in because if "is noticed within" in each or "takes more than a year" in each]
        for reason in [because[0], *noticed]:
            yield "grey", f"  {reason}"
    for what, why in left_out:
        yield "grey", f"not proposed: {what}: {why}"


def undeclared_lines(undeclared: Undeclared, unreadable: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    """What to declare in `system.yaml` so that more can be watched, and values that do not fit what is declared."""
    for column, n in unreadable.items():
        yield "warn", f"{column}: {n:,} values do not fit what system.yaml declares; they count as missing"
    found = [line for line in undeclared.values() if line is not None]
    if found:
        yield "warn", "no field is declared for these columns; put into system.yaml those that you want watched:"
        yield "grey", "events:"
        for part in dict.fromkeys(part for part, _ in found):
            yield "grey", f"  {part}:"
            yield from (("grey", f"    {line}") for where, line in found if where == part)
    if plain := [name for name, line in undeclared.items() if line is None]:
        yield "grey", f"passed over (free text, ids, or one value): {', '.join(plain)}"


def proposal_json(
    system: str,
    proposals: Sequence[Proposal],
    left_out: Sequence[tuple[str, str]],
    undeclared: Undeclared,
    **place: str | bool,
) -> dict[str, Any]:
    """The same for machines; `place` says in which file, and whether it was written."""
    return {
        "system": system,
        **place,
        "monitors": [
            {"monitor": monitor.model_dump(mode="json", exclude_defaults=True), "because": list(because)}
            for monitor, because in proposals
        ],
        "not_proposed": [{"what": what, "because": why} for what, why in left_out],
        "undeclared": [
            {"column": name, "part": None if line is None else line[0], "line": None if line is None else line[1]}
            for name, line in undeclared.items()
        ],
    }
