"""M10: how many projects have a model card that says everything and limits of use that something enforces.

Enforcement is taken from the inventory: each intended use names what keeps use within it. What a supplier is said to
enforce counts only with an attestation or a contract in date. Source: REQUIREMENTS, M10; SEMANTICS 25.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Final

from careloop.checks.subjects import Cases
from careloop.documents.card_gaps import card_gaps
from careloop.domain.card import Card
from careloop.domain.counts import Tally
from careloop.domain.metric import Figure, NullReason, Part
from careloop.domain.repository import Repository
from careloop.domain.rule import Subject
from careloop.domain.system import Lifecycle, Origin, System
from careloop.domain.third_party import Supplier
from careloop.domain.tier import Severity, Tier
from careloop.scoring.figures import PERCENT, share_part

__all__ = ["Project", "cards_figure", "projects"]

_OWN: Final = frozenset({"guard", "access_control"})
_THEIRS: Final = frozenset({"supplier", "contract"})
_FROM_OUTSIDE: Final = (Origin.BOUGHT, Origin.EMBEDDED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """One active system of the inventory, as far as this metric looks."""

    system: str
    origin: Origin
    tier: Tier
    card: bool
    """Whether its card states every field that its tier must have; a placeholder states nothing."""
    enforced: bool
    """Whether every intended use has something that keeps use within it."""

    @property
    def both(self) -> bool:
        """Whether it counts."""
        return self.card and self.enforced


def projects(repository: Repository, on: date) -> tuple[Project, ...]:
    """Systems in scope from design until retirement, in order of their ids."""
    found = [
        _project(case.values["system"], case.values["card"], case.values["supplier"], on)
        for case in Cases(repository, None).of(Subject.SYSTEM)
        if case.values["in_scope"] and _active(case.values["system"])
    ]
    return tuple(sorted(found, key=lambda one: one.system))


def _active(system: System) -> bool:
    return Lifecycle.DESIGN.rank <= system.lifecycle.rank < Lifecycle.RETIREMENT.rank


def _project(system: System, card: Card | None, supplier: Supplier | None, on: date) -> Project:
    complete = card is not None and all(gap.severity is not Severity.MUST for gap in card_gaps(card, system.tier))
    return Project(
        system=system.id,
        origin=system.origin,
        tier=system.tier,
        card=complete,
        enforced=_enforced(system, supplier, on),
    )


def _enforced(system: System, supplier: Supplier | None, on: date) -> bool:
    attested = supplier is not None and _in_date(system, supplier, on)
    if not system.intended_use:
        return False
    for use in system.intended_use:
        if use.enforced_by in _OWN or (use.enforced_by in _THEIRS and attested):
            continue
        if use.enforced_by is None and system.origin in _FROM_OUTSIDE and attested:
            continue
        return False
    return True


def _in_date(system: System, supplier: Supplier, on: date) -> bool:
    """Whether the supplier attests this service, or is bound by contract to how it is used, on that day."""
    covered = {*supplier.services, system.id}
    attested = any(one.expires >= on and covered & set(one.covers) for one in supplier.attestations)
    contract = supplier.contract
    return attested or ((contract.ends is None or contract.ends >= on) and "data_use" in contract.clauses)


def cards_figure(found: Sequence[Project], *, at: datetime) -> Figure:
    """Active projects with both, in percent of active projects; by origin and for high tiers beside it."""
    good = sum(one.both for one in found)
    lines = "\n".join(f"{one.system} {one.origin.value} {one.card} {one.enforced}" for one in found)
    return Figure(
        value=100 * good / len(found) if found else None,
        unit=PERCENT,
        n=len(found),
        reason=None if found else NullReason.NO_ACTIVITY,
        because=_lacking(found) if found else "there is no active project in scope",
        no_interval="every active project was looked at: nothing is sampled",
        parts=tuple(_parts(found)),
        newest=at,
        digest=f"sha256:{sha256(lines.encode()).hexdigest()}",
    )


def _lacking(found: Iterable[Project]) -> str:
    lacks = []
    for one in found:
        what = [
            name for name, there in (("a complete card", one.card), ("an enforced limit", one.enforced)) if not there
        ]
        if what:
            lacks.append(f"{one.system} lacks {' and '.join(what)}")
    return "; ".join(lacks)


def _parts(found: Sequence[Project]) -> Iterator[Part]:
    high = [one for one in found if one.tier.rank >= Tier.HIGH.rank]
    yield _share("high_risk", "high and very high tier", high)
    yield share_part("card", "with a complete card", Tally(sum(one.card for one in found), len(found)), sampled=False)
    enforced = Tally(sum(one.enforced for one in found), len(found))
    yield share_part("constraint", "with enforced limits of use", enforced, sampled=False)
    for origin in Origin:
        group = [one for one in found if one.origin is origin]
        if group:
            yield _share(f"origin_{origin.value}", f"origin {origin.value}", group)


def _share(name: str, title: str, group: Sequence[Project]) -> Part:
    return share_part(name, title, Tally(sum(one.both for one in group), len(group)), sampled=False)
