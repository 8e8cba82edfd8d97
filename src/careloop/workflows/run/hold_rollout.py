"""May a rollout go on? What a canary controller asks between its steps, and why it should hold (SEMANTICS 13, 19, 22).

Nothing is decided about the release here: that was done when it got its standing. This only says whether anything since
then speaks against giving it more traffic.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from careloop.workflows.run.fleet_overview import Silence, SystemRow

__all__ = ["why_hold"]


def why_hold(row: SystemRow, release: str, why_no_standing: Callable[[str], str | None]) -> tuple[str, ...]:
    """Every reason to hold a release of this system; none: it may go on. Alarms about other releases are no reason."""
    return tuple(_reasons(row, release, why_no_standing))


def _reasons(row: SystemRow, release: str, why_no_standing: Callable[[str], str | None]) -> Iterator[str]:
    if (missing := why_no_standing(release)) is not None:
        yield missing
    if row.in_safe_state:
        yield f"{row.card.id} is in its safe state; only a restore lets a release answer again"
    for one in row.alarms:
        signal = one.known.alarm.signal
        if signal.release == release:
            group = f" ({signal.group})" if signal.group else ""
            yield f"the alarm of {signal.monitor}{group} about this release is open: {one.state.value}"
    if row.freshness.silent is Silence.YES:
        yield "no event has come for longer than its monitors allow: nobody can tell how it does"
