"""The granted change envelope that a release lies in, or why it lies in none."""

from collections.abc import Sequence
from dataclasses import dataclass

from careloop.domain.envelope import ChangeEnvelope
from careloop.domain.release import Result
from careloop.domain.release_lock import ReleaseLock
from careloop.domain.standing import Standing
from careloop.domain.tier import Tier
from careloop.gates.envelope import EnvelopeUse, why_outside
from careloop.gates.matters import envelope_matter, why_no_grant
from careloop.ports.ledger import Ledger
from careloop.workflows.grants import grants_of
from careloop.workflows.run.release_desk import Governance

__all__ = ["Candidate", "Envelopes", "envelopes_for"]


@dataclass(frozen=True, slots=True)
class Envelopes:
    """The envelope that a release lies in, and why it lies outside the others."""

    inside: EnvelopeUse | None = None
    outside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A release that is looked up in the envelopes of its system."""

    lock: ReleaseLock
    results: Sequence[Result]
    """As far as they can be believed."""
    environment: str
    standings: Sequence[Standing]


def envelopes_for(candidate: Candidate, governance: Governance, ledger: Ledger) -> Envelopes:
    """The envelope that a release lies in; for tier very high there is none (SEMANTICS 14)."""
    lock, system = candidate.lock, governance.system(candidate.lock.system)
    here = [
        (document.path, noun)
        for document, noun in governance.repository.all(ChangeEnvelope)
        if document.folder == system.id and noun.environment == candidate.environment
    ]
    if not here:
        return Envelopes()
    if system.tier is Tier.VERY_HIGH:
        return Envelopes(outside=tuple(f"{noun.id}: no envelope counts at tier very high" for _, noun in here))
    outside: list[str] = []
    for path, noun in here:
        matter = envelope_matter(noun, path, system)
        grants = grants_of(ledger, matter.name)
        why_not = why_no_grant(matter, grants, governance.on)
        if why_not is not None:
            outside.append(why_not)
            continue
        grant = grants[-1]
        used = sum(one.envelope == grant.request and one.lock != lock.digest for one in candidate.standings)
        objections = why_outside(noun, lock, candidate.results, used=used)
        if not objections:
            people = tuple(one.person for one in grant.by)
            use = EnvelopeUse(
                name=matter.name, request=grant.request, people=people, used=used, most=noun.most_releases
            )
            return Envelopes(inside=use, outside=tuple(outside))
        outside.append(f"outside {matter.name}: {'; '.join(objections)}")
    return Envelopes(outside=tuple(outside))
