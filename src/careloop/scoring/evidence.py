"""Which entries of the ledger count for a figure, and how their fields are read.

What a record does not say is None and never guessed. A drill, a second copy of a record and a record from the future
are left out and counted. The order in which entries are handed over makes no difference. Source: REQUIREMENTS, the
common line of the metrics.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256

from careloop.domain.metric import Window
from careloop.domain.tier import Tier
from careloop.ports.ledger import Entry, Json

__all__ = [
    "Evidence",
    "digest_of",
    "flag",
    "instant",
    "is_high",
    "newest_of",
    "number",
    "release_of",
    "system_of",
    "text",
    "tier_of",
]

_MARKS = ("drill", "synthetic")


@dataclass(frozen=True)
class Evidence:
    """The entries that count, in the order of the log, and how many of each type do not."""

    entries: tuple[Entry, ...]
    refused: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Why -> type of record -> how many."""

    @classmethod
    def of(cls, entries: Iterable[Entry], *, now: datetime) -> Evidence:
        """Sort out what does not count at `now`: drills first, so that no drill ever stands in for a real record."""
        refused: dict[str, dict[str, int]] = {}
        kept: list[Entry] = []
        seen: set[str] = set()
        for entry in sorted(entries, key=lambda one: (one.index, one.body)):
            why = _why_not(entry, now, seen)
            if why is None:
                seen.add(entry.record.id)
                kept.append(entry)
            else:
                types = refused.setdefault(why, {})
                types[entry.record.type] = types.get(entry.record.type, 0) + 1
        return cls(tuple(kept), refused)

    def of_type(self, *types: str, before: datetime) -> Iterator[Entry]:
        """Entries of these types that happened before an instant, in the order of the log."""
        return (one for one in self.entries if one.record.type in types and one.record.occurred_at < before)

    def inside(self, window: Window, *types: str) -> Iterator[Entry]:
        """Entries of these types that happened in a window, in the order of the log."""
        return (one for one in self.entries if one.record.type in types and window.holds(one.record.occurred_at))

    def left_out(self, *types: str) -> dict[str, int]:
        """How many records of these types do not count, by why."""
        counted = {why: sum(by_type.get(name, 0) for name in types) for why, by_type in sorted(self.refused.items())}
        return {why: number_ for why, number_ in counted.items() if number_}


def _why_not(entry: Entry, now: datetime, seen: set[str]) -> str | None:
    if any(entry.record.data.get(mark) is True for mark in _MARKS):
        return "drills"
    if entry.record.occurred_at > now:
        return "after_now"
    return "duplicates" if entry.record.id in seen else None


def digest_of(entries: Iterable[Entry]) -> str:
    """`sha256:` over the records that a figure rests on; their order makes no difference."""
    leaves = sorted(sha256(entry.body).hexdigest() for entry in entries)
    return f"sha256:{sha256(''.join(leaves).encode()).hexdigest()}"


def newest_of(entries: Iterable[Entry]) -> datetime | None:
    """When the youngest of them happened."""
    return max((entry.record.occurred_at for entry in entries), default=None)


def _path(data: Json, *keys: str) -> Json:
    """A value inside nested objects; None where any of the keys is not there."""
    for key in keys:
        if not isinstance(data, Mapping):
            return None
        data = data.get(key)
    return data


def text(data: Json, *keys: str) -> str | None:
    """A text that says something; None for anything else."""
    found = _path(data, *keys)
    return found if isinstance(found, str) and found else None


def number(data: Json, *keys: str) -> int | None:
    """A whole number; None for anything else."""
    found = _path(data, *keys)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def flag(data: Json, *keys: str) -> bool:
    """Whether it says yes, in so many words."""
    return _path(data, *keys) is True


def instant(data: Json, *keys: str) -> datetime | None:
    """A moment: RFC 3339 text with a zone, or whole seconds since 1970; None for anything else."""
    found = _path(data, *keys)
    try:
        if isinstance(found, str):
            read = datetime.fromisoformat(found)
            return read.astimezone(UTC) if read.tzinfo is not None else None
        if isinstance(found, int) and not isinstance(found, bool):
            return datetime.fromtimestamp(found, tz=UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return None


def system_of(entry: Entry) -> str | None:
    """The system that a record is about: as its data says, else its subject `systems/<id>`."""
    named = (one.name.removeprefix("systems/") for one in entry.record.subject if one.name.startswith("systems/"))
    return text(entry.record.data, "system") or next(named, None)


def release_of(entry: Entry) -> tuple[str | None, str | None, str | None]:
    """System, environment and lock that a record is about; a request says the latter two in its body."""
    data = entry.record.data
    environment = text(data, "environment") or text(data, "body", "environment")
    return system_of(entry), environment, text(data, "lock") or text(data, "body", "lock")


def is_high(tier: Tier | None) -> bool:
    """Whether it is of tier high or above; an unknown tier is not."""
    return tier is not None and tier.rank >= Tier.HIGH.rank


def tier_of(entry: Entry, tiers: Mapping[str, Tier]) -> Tier | None:
    """The tier a record states; else that of its system; None when neither is known."""
    stated = text(entry.record.data, "tier") or text(entry.record.data, "body", "tier")
    if stated is not None and stated in set(Tier):
        return Tier(stated)
    return tiers.get(system_of(entry) or "")
