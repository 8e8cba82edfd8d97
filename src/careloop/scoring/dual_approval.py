"""M12: how many high-risk releases that went live had the valid approval of two people.

Two figures: of the releases where two were required, and of all high-risk releases. A release that went live without
passing the gate counts as failing in both. A standing given only afterwards does not help; it stands apart. When a plan
restores an earlier release, that is no new release. Source: REQUIREMENTS, M12; SEMANTICS 13-15; R41.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from careloop.domain.counts import Tally
from careloop.domain.metric import Figure, Part, Window
from careloop.domain.tier import Tier
from careloop.ports.ledger import Entry
from careloop.scoring.evidence import Evidence, is_high, number, release_of, text, tier_of
from careloop.scoring.figures import share_figure, share_part

__all__ = ["dual_approval_figure"]

_TYPES: Final = ("deploy.done", "gate.decision", "release.standing", "release.revoked", "approval.given")
_TWO: Final = 2
_Release = tuple[str | None, str | None, str | None]


@dataclass(frozen=True, slots=True)
class _Live:
    """One high-risk release that went live."""

    deployed: Entry
    at_gate: bool
    required: bool
    approved: bool
    """By two people, before it went live."""
    approved_later: bool
    used: tuple[Entry, ...]

    def by(self, field: str) -> bool:
        """Whether the standing it went live on says how it came about: `envelope` or `emergency`."""
        standings = [one for one in self.used if one.record.type == "release.standing"]
        return any(text(one.record.data, field) for one in standings[-1:])


@dataclass(frozen=True)
class _Gate:
    """What the ledger holds about approvals, by release."""

    decisions: Mapping[_Release, Sequence[Entry]]
    standings: Mapping[_Release, Sequence[Entry]]
    revocations: Mapping[_Release, Sequence[Entry]]
    people: Mapping[str, frozenset[str]]
    """Request -> distinct people who approved it, by their id in roles.yaml, whoever vouches for it being them."""

    def tier(self, deployed: Entry, tiers: Mapping[str, Tier]) -> Tier | None:
        """The tier at which a release was decided on; else that of its system."""
        key = release_of(deployed)
        known = [*self.decisions.get(key, ()), *self.standings.get(key, ())]
        stated = [tier for one in known if (tier := tier_of(one, {})) is not None]
        return stated[-1] if stated else tier_of(deployed, tiers)

    def live(self, deployed: Entry) -> _Live:
        """How a release stood when it went live."""
        key = release_of(deployed)
        decisions = [one for one in self.decisions.get(key, ()) if one.index < deployed.index]
        standings = self.standings.get(key, ())
        before = [one for one in standings if one.index < deployed.index]
        return _Live(
            deployed=deployed,
            at_gate=bool(decisions or before),
            required=_required([*decisions, *before]),
            approved=any(self._by_two(one) and not self._revoked(one, deployed) for one in before[-1:]),
            approved_later=any(self._by_two(one) for one in standings if one.index > deployed.index),
            used=(deployed, *decisions, *before),
        )

    def _revoked(self, standing: Entry, deployed: Entry) -> bool:
        revoked = self.revocations.get(release_of(standing), ())
        return any(standing.index < one.index < deployed.index for one in revoked)

    def _by_two(self, standing: Entry) -> bool:
        """By as many as the gate counted, and by no more than really signed."""
        signed = len(self.people.get(text(standing.record.data, "request") or "", ()))
        counted = number(standing.record.data, "approvals")
        return min(signed, signed if counted is None else counted) >= _TWO


def dual_approval_figure(evidence: Evidence, window: Window, *, as_of: datetime, tiers: Mapping[str, Tier]) -> Figure:
    """Releases approved by two, in percent of high-risk releases that went live in the window and needed two."""
    gate = _gate(evidence, as_of)
    first = [one for one in _first_deploys(evidence, as_of) if window.holds(one.record.occurred_at)]
    found = [gate.live(one) for one in first if is_high(gate.tier(one, tiers))]
    unknown = sum(gate.tier(one, tiers) is None for one in first)
    needed = [one for one in found if one.required]
    left_out = evidence.left_out(*_TYPES) | ({"unknown_tier": unknown} if unknown else {})
    return share_figure(
        _tally(needed),
        used=[entry for one in found for entry in one.used],
        left_out=left_out,
        parts=tuple(_parts(found, needed)),
        because=_said(found, needed),
    )


def _tally(releases: Sequence[_Live]) -> Tally:
    return Tally(sum(one.approved for one in releases), len(releases))


def _gate(evidence: Evidence, as_of: datetime) -> _Gate:
    people: dict[str, frozenset[str]] = {}
    for entry in evidence.of_type("approval.given", before=as_of):
        request = text(entry.record.data, "request") or ""
        people[request] = people.get(request, frozenset()) | {entry.record.actor.sub}
    return _Gate(
        decisions=_by_release(evidence.of_type("gate.decision", before=as_of)),
        standings=_by_release(evidence.of_type("release.standing", before=as_of)),
        revocations=_by_release(evidence.of_type("release.revoked", before=as_of)),
        people=people,
    )


def _by_release(entries: Iterator[Entry]) -> dict[_Release, list[Entry]]:
    found: dict[_Release, list[Entry]] = {}
    for entry in entries:
        found.setdefault(release_of(entry), []).append(entry)
    return found


def _first_deploys(evidence: Evidence, as_of: datetime) -> Iterator[Entry]:
    """The first time each release went live; what a plan restored is left alone."""
    seen: set[_Release] = set()
    for entry in evidence.of_type("deploy.done", before=as_of):
        if text(entry.record.data, "plan") is None and release_of(entry) not in seen:
            seen.add(release_of(entry))
            yield entry


def _required(known: Sequence[Entry]) -> bool:
    """Whether two people had to approve: as the gate last said; where it said nothing, yes."""
    if any(text(one.record.data, "envelope") for one in known[-1:]):
        return False
    stated = [count for one in known if (count := number(one.record.data, "required_approvals")) is not None]
    return not stated or stated[-1] >= _TWO


def _parts(found: Sequence[_Live], needed: Sequence[_Live]) -> Iterator[Part]:
    yield share_part("where_required", "of those where two were required", _tally(needed))
    yield share_part("all_high_risk", "of all high-risk releases", _tally(found))
    apart = {
        "not_at_gate": ("went live without passing the gate", sum(not one.at_gate for one in found)),
        "approved_later": ("approved only afterwards", sum(one.approved_later and not one.approved for one in found)),
        "in_envelope": ("inside a change envelope", sum(one.by("envelope") for one in found)),
        "emergency": ("in an emergency", sum(one.by("emergency") for one in found)),
    }
    for name, (title, count) in apart.items():
        if count:
            yield Part(id=name, title=title, value=float(count), unit="n", n=count)


def _said(found: Sequence[_Live], needed: Sequence[_Live]) -> str:
    if not found:
        return "no high-risk release went live"
    return "" if needed else "no release that went live needed two approvals"
