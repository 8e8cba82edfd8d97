"""Which way a value moved: made stricter, made looser, or nobody can tell (SEMANTICS 8). Tables, one a noun."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from careloop.domain.monitor import Response
from careloop.domain.noun import Noun, seconds_in
from careloop.domain.rule import WaiverTerms
from careloop.domain.tier import Enforcement, Severity, Tier

__all__ = [
    "CALENDAR",
    "CONTROLS",
    "CRITERIA",
    "EVALUATION",
    "MONITORS",
    "RULES",
    "TIERS",
    "Direction",
    "Yardstick",
    "moved",
]


class Direction(StrEnum):
    """What a change does to a promise."""

    STRICTER = "stricter"
    LOOSER = "looser"
    UNCLEAR = "unclear"
    """Cannot be decided from its form: counts as looser."""


Judge = Callable[[Any, Any], Direction]


@dataclass(frozen=True, slots=True)
class Yardstick:
    """How the fields of one noun are judged; whatever is in neither list says nothing about strictness."""

    judged: Mapping[str, Judge]
    unclear: frozenset[str] = frozenset()
    """Fields whose change can mean anything."""
    judged_elsewhere: frozenset[str] = frozenset()
    """Fields whose effect another one, worked out from them, already shows."""

    @property
    def fields(self) -> frozenset[str]:
        """All that it judges."""
        return frozenset(self.judged) | self.unclear | self.judged_elsewhere


def moved(before: Noun, after: Noun, yardstick: Yardstick) -> Iterator[tuple[str, Direction]]:
    """Each judged field that changed, and which way."""
    for name in (*yardstick.judged, *sorted(yardstick.unclear)):
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            yield name, yardstick.judged[name](old, new) if name in yardstick.judged else Direction.UNCLEAR


def _fewer(old: float, new: float) -> Direction:
    return Direction.STRICTER if new < old else Direction.LOOSER


def _shorter(old: str, new: str) -> Direction:
    return _fewer(seconds_in(old), seconds_in(new))


def _ranked(*order: str) -> Judge:
    return lambda old, new: _fewer(order.index(new), order.index(old))


def _blocks_from(old: date | None, new: date | None) -> Direction:
    """A day on a rule that only warned makes it stricter; on a rule that blocked at once, looser: that is unclear."""
    if old is None or new is None:
        return Direction.UNCLEAR
    return _fewer(old.toordinal(), new.toordinal())


def _waivable(old: WaiverTerms, new: WaiverTerms) -> Direction:
    if old.allowed != new.allowed:
        return Direction.LOOSER if new.allowed else Direction.STRICTER
    longest = 10_000
    return _fewer(old.max_days or longest, new.max_days or longest)


def _applies(_old: bool, new: bool) -> Direction:
    return Direction.STRICTER if new else Direction.LOOSER


def _expires(old: date | None, new: date | None) -> Direction:
    if new is None:
        return Direction.LOOSER
    return Direction.STRICTER if old is None else _fewer(old.toordinal(), new.toordinal())


def _higher(old: float | None, new: float | None) -> Direction:
    """A least value, or a level: more is stricter; from one kind of limit to another nobody can tell."""
    return Direction.UNCLEAR if old is None or new is None else _fewer(-old, -new)


def _lower(old: float | None, new: float | None) -> Direction:
    return Direction.UNCLEAR if old is None or new is None else _fewer(old, new)


RULES = Yardstick(
    {
        "severity": _ranked(Severity.SHOULD, Severity.MUST),
        "enforcement": _ranked(*Enforcement),
        "block_from": _blocks_from,
        "waiver": _waivable,
    },
    frozenset({"subject", "moment", "applies", "require", "check", "tightens"}),
    frozenset({"enforce"}),
)
"""An expression that changed may ask for more or for less: no form tells."""

MONITORS = Yardstick(
    {
        "tolerance": _fewer,
        "promise": _shorter,
        "minimum_n": _fewer,
        "response": _ranked(Response.ALERT, Response.PAGE, Response.ROLLBACK, Response.SAFE_STATE),
    },
    frozenset({"kind", "measure", "by", "window", "reference", "severity"}),
)
"""Fewer false alarms promised, or more rows waited for, is a monitor that speaks later."""

CALENDAR = Yardstick({}, frozenset({"first", "last", "zone", "systems"}))
"""Other days are other windows that nobody judges."""

CONTROLS = Yardstick({"applicable": _applies, "expires": _expires}, frozenset({"systems"}))
CRITERIA = Yardstick({"organisation": _fewer, "individuals": _fewer, "society": _fewer})
TIERS = Yardstick({"tier": _ranked(*Tier)})
EVALUATION = Yardstick(
    {"least": _higher, "most": _lower, "level": _higher, "min_n": _fewer}, frozenset({"all_pass", "reports"})
)
"""More rows asked of a group is a group that is compared less often."""
