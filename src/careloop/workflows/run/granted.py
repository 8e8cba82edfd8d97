"""What the gate reads of matters that were granted: waivers in force, and the envelope that a release lies in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from careloop.domain.envelope import ChangeEnvelope
from careloop.domain.evolve import Waiver
from careloop.domain.organisation import Approval
from careloop.domain.release import Result
from careloop.domain.release_lock import ReleaseLock
from careloop.domain.repository import Repository
from careloop.domain.standing import Standing
from careloop.domain.tier import Tier
from careloop.gates.envelope import EnvelopeUse, why_outside
from careloop.gates.matters import envelope_matter, waiver_matter, why_no_grant
from careloop.ports.ledger import Ledger
from careloop.workflows.grants import grants_of
from careloop.workflows.run.release_desk import Governance

__all__ = ["Candidate", "Envelopes", "envelopes_for", "granted_waivers"]


def granted_waivers(ledger: Ledger, governance: Governance) -> Mapping[str, tuple[Approval, ...]]:
    """Waivers as they stand in the documents that enough people have signed, with the posts that did and the day.

    What a waiver says of its own approval counts for nothing here: anybody can write that.
    """
    repository: Repository = governance.repository
    waivers = list(repository.all(Waiver))
    if not waivers:
        return {}
    grants = grants_of(ledger)
    found: dict[str, tuple[Approval, ...]] = {}
    for document, waiver in waivers:
        matter = waiver_matter(waiver, document.path, repository)
        if why_no_grant(matter, grants, governance.on) is None:
            last = [one for one in grants if one.name == matter.name][-1]
            day = last.at.astimezone(governance.here.tzinfo).date()
            found[waiver.id] = tuple(Approval(by=one.post, on=day) for one in last.by)
    return found


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
