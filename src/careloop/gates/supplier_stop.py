"""A supplier that was assessed as `stopped` holds every release of a system that uses it (R61, care/R10).

A stop counts as soon as it is written down, approved or not; it is gone when later answers to the same questionnaire
reach a lower level and are approved (SEMANTICS 8). Answers that cannot be scored could hide a stop, so they block too.
"""

from collections.abc import Iterator
from datetime import date
from typing import Final

from careloop.checks.questionnaire_shelf import QuestionnaireShelf
from careloop.checks.scored_answers import ScoredAnswers, forms_for, score_document
from careloop.domain.answered import Answered
from careloop.domain.decision import Reason, ReasonKind, Verdict
from careloop.domain.repository import Document, Repository
from careloop.domain.system import System
from careloop.domain.third_party import Supplier

__all__ = ["STOPPED", "supplier_reasons"]

STOPPED: Final = "stopped"
"""Id of the level at which a questionnaire about suppliers forbids releases."""
_CONTROLS: Final = ("iso42001:2023/A.10.3", "iso42001:2023/A.6.2.5", "care/R10")


def supplier_reasons(system: System, repository: Repository, shelf: QuestionnaireShelf, on: date) -> Iterator[Reason]:
    """Stops of suppliers that the system names, or that name it; `on` is today where the organisation is."""
    used = {one.id for one in repository.nouns(Supplier) if one.id == system.supplier or system.id in one.systems}
    if system.supplier:
        used.add(system.supplier)
    answers = [(document, one) for document, one in repository.all(Answered) if one.subject in used]
    forms = forms_for((one for _, one in answers), repository, shelf)
    scored: list[ScoredAnswers] = []
    for document, one in answers:
        found = tuple(score_document(document, one, forms))
        if not found:
            yield _unscored(document, one)
        scored += found
    for stop in scored:
        if stop.score.level_is.id == STOPPED and not any(_lifts(later, stop, on) for later in scored):
            yield _stopped(stop, system)


def _lifts(later: ScoredAnswers, stop: ScoredAnswers, on: date) -> bool:
    """Whether approved answers after a stop, to the same questionnaire about the same supplier, say that it is gone."""
    approved = later.answered.approved
    return (
        later.about == stop.about
        and later.score.level_is.id != STOPPED
        and stop.answered.on < later.answered.on <= on
        and approved is not None
        and later.answered.on <= approved.on <= on
    )


def _stopped(stop: ScoredAnswers, system: System) -> Reason:
    answered, because = stop.answered, "; ".join(stop.score.because)
    whose = f"supplier {answered.subject}, which {system.id} uses"
    return _blocked(
        f"{stop.document.path}: {whose}, was assessed as {STOPPED} on {answered.on}: {because}",
        f"settle this with {answered.subject}, answer {answered.questionnaire} again on a later day and have that "
        "approved, or release without this supplier",
    )


def _unscored(document: Document, answered: Answered) -> Reason:
    whose = f"these answers about supplier {answered.subject} do not fit {answered.questionnaire}"
    return _blocked(
        f"{document.path}: {whose}, so that nobody can tell whether it is {STOPPED}",
        "run `care check`, then commit the mend",
    )


def _blocked(message: str, remedy: str) -> Reason:
    kind, effect = ReasonKind.DOCUMENT, Verdict.BLOCK
    return Reason(kind=kind, effect=effect, message=message, remedy=remedy, controls=_CONTROLS)
