"""How the legal bars of a system stand: agreed to by people as they read now, and compensated by a control."""

from collections.abc import Mapping

from careloop.domain.not_assessable import LegalBar, NotAssessable, ProtectedBasis
from careloop.domain.status import RequirementState
from careloop.domain.system import System
from careloop.gates.matters import legal_bar_matter, why_no_grant
from careloop.workflows.grants import grants_of
from careloop.workflows.read_live_status import Reading, read_rows

__all__ = ["read_legal_bars"]


def read_legal_bars(reading: Reading, system: System) -> Mapping[str, LegalBar]:
    """Every legal bar of the system by its measure, at the instant of the reading; without a ledger none counts."""
    found: dict[str, LegalBar] = {}
    for expected in system.evaluation:
        ground = expected.not_assessable
        if ground is None or ground.basis is not ProtectedBasis.LEGAL_BAR:
            continue
        matter = legal_bar_matter(expected, f"systems/{system.id}/system.yaml", system)
        grants = grants_of(reading.ledger, matter.name) if reading.ledger is not None else ()
        waits = why_no_grant(matter, grants, reading.now.date())
        found[expected.measure] = LegalBar(
            measure=expected.measure,
            granted_by=() if waits else tuple(one.person for one in grants[-1].by),
            waits=waits,
            broken=_why_not_compensated(reading, ground),
        )
    return found


def _why_not_compensated(reading: Reading, ground: NotAssessable) -> str | None:
    control = ground.control or ""
    rows = read_rows(reading, frozenset({control}))
    if not rows:
        return f"{control}, which is to compensate, is no requirement known here"
    if rows[0].status is RequirementState.COMPLETE:
        return None
    lacking = next((one for one in rows[0].claims if not one.held), None)
    because = f": {lacking.claim.text.rstrip('.')}" if lacking else ""
    return f"{control}, which is to compensate, is {rows[0].status.value}{because}"
