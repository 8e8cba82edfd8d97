"""The inventory against what was seen elsewhere: what it lacks, and how complete it may be (SEMANTICS 26). Pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from careloop.domain.finding import Finding
from careloop.domain.path_pattern import path_fits
from careloop.domain.place import Place
from careloop.domain.sighting import Sighting, SightingSource
from careloop.domain.system import System
from careloop.domain.tier import Enforcement, Severity
from careloop.measures.capture_recapture import Estimate, chapman

__all__ = ["Coverage", "Matched", "Reconciliation", "reconcile"]

_RULE = "inventory-complete"


@dataclass(frozen=True, slots=True)
class Matched:
    """A sighting, and the systems of the inventory that it is one of."""

    sighting: Sighting
    systems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Coverage:
    """How complete the inventory may be."""

    known: int
    """Systems in the inventory that are not retired."""
    seen: int
    """Different things seen elsewhere; several sightings of one system count once."""
    both: int
    """Systems of the inventory that were seen elsewhere."""
    estimated: Estimate | None
    reason: str | None
    """Why there is no estimate."""
    sources: tuple[SightingSource, ...]

    @property
    def ratio(self) -> float | None:
        """Known over estimated, from 0 to 1; null where there is no estimate."""
        return min(1.0, self.known / self.estimated.value) if self.estimated and self.estimated.value else None


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """All sightings with what they match, findings for the rest, and the coverage."""

    matched: tuple[Matched, ...]
    findings: tuple[Finding, ...]
    unseen: tuple[str, ...]
    """Systems of the inventory that no source showed: perhaps retired, or perhaps the source is too narrow."""
    coverage: Coverage


def reconcile(systems: Sequence[System], sightings: Iterable[Sighting], *, owner: str | None) -> Reconciliation:
    """Match sightings with systems by id, name, other names, or the files of code; whatever matches none is a finding.

    `owner` is the post that has to find out: who owns the management system.
    """
    matched = tuple(Matched(one, _systems_of(one, systems)) for one in sightings)
    unknown = [one.sighting for one in matched if not one.systems]
    shown = {system for one in matched for system in one.systems}
    current = [system for system in systems if system.lifecycle.value != "retirement"]
    both = sum(system.id in shown for system in current)
    strangers = len({_plain(sighting.name) for sighting in unknown})
    sources = tuple(dict.fromkeys(one.sighting.source for one in matched))
    estimated = chapman(len(current), both + strangers, both)
    reason = None if estimated else ("nothing was seen elsewhere" if current else "the inventory is empty")
    return Reconciliation(
        matched=matched,
        findings=tuple(_finding(sighting, owner) for sighting in unknown),
        unseen=tuple(system.id for system in current if system.id not in shown),
        coverage=Coverage(len(current), both + strangers, both, estimated, reason, sources),
    )


def _systems_of(sighting: Sighting, systems: Sequence[System]) -> tuple[str, ...]:
    return tuple(system.id for system in systems if _is(sighting, system))


def _is(sighting: Sighting, system: System) -> bool:
    names = {_plain(name) for name in (system.id, system.name, *system.known_as)}
    if _plain(sighting.name) in names:
        return True
    if not sighting.paths:
        return False
    patterns = (*system.artefacts, *(name for name in system.known_as if "/" in name or "*" in name))
    return any(path_fits(path, patterns) for path in sighting.paths)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "", name.lower()) or name


def _finding(sighting: Sighting, owner: str | None) -> Finding:
    times = "" if sighting.times == 1 else f", {sighting.times} times"
    detail = f" ({sighting.detail})" if sighting.detail else ""
    seen = f"'{sighting.name}'{detail} was seen in {sighting.source.value}{times}"
    return Finding(
        rule=_RULE,
        severity=Severity.MUST,
        enforce=Enforcement.BLOCK,
        message=f"{seen}, and no system of the inventory is it",
        place=Place(sighting.file, sighting.line),
        pointer=(sighting.name,),
        controls=("iso42001:2023/4.3", "iso42001:2023/A.4.2", "care/C4"),
        remedy="add systems/<id>/system.yaml (`care adopt` drafts it), or the name to `known_as` of a system",
        owner=owner,
    )
