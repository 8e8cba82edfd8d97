"""The matter of a review: what exactly people agree to who look at an emergency afterwards."""

from careloop.domain.emergency import Emergency, EmergencyKind
from careloop.domain.matter import Matter, MatterKind
from careloop.domain.tier import Tier
from careloop.errors import NotFound
from careloop.gates.decide import APPROVALS_BY_TIER
from careloop.ledger.canonical import instant_text
from careloop.ports.ledger import Json
from careloop.workflows.emergencies import emergencies_of
from careloop.workflows.run.release_desk import Governance, ReleaseDesk

__all__ = ["review_matter"]


def review_matter(name: str, governance: Governance, desk: ReleaseDesk) -> Matter:
    """Looking at one emergency: by as many as its release takes, on call by one; never by whoever did it."""
    found = next((one for one in emergencies_of(desk.ledger) if one.record == name), None)
    if found is None:
        raise NotFound(f"there is no emergency {name} on record", hint="care request list shows what waits for review")
    on_call = found.kind is EmergencyKind.ON_CALL
    tier = Tier.HIGH if found.system is None else governance.system(found.system).tier
    about = f"release {found.lock[:19]} into {found.environment}" if found.lock else f"the authority of {found.post}"
    return Matter(
        kind=MatterKind.REVIEW,
        id=found.record,
        asks=f"{found.person} acted by {found.kind.value} ({about}), and that was right: {found.reason}",
        terms=_terms(found),
        tier=tier,
        required=1 if on_call else max(1, APPROVALS_BY_TIER[tier]),
        system=found.system,
        environment=found.environment or "any",
        doers=frozenset({found.person}),
    )


def _terms(found: Emergency) -> dict[str, Json]:
    return {
        "record": found.record,
        "kind": found.kind.value,
        "person": found.person,
        "reason": found.reason,
        "at": instant_text(found.at),
        "until": instant_text(found.until),
        "lock": found.lock,
        "environment": found.environment,
        "overrides": list(found.overrides),
        "post": found.post,
        "authorities": list(found.authorities),
    }
