"""Matters as values: what exactly a waiver, an envelope, a restore or a review asks people to agree to. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from hashlib import sha256
from typing import Any, Final

from careloop.domain.envelope import ChangeEnvelope
from careloop.domain.evaluation import ExpectedResult
from careloop.domain.evolve import Waiver
from careloop.domain.matter import Grant, Matter, MatterKind
from careloop.domain.not_assessable import ProtectedBasis
from careloop.domain.organisation import Approval
from careloop.domain.repository import Repository
from careloop.domain.risk import Risk
from careloop.domain.system import System
from careloop.domain.tier import Tier
from careloop.errors import InvalidInput
from careloop.ledger.canonical import canonical_bytes

__all__ = [
    "envelope_matter",
    "granted_waivers",
    "legal_bar_matter",
    "matter_digest",
    "plain_terms",
    "restore_matter",
    "terms_bytes",
    "waiver_matter",
    "why_no_grant",
]

_TWO: Final = 2
_ENVELOPE_SAYS_NOTHING: Final = {"owner", "version", "reviewed", "review_every", "reason"}


def matter_digest(name: str) -> str:
    """`sha256:` of a matter's name: stands where a request for a release has its lock."""
    return f"sha256:{sha256(canonical_bytes({'matter': name})).hexdigest()}"


def terms_bytes(matter: Matter) -> bytes:
    """The terms in canonical form (RFC 8785): what people see and what their approval binds to."""
    return canonical_bytes({"matter": matter.name, "tier": matter.tier.value, "terms": plain_terms(matter.terms)})


def plain_terms(value: Any) -> Any:
    """The same with every fraction and day as text, since canonical JSON here has neither."""
    match value:
        case float():
            return repr(value)
        case Mapping():
            return {str(key): plain_terms(item) for key, item in value.items()}
        case list() | tuple():
            return [plain_terms(item) for item in value]
        case None | bool() | int() | str():
            return value
        case _:
            return str(value)


def waiver_matter(waiver: Waiver, path: str, repository: Repository) -> Matter:
    """A waiver: two people for whatever concerns a system of tier high or above, one for the rest (R41)."""
    concerned = _concerned(waiver.subject, repository)
    tier = max((system.tier for system in concerned), key=lambda one: one.rank, default=Tier.VERY_HIGH)
    return Matter(
        kind=MatterKind.WAIVER,
        id=waiver.id,
        asks=f"the rule {waiver.rule} is set aside for {waiver.subject} until {waiver.expires}: {waiver.reason}",
        terms=waiver.model_dump(mode="json", exclude={"approved"}),
        tier=tier,
        required=_by_tier(tier),
        system=concerned[0].id if len(concerned) == 1 else None,
        until=waiver.expires,
        files=(path,),
    )


def envelope_matter(envelope: ChangeEnvelope, path: str, system: System) -> Matter:
    """A change envelope: always two people, since it stands for all releases inside it."""
    return Matter(
        kind=MatterKind.ENVELOPE,
        id=f"{system.id}/{envelope.id}",
        asks=(
            f"up to {envelope.most_releases} retrained releases of {system.id} go into {envelope.environment} on the"
            f" gate's word alone until {envelope.expires}: {envelope.reason}"
        ),
        terms=envelope.model_dump(mode="json", exclude=_ENVELOPE_SAYS_NOTHING),
        tier=system.tier,
        required=_TWO,
        system=system.id,
        environment=envelope.environment,
        until=envelope.expires,
        files=(path,),
    )


def legal_bar_matter(expected: ExpectedResult, path: str, system: System) -> Matter:
    """Releasing without a measure that the law bars: one person, or two from tier high on (SEMANTICS 17)."""
    ground = expected.not_assessable
    if ground is None or ground.basis is not ProtectedBasis.LEGAL_BAR:
        raise InvalidInput(f"{path}: {expected.measure} is not declared to be barred by law (`not_assessable`)")
    return Matter(
        kind=MatterKind.LEGAL_BAR,
        id=f"{system.id}/{expected.measure}",
        asks=(
            f"releases of {system.id} come without {expected.measure}, which {ground.law} bars, while {ground.control}"
            f" compensates, until {ground.expires}: {ground.because}"
        ),
        terms={"system": system.id, **expected.model_dump(mode="json", exclude={"reports"})},
        tier=system.tier,
        required=_by_tier(system.tier),
        system=system.id,
        until=ground.expires,
        files=(path,),
    )


def restore_matter(system: System, environment: str, *, leaves: str, contained_by: str, to: str) -> Matter:
    """Letting a release answer again. `contained_by` is the order that took it off: a later one is another matter."""
    return Matter(
        kind=MatterKind.RESTORE,
        id=f"{system.id}:{environment}:{to}",
        asks=f"release {to[:19]} of {system.id} answers in {environment} again instead of {leaves}",
        terms={"system": system.id, "environment": environment, "to": to, "contained_by": contained_by},
        tier=system.tier,
        required=_by_tier(system.tier),
        system=system.id,
        environment=environment,
    )


def why_no_grant(matter: Matter, grants: Iterable[Grant], on: date) -> str | None:
    """Why a matter is not granted as it stands now; null when it is."""
    if matter.until is not None and matter.until < on:
        return f"{matter.name} ran out on {matter.until}"
    digest = f"sha256:{sha256(terms_bytes(matter)).hexdigest()}"
    mine = [one for one in grants if one.name == matter.name]
    if not mine:
        return f"{matter.name} has not been granted: care request {matter.kind.value} asks for it"
    same = [one for one in mine if one.terms == digest]
    if not same:
        return f"{matter.name} says something else than what was granted"
    last = same[-1]
    if last.ended_at is not None:
        return f"{matter.name} was ended at {last.ended_at.isoformat(timespec='seconds')}: {last.ended_because}"
    if last.used_by is not None:
        return f"{matter.name} has been used"
    if len(last.by) < matter.required:
        return f"{matter.name} was granted by {len(last.by)} and takes {matter.required} now"
    return None


def granted_waivers(
    repository: Repository, grants: Sequence[Grant], here: datetime
) -> Mapping[str, tuple[Approval, ...]]:
    """Waivers as they stand in the documents that enough people have granted, with the posts that did and the day.

    `here` is the instant in the organisation's time zone. The gate and the scorecard both ask this.
    """
    found: dict[str, tuple[Approval, ...]] = {}
    for document, waiver in repository.all(Waiver):
        matter = waiver_matter(waiver, document.path, repository)
        if why_no_grant(matter, grants, here.date()) is None:
            last = [one for one in grants if one.name == matter.name][-1]
            day = last.at.astimezone(here.tzinfo).date()
            found[waiver.id] = tuple(Approval(by=one.post, on=day) for one in last.by)
    return found


def _by_tier(tier: Tier) -> int:
    return _TWO if tier.rank >= Tier.HIGH.rank else 1


def _concerned(subject: str, repository: Repository) -> list[System]:
    """The systems that something is about: itself, those of a file below it, of a risk, of a supplier; else all."""
    systems = {system.id: system for system in repository.nouns(System)}
    folder = subject.removeprefix("systems/").partition("/")[0]
    if folder in systems:
        return [systems[folder]]
    risks = [risk for risk in repository.nouns(Risk) if risk.id == subject]
    if risks:
        return [systems[one] for one in risks[0].systems if one in systems] or list(systems.values())
    served = [system for system in systems.values() if system.supplier == subject]
    return served or list(systems.values())
