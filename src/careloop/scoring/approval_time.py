"""M8: how long it takes until a high-risk release has the last approval that it needs.

The clock starts when people are first asked and is not set back by asking again for the same release. It stops with the
last approval before the gate let the release go; until the gate has said so, nobody knows that the approvals count, and
the release is open. What was withdrawn is left out, what was refused stands apart. Source: REQUIREMENTS, M8.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from careloop.domain.metric import Figure, Part, Window
from careloop.domain.tier import Tier
from careloop.ports.ledger import Entry
from careloop.scoring.durations import Spans, median_part
from careloop.scoring.evidence import Evidence, instant, is_high, release_of, text, tier_of
from careloop.scoring.figures import median_figure

__all__ = ["approval_time_figure"]

_TYPES: Final = ("approval.requested", "approval.given")
_ENDINGS: Final = {"approval.withdrawn": "withdrawn", "approval.rejected": "rejected"}
_SETTLING: Final = ("release.standing", "gate.decision")
_APPROVED: Final = "approved"


@dataclass(frozen=True, slots=True)
class _Item:
    """One release on its way to approval; several requests for it are one item."""

    tier: Tier | None
    requests: tuple[Entry, ...]
    given: tuple[Entry, ...] = ()
    ended: Entry | None = None
    how: str | None = None
    """`approved`, `withdrawn`, `rejected`, `needed_none`; None while it is open."""

    @property
    def began(self) -> datetime:
        """When people were first asked."""
        return self.requests[0].record.occurred_at

    @property
    def at(self) -> datetime | None:
        """When it ended; for an approved one, when the last approval was given."""
        if self.how == _APPROVED:
            return self.given[-1].record.occurred_at
        return None if self.ended is None else self.ended.record.occurred_at

    @property
    def took(self) -> timedelta:
        """From the first request to the end."""
        assert self.at is not None, "an open item has no end"
        return self.at - self.began

    @property
    def expires_at(self) -> datetime | None:
        """When the last request runs out; None when a request does not say."""
        found = [instant(one.record.data, "expires_at") for one in self.requests]
        known = [one for one in found if one is not None]
        return max(known) if len(known) == len(found) else None


def approval_time_figure(
    evidence: Evidence, window: Window, *, as_of: datetime, tiers: Mapping[str, Tier], unit: str = "d"
) -> Figure:
    """Median from the first request to the last approval, of high-risk releases approved in the window."""
    items = list(_items(evidence, as_of, tiers))
    high = [item for item in items if is_high(item.tier)]
    closed = [item for item in high if item.how == _APPROVED and item.at is not None and window.holds(item.at)]
    open_ = [item for item in high if item.how is None and not _long_gone(item, window)]
    used = [entry for item in closed for entry in (*item.requests, *item.given)]
    used += [entry for item in open_ for entry in item.requests]
    left_out = evidence.left_out(*_TYPES)
    unknown = sum(item.tier is None and window.holds(item.began) for item in items)
    withdrawn = sum(_ended_as("withdrawn", item, window) for item in high)
    left_out |= {why: count for why, count in (("unknown_tier", unknown), ("withdrawn", withdrawn)) if count}
    spans = Spans.of((item.took for item in closed), (_age(item, as_of) for item in open_), unit=unit)
    because = "" if closed or open_ else "no high-risk release was waiting for approval"
    parts = tuple(_parts(high, closed, window, as_of=as_of, unit=unit))
    return median_figure(spans, used=used, left_out=left_out, parts=parts, because=because)


def _items(evidence: Evidence, as_of: datetime, tiers: Mapping[str, Tier]) -> Iterator[_Item]:
    """Every release that was put before people; after an end, another request for it starts a new clock."""
    waiting: dict[tuple[str | None, ...], _Item] = {}
    asked: dict[str, tuple[str | None, ...]] = {}
    for entry in evidence.of_type(*_TYPES, *_ENDINGS, *_SETTLING, before=as_of):
        name = text(entry.record.data, "request") or ""
        key = asked.get(name) or release_of(entry)
        known = waiting.get(key)
        if entry.record.type == "approval.requested" and _asks_for_release(entry):
            asked[name] = key
            waiting[key] = _asked_again(known, entry) if known else _Item(tier_of(entry, tiers), (entry,))
        elif known is None:
            continue
        elif entry.record.type == "approval.given":
            waiting[key] = replace(known, given=(*known.given, entry))
        elif (how := _how(entry, known)) is not None:
            yield replace(waiting.pop(key), ended=entry, how=how)
    yield from waiting.values()


def _asked_again(known: _Item, entry: Entry) -> _Item:
    return replace(known, requests=(*known.requests, entry))


def _how(entry: Entry, item: _Item) -> str | None:
    """How this entry ends the item; None when it does not."""
    if entry.record.type in _ENDINGS:
        return _ENDINGS[entry.record.type]
    if entry.record.type == "gate.decision" and text(entry.record.data, "decision") != "allow":
        return None
    return _APPROVED if item.given else "needed_none"


def _asks_for_release(entry: Entry) -> bool:
    """Other actions, such as ending a kill or loosening a threshold, are asked for as well; they are no release."""
    return "release" in (text(entry.record.data, "action") or "")


def _long_gone(item: _Item, window: Window) -> bool:
    return item.expires_at is not None and item.expires_at < window.since


def _age(item: _Item, as_of: datetime) -> timedelta:
    """How long it has been open, or was when the last request ran out unanswered."""
    return min(as_of, item.expires_at or as_of) - item.began


def _ended_as(how: str, item: _Item, window: Window) -> bool:
    return item.how == how and item.at is not None and window.holds(item.at)


def _parts(
    high: Iterable[_Item], closed: Iterable[_Item], window: Window, *, as_of: datetime, unit: str
) -> Iterator[Part]:
    every, approved = list(high), list(closed)
    for tier in (Tier.HIGH, Tier.VERY_HIGH):
        mine = [item.took for item in approved if item.tier is tier]
        if mine:
            yield median_part(f"tier_{tier.value}", f"tier {tier.value}", Spans.of(mine, unit=unit))
    apart = {
        "rejected": sum(_ended_as("rejected", item, window) for item in every),
        "lapsed": sum(_lapsed(item, window, as_of) for item in every),
    }
    for name, count in apart.items():
        if count:
            yield Part(id=name, title=f"requests {name}", value=float(count), unit="n", n=count)


def _lapsed(item: _Item, window: Window, as_of: datetime) -> bool:
    """Whether its last request ran out in the window without an answer."""
    ran_out = item.expires_at
    return item.how is None and ran_out is not None and window.holds(ran_out) and ran_out <= as_of
