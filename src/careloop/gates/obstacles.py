"""What stands in the way before any rule is asked: unreadable documents, changed artefacts, a model that moves."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from careloop.checks.rule_book import RuleBook
from careloop.documents.compile import Compiled
from careloop.domain.approval import Rejection
from careloop.domain.decision import Reason, ReasonKind, Verdict
from careloop.domain.emergency import Emergency
from careloop.domain.release_lock import Presence, ReleaseLock, is_dated
from careloop.domain.tier import Tier

__all__ = [
    "artefact_reasons",
    "document_reasons",
    "envelope_reasons",
    "hosted_model_reasons",
    "rejection_reasons",
    "review_reasons",
]

_SHARED: Final = (
    "care.yaml",
    "roles.yaml",
    "risk/",
    "rules/",
    "waivers/",
    "suppliers/",
    "assessments/",
    "questionnaires/",
)
"""Documents that decide about more than one system; which of them an unreadable one is about, nobody can tell."""
_PRESENCE: Final = {
    Presence.CHANGED: (
        "is no longer what was locked",
        "lock and evaluate what is there now, or restore what was locked",
    ),
    Presence.MISSING: ("is not here to be compared with the lock", "run the gate where the artefact lies, or name it"),
}


def document_reasons(compiled: Compiled, book: RuleBook, system: str) -> Iterator[Reason]:
    """Documents and rules that the decision needs and that cannot be read: it would be taken half blind."""
    own = (*_SHARED, f"systems/{system}/")
    for error in compiled.errors:
        concerned = error.place.file.startswith(own)
        yield _document(f"{error.place}: {error.message}", Verdict.BLOCK if concerned else Verdict.ALLOW)
    for _, pack in book.unknown_packs:
        yield _document(f"care.yaml: there is no rule pack {pack} in this version", Verdict.BLOCK)
    for problem in book.problems:
        if not problem.kind.is_lint:
            yield _document(f"{problem.source}: rule {problem.rule}: {problem.message}", Verdict.BLOCK)


def _document(message: str, effect: Verdict) -> Reason:
    return Reason(kind=ReasonKind.DOCUMENT, effect=effect, message=message, remedy="care check, then commit the mend")


def rejection_reasons(rejections: Iterable[Rejection]) -> Iterator[Reason]:
    """Somebody with the authority said no to exactly these grounds."""
    for one in rejections:
        yield Reason(
            kind=ReasonKind.APPROVAL,
            effect=Verdict.BLOCK,
            message=f"{one.person} rejected this release at {one.at.isoformat(timespec='seconds')}: {one.reason}",
            remedy="change what was objected to; other results, documents or another lock are asked about anew",
            controls=("iso42001:2023/A.6.2.5",),
        )


def artefact_reasons(found: Mapping[str, Presence]) -> Iterator[Reason]:
    """Locked artefacts, by name, that are not there byte for byte."""
    for name, presence in found.items():
        if presence is not Presence.SAME:
            said, remedy = _PRESENCE[presence]
            yield Reason(
                kind=ReasonKind.ARTEFACT,
                effect=Verdict.BLOCK,
                message=f"the artefact {name} {said}",
                remedy=remedy,
                controls=("iso42001:2023/A.6.2.5",),
            )


def envelope_reasons(outside: Iterable[str]) -> Iterator[Reason]:
    """Change envelopes that the release does not lie in: no obstacle, and the reason why people are asked."""
    for why in outside:
        yield Reason(
            kind=ReasonKind.ENVELOPE,
            effect=Verdict.ALLOW,
            message=why,
            controls=("iso42001:2023/A.6.2.5",),
        )


def review_reasons(overdue: Iterable[Emergency]) -> Iterator[Reason]:
    """Emergencies that nobody has looked at in time: the next release waits for the review (SEMANTICS 18; R37)."""
    for one in overdue:
        yield Reason(
            kind=ReasonKind.REVIEW,
            effect=Verdict.WAIT,
            rule="emergency-reviewed",
            message=(
                f"what {one.person} did by {one.kind.value} at {one.at.isoformat(timespec='minutes')} was to be"
                f" reviewed by {one.review_due.isoformat(timespec='minutes')}, and was not"
            ),
            remedy=f"care request review {one.record}, then care approve by somebody else",
            controls=("iso42001:2023/A.3.2", "iso42001:2023/10.2"),
        )


def hosted_model_reasons(lock: ReleaseLock, tier: Tier) -> Iterable[Reason]:
    """A hosted model under a name that moves can change without anybody deciding so (SEMANTICS 11)."""
    model = lock.hosted_model
    if model is None or (model.dated and is_dated(model.id)):
        return ()
    return (
        Reason(
            kind=ReasonKind.HOSTED_MODEL,
            effect=Verdict.BLOCK if tier.rank >= Tier.MEDIUM.rank else Verdict.ALLOW,
            message=f"{model.provider}/{model.id} is an alias that can move to another model",
            remedy="lock the id that carries the date or the digest of the version",
            controls=("iso42001:2023/A.10.3",),
        ),
    )
