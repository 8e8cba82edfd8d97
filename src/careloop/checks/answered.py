"""Filled-in questionnaires as documents: they fit what they answer, are approved in time, and agree with what rests on
them (R9, R11, R27, R61)."""

from collections.abc import Iterator, Mapping

from careloop.assessments.answer_check import check_answers
from careloop.assessments.flaw import did_you_mean
from careloop.assessments.form import Form, prepare_form
from careloop.assessments.visibility import look_at
from careloop.checks.breach import Breach
from careloop.checks.ground import Ground
from careloop.checks.scored_answers import ScoredAnswers, forms_for, score_document
from careloop.checks.stages import IN_USE
from careloop.domain.answered import Answered
from careloop.domain.assessment_result import ScoredSet
from careloop.domain.questionnaire import AssuranceScoring, Questionnaire
from careloop.domain.system import System
from careloop.domain.third_party import Supplier
from careloop.domain.tier import Tier

__all__ = ["answers_approved", "answers_fit", "questionnaire_sound", "supplier_answered", "tier_answered"]


def questionnaire_sound(ground: Ground) -> Iterator[Breach]:
    """A questionnaire of the organisation's own can be scored, and takes no name that ships."""
    shipped = {one.id for one in ground.catalogue.shelf.shipped} if any(ground.repository.all(Questionnaire)) else set()
    for document, questionnaire in ground.repository.all(Questionnaire):
        if questionnaire.id in shipped:
            message = f"a questionnaire '{questionnaire.id}' ships with careloop"
            yield Breach(path=document.path, pointer=("id",), message=message, remedy="give it a name of its own")
        form = prepare_form(questionnaire)
        for flaw in () if isinstance(form, Form) else form:
            yield Breach(path=document.path, pointer=flaw.pointer, message=flaw.message, remedy=flaw.remedy or None)


def answers_fit(ground: Ground) -> Iterator[Breach]:
    """Answers are answers to a questionnaire that exists, none is missing or made up, and they give the kept score."""
    forms = _forms(ground)
    for document, answered in ground.repository.all(Answered):
        form = forms.get(answered.questionnaire)
        if form is None:
            if any(path.startswith("questionnaires/") for path in ground.failed):
                continue
            guess = did_you_mean(answered.questionnaire, forms)
            message = f"there is no questionnaire '{answered.questionnaire}'{guess}"
            yield Breach(path=document.path, pointer=("questionnaire",), message=message)
            continue
        answers = answered.answer_set
        for flaw in check_answers(form, answers, look_at(form, answers)):
            yield Breach(path=document.path, pointer=flaw.pointer, message=flaw.message, remedy=flaw.remedy or None)
    for one in _scored(ground):
        for name in ScoredSet(one.answered.answer_set.header, one.score).differing:
            expected = (one.answered.expected or {})[name]
            yield Breach(
                path=one.document.path,
                pointer=("expected", name),
                message=f"these answers give {float(getattr(one.score, name)):g} for {name}, and {expected:g} is kept",
                remedy="look at what changed, then write the score that `care assess score` gives",
            )


def answers_approved(ground: Ground) -> Iterator[Breach]:
    """What a system in use, or its supplier, rests on is approved, and not before it was answered (ISO 42005 5.11)."""
    waiting: dict[str, list[str]] = {}
    for document, answered in ground.repository.all(Answered):
        if answered.approved is None:
            waiting.setdefault(answered.subject, []).append(document.path)
        elif answered.approved.on < answered.on:
            message = f"it was approved on {answered.approved.on}, before it was answered on {answered.on}"
            yield Breach(path=document.path, pointer=("approved",), message=message)
    for document, system in ground.repository.all(System) if waiting else ():
        if system.lifecycle in IN_USE:
            for path in (*waiting.get(system.id, ()), *waiting.get(system.supplier or "", ())):
                message = f"{system.id} is in use, and the answers in {path} are not approved"
                yield Breach(path=document.path, pointer=("lifecycle",), message=message)


def tier_answered(ground: Ground) -> Iterator[Breach]:
    """A system's tier is at least the level that its latest answers reach, where levels are tiers (R27)."""
    systems = {system.id: (document.path, system) for document, system in ground.repository.all(System)}
    for one in _latest(ground):
        path, system = systems.get(one.answered.subject, ("", None))
        levels = [level.id for level in one.form.questionnaire.levels]
        if system is None or system.draft or set(levels) - {tier.value for tier in Tier}:
            continue
        reached = Tier(one.score.level_is.id)
        if system.tier.rank < reached.rank:
            message = f"the tier is {system.tier}, and the answers in {one.document.path} reach {reached}"
            yield Breach(path=path, pointer=("tier",), message=message)


def supplier_answered(ground: Ground) -> Iterator[Breach]:
    """What a supplier's document says of its risk is no better than the latest answers about it (R61)."""
    suppliers = {supplier.id: (document.path, supplier) for document, supplier in ground.repository.all(Supplier)}
    for one in _latest(ground):
        path, supplier = suppliers.get(one.answered.subject, ("", None))
        if supplier is None or not isinstance(one.form.questionnaire.scoring, AssuranceScoring):
            continue
        stated = supplier.assessment
        inherent, assurance = float(one.score.raw), float(one.score.mitigation)
        where = ("assessment",) if stated else ()
        if stated is None:
            message = f"{one.document.path} assesses the supplier, and nothing of it stands here"
        elif stated.inherent < inherent:
            message = f"inherent risk {stated.inherent} is less than the {inherent:g} that {one.document.path} gives"
        elif stated.assurance > assurance + 0.005:
            message = f"assurance {stated.assurance:g} is more than the {assurance:.2f} that {one.document.path} gives"
        else:
            continue
        remedy = f"write inherent: {inherent:g} and assurance: {int(assurance * 100) / 100:g} under `assessment`"
        yield Breach(path=path, pointer=where, message=message, remedy=remedy)


def _scored(ground: Ground) -> Iterator[ScoredAnswers]:
    forms = _forms(ground)
    for document, answered in ground.repository.all(Answered):
        yield from score_document(document, answered, forms)


def _forms(ground: Ground) -> Mapping[str, Form]:
    return forms_for(ground.repository.nouns(Answered), ground.repository, ground.catalogue.shelf)


def _latest(ground: Ground) -> Iterator[ScoredAnswers]:
    """The newest of the answers to the editions of one questionnaire about one subject."""
    newest: dict[tuple[str, str], ScoredAnswers] = {}
    for one in _scored(ground):
        if one.about not in newest or newest[one.about].answered.on < one.answered.on:
            newest[one.about] = one
    yield from newest.values()
