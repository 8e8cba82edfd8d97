"""The inventory and its reconciliation as JSON and as lines."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from careloop import __version__
from careloop.checks.reconcile import Coverage, Reconciliation
from careloop.checks.tiering import ReachedTier
from careloop.domain.impact import Screening
from careloop.domain.system import System
from careloop.measures.capture_recapture import ASSUMPTION
from careloop.reports.check_report import finding_json

__all__ = ["inventory_json", "inventory_lines", "reconciliation_json", "reconciliation_lines"]

Row = tuple[System, bool, ReachedTier | None, Screening | None]
"""System, whether it is in scope, the tier that the rules give, the newest screening."""


def inventory_json(rows: Sequence[Row], *, commit: str | None, standards_digest: str) -> dict[str, Any]:
    """All systems."""
    return {
        "schema": "careloop/inventory/v1",
        "careloop_version": __version__,
        "standards_digest": standards_digest,
        "commit": commit,
        "systems": [
            {
                "id": system.id,
                "name": system.name,
                "draft": system.draft,
                "owner": system.owner,
                "origin": system.origin.value,
                "lifecycle": system.lifecycle.value,
                "in_scope": in_scope,
                "iso_role": list(system.iso_role),
                "eu_role": list(system.eu_role),
                "tier": system.tier.value,
                "reached_tier": reached.tier.value if reached else None,
                "tier_reasons": list(reached.reasons) if reached else [],
                "screened_on": screened.on.isoformat() if screened else None,
                "assessment_needed": screened.triggered if screened else None,
            }
            for system, in_scope, reached, screened in rows
        ],
    }


def inventory_lines(rows: Sequence[Row]) -> Iterator[tuple[str, str]]:
    """Lines to print, each with a style."""
    for system, in_scope, reached, screened in rows:
        mark = "  draft" if system.draft else "" if in_scope else "  out of scope"
        yield "", f"{system.id:<24} {system.tier.value:<10} {system.lifecycle.value:<13} {system.origin.value}{mark}"
        if reached:
            why = "; ".join(reached.reasons) or "no rule of risk/criteria.yaml gives it more"
            yield "detail", f"    the rules give {reached.tier.value}: {why}"
        if in_scope and screened is None:
            yield "warn", "    no impact screening"
    yield "summary", f"{len(rows)} systems"


def reconciliation_json(found: Reconciliation, *, commit: str | None, standards_digest: str) -> dict[str, Any]:
    """The whole answer."""
    return {
        "schema": "careloop/inventory-reconciliation/v1",
        "careloop_version": __version__,
        "standards_digest": standards_digest,
        "commit": commit,
        "findings": [finding_json(finding) for finding in found.findings],
        "matched": [
            {
                "source": one.sighting.source.value,
                "name": one.sighting.name,
                "file": one.sighting.file,
                "line": one.sighting.line,
                "times": one.sighting.times,
                "systems": list(one.systems),
            }
            for one in found.matched
            if one.systems
        ],
        "unseen": list(found.unseen),
        "coverage": _coverage_json(found.coverage),
    }


def _coverage_json(coverage: Coverage) -> dict[str, Any]:
    return {
        "known": coverage.known,
        "seen_elsewhere": coverage.seen,
        "in_both": coverage.both,
        "estimated": asdict(coverage.estimated) if coverage.estimated else None,
        "known_over_estimated": coverage.ratio,
        "reason": coverage.reason,
        "method": "Chapman 1951, interval of 95 % after Chao 1987",
        "assumption": ASSUMPTION,
        "sources": [source.value for source in coverage.sources],
    }


def reconciliation_lines(found: Reconciliation) -> Iterator[tuple[str, str]]:
    """Lines to print, each with a style."""
    for finding in found.findings:
        yield "must", f"{finding.place}  must  {finding.message}   [{finding.rule}]"
        yield "detail", f"    {finding.owner or 'nobody'} · mend: {finding.remedy}"
    for one in found.matched:
        if one.systems:
            yield "grey", f"{one.sighting.file}:{one.sighting.line}  {one.sighting.name} is {', '.join(one.systems)}"
    if found.unseen:
        yield "warn", f"in the inventory, and seen nowhere: {', '.join(found.unseen)}"
    coverage = found.coverage
    yield "", f"known {coverage.known}, seen elsewhere {coverage.seen}, in both {coverage.both}"
    if coverage.estimated is None:
        yield "grey", f"no estimate of how many there are: {coverage.reason}"
        return
    estimate, ratio = coverage.estimated, coverage.ratio
    interval = f"{estimate.low:.1f} to {estimate.high:.1f}"
    yield (
        "summary",
        f"known / estimated: {coverage.known} / {estimate.value:.1f} = {ratio or 0:.2f}  (95 %: {interval})",
    )
    yield "grey", f"by capture and recapture (Chapman 1951), assuming that {ASSUMPTION}"
