"""Whether answers fit their questionnaire: every name known, every answer offered, nothing required left open."""

from collections.abc import Iterator

from careloop.assessments.flaw import Flaw, did_you_mean
from careloop.assessments.form import Form, Item
from careloop.assessments.visibility import Sight
from careloop.domain.answer_set import Answer, AnswerSet
from careloop.domain.place import Pointer
from careloop.domain.questionnaire import QuestionKind

__all__ = ["check_answers", "missing_answers"]


def check_answers(form: Form, answers: AnswerSet, sight: Sight) -> tuple[Flaw, ...]:
    """Everything that keeps the answers from being scored, in the order they are written."""
    flaws: list[Flaw] = []
    named = answers.header.questionnaire
    if named is not None and named != form.questionnaire.id:
        message = f"these are answers to {named}, and the questionnaire is {form.questionnaire.id}"
        flaws.append(Flaw("wrong-questionnaire", message, (*answers.at[:-1], "questionnaire")))
    for name, answer in answers.answers.items():
        at: Pointer = (*answers.at, name)
        if name not in form.items:
            message = f"the questionnaire asks no question '{name}'{did_you_mean(name, form.items)}"
            flaws.append(Flaw("unknown-question", message, at))
        else:
            flaws.extend(_misfits(form.items[name], answer, at))
    if form.questionnaire.unanswered == "refused":
        flaws.extend(_left_open(form, name, answers) for name in missing_answers(form, sight))
    return tuple(flaws)


def missing_answers(form: Form, sight: Sight) -> tuple[str, ...]:
    """Questions that are shown and required, and have no answer."""
    return tuple(
        name
        for name, item in form.items.items()
        if item.question.required and name in sight.shown and name not in sight.counted
    )


def _left_open(form: Form, name: str, answers: AnswerSet) -> Flaw:
    item = form.items[name]
    remedy = f"add {name}: {_offered(item)}" if item.options else f"add {name}: and say it in words"
    message = f"the question '{name}' is shown and has no answer: {item.question.text}"
    return Flaw("missing-answer", message, (*answers.at, name), remedy)


def _offered(item: Item) -> str:
    return "one of " + ", ".join(item.options) if item.question.kind is QuestionKind.ONE else "some of the answers"


def _misfits(item: Item, answer: Answer, at: Pointer) -> Iterator[Flaw]:
    name, kind = item.question.id, item.question.kind
    if answer.listed and kind is not QuestionKind.MANY:
        yield Flaw("wrong-type", f"{name}: one answer is needed, not a list", at)
        return
    if answer.values and not answer.listed and kind is QuestionKind.MANY:
        remedy = f"write [{answer.values[0]}]"
        yield Flaw("wrong-type", f"{name}: a list of answers is needed, for this question may have several", at, remedy)
        return
    if kind is QuestionKind.TEXT:
        return
    for value in answer.values:
        if value not in item.options:
            message = f"{name}: '{value}' is not among the answers offered{did_you_mean(value, item.options)}"
            yield Flaw("not-offered", message, at, f"offered are {', '.join(item.options)}")
    yield from _odd_choices(item, answer, at)


def _odd_choices(item: Item, answer: Answer, at: Pointer) -> Iterator[Flaw]:
    """Answers that are offered and yet cannot stand so."""
    name = item.question.id
    chosen = [item.options[value] for value in answer.values if value in item.options]
    if len(set(answer.values)) < len(answer.values):
        yield Flaw("duplicate-answer", f"{name}: an answer stands there twice", at)
    elif len(chosen) > 1 and any(option.alone for option in chosen):
        lone = next(option.id for option in chosen if option.alone)
        yield Flaw("lone-answer", f"{name}: '{lone}' goes with no other answer", at)
    for option in chosen:
        if option.asks == "reason" and answer.reason is None:
            remedy = f'write {name}: {{answer: "{option.id}", reason: …}}'
            yield Flaw("missing-reason", f"{name}: '{option.id}' needs a reason", at, remedy)
