"""A questionnaire made ready for answers: conditions read, names resolved, maxima counted; or all that is wrong."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from careloop.assessments.condition import Condition
from careloop.assessments.flaw import Flaw, did_you_mean
from careloop.assessments.form_conditions import Choices, read_conditions
from careloop.assessments.points import Maximum, exact, maxima_of, most_points
from careloop.domain.place import Pointer
from careloop.domain.questionnaire import Obligation, Option, Question, QuestionKind, Questionnaire, Section, Side

__all__ = ["Form", "Item", "prepare_form"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A question with what it takes over from its section."""

    question: Question
    section: Section
    side: Side | None
    part: str | None
    options: Mapping[str, Option]
    shown_if: tuple[Condition, ...]
    """All must hold: its section's condition and its own."""
    most: Fraction
    """Points of its gravest, or best, answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A questionnaire that answers can be held against."""

    questionnaire: Questionnaire
    items: Mapping[str, Item]
    """By name, in the order they are asked."""
    level_rules: tuple[tuple[tuple[Condition, str], ...], ...]
    """For each level, conditions that reach it, with the reason in words."""
    obligations: tuple[tuple[Obligation, Condition | None], ...]
    maximum: Maximum

    def of_part(self, part: str | None) -> Iterator[Item]:
        """The questions of one part."""
        return (item for item in self.items.values() if item.part == part)


def prepare_form(questionnaire: Questionnaire) -> Form | tuple[Flaw, ...]:
    """The questionnaire as a form. Everything that does not fit together is told at once."""
    flaws = [*_twice(questionnaire), *_unknown_names(questionnaire)]
    choices = {
        question.id: Choices(question.kind, _options_of(questionnaire, question), (place, number))
        for place, section in enumerate(questionnaire.sections)
        for number, question in enumerate(section.questions)
    }
    conditions, wrong = read_conditions(questionnaire, choices)
    flaws.extend(wrong)
    if flaws:
        return tuple(flaws)
    items = {item.question.id: item for item in _items(questionnaire, conditions)}
    maximum = maxima_of(questionnaire.scoring, ((item.side, item.most) for item in items.values()))
    flaws.extend(_unscored(questionnaire, items))
    flaws.extend(_other_maxima(questionnaire, maximum))
    if flaws:
        return tuple(flaws)
    return Form(
        questionnaire=questionnaire,
        items=items,
        level_rules=tuple(
            tuple(
                (conditions["levels", place, "reached_if", number, "when"], rule.because)
                for number, rule in enumerate(level.reached_if)
            )
            for place, level in enumerate(questionnaire.levels)
        ),
        obligations=tuple(
            (obligation, conditions.get(("obligations", place, "when")))
            for place, obligation in enumerate(questionnaire.obligations)
        ),
        maximum=maximum,
    )


def _options_of(questionnaire: Questionnaire, question: Question) -> Mapping[str, Option]:
    offered = questionnaire.scales.get(question.scale, ()) if question.scale else question.options
    return {option.id: option for option in offered}


def _side(question: Question, section: Section) -> Side | None:
    """The score that a question feeds: its own, else its section's; what is said in words feeds none."""
    return None if question.kind is QuestionKind.TEXT else question.side or section.side


def _items(questionnaire: Questionnaire, conditions: Mapping[Pointer, Condition]) -> Iterator[Item]:
    for place, section in enumerate(questionnaire.sections):
        for number, question in enumerate(section.questions):
            options = _options_of(questionnaire, question)
            keys: list[Pointer] = [
                ("sections", place, "visible_if"),
                ("sections", place, "questions", number, "visible_if"),
            ]
            side = _side(question, section)
            yield Item(
                question=question,
                section=section,
                side=side,
                part=(question.part or section.part) if side else None,
                options=options,
                shown_if=tuple(conditions[key] for key in keys if key in conditions),
                most=most_points(question, options.values()),
            )


def _twice(questionnaire: Questionnaire) -> Iterator[Flaw]:
    """Names that stand for two things."""
    sections = [(section.id, ("sections", place, "id")) for place, section in enumerate(questionnaire.sections)]
    questions = [
        (question.id, ("sections", place, "questions", number, "id"))
        for place, section in enumerate(questionnaire.sections)
        for number, question in enumerate(section.questions)
    ]
    yield from _repeated("section", sections)
    yield from _repeated("question", questions)
    for key in ("parts", "levels", "obligations", "profiles"):
        named = [(one.id, (key, place, "id")) for place, one in enumerate(getattr(questionnaire, key))]
        yield from _repeated(key.removesuffix("s"), named)
    for scale, options in questionnaire.scales.items():
        yield from _repeated("answer", [(one.id, ("scales", scale, place, "id")) for place, one in enumerate(options)])
    for place, section in enumerate(questionnaire.sections):
        for number, question in enumerate(section.questions):
            at: Pointer = ("sections", place, "questions", number, "options")
            yield from _repeated("answer", [(one.id, (*at, spot, "id")) for spot, one in enumerate(question.options)])


def _repeated(what: str, named: Iterable[tuple[str, Pointer]]) -> Iterator[Flaw]:
    seen: Counter[str] = Counter()
    for name, pointer in named:
        seen[name] += 1
        if seen[name] == 2:
            yield Flaw("duplicate-id", f"the {what} '{name}' stands here twice", pointer)


def _unknown_names(questionnaire: Questionnaire) -> Iterator[Flaw]:
    """Names of parts, scales, levels and questions that nothing bears."""
    parts = {part.id for part in questionnaire.parts}
    for place, section in enumerate(questionnaire.sections):
        spot: Pointer = ("sections", place)
        yield from _unless_known("part", section.part, parts, (*spot, "part"))
        for number, question in enumerate(section.questions):
            at: Pointer = (*spot, "questions", number)
            yield from _unless_known("part", question.part, parts, (*at, "part"))
            yield from _unless_known("scale", question.scale, questionnaire.scales, (*at, "scale"))
            if parts and _side(question, section) and not (question.part or section.part):
                message = f"the question '{question.id}' is scored and names no part"
                yield Flaw("missing-key", message, at, f"add part: one of {', '.join(sorted(parts))}")
    levels = {level.id for level in questionnaire.levels}
    for place, obligation in enumerate(questionnaire.obligations):
        for number, level in enumerate(obligation.levels):
            yield from _unless_known("level", level, levels, ("obligations", place, "levels", number))
    questions = {question.id for section in questionnaire.sections for question in section.questions}
    for place, profile in enumerate(questionnaire.profiles):
        for number, part in enumerate(profile.parts):
            for at_name, name in enumerate(part.questions):
                where: Pointer = ("profiles", place, "parts", number, "questions", at_name)
                yield from _unless_known("question", name, questions, where)


def _unless_known(what: str, name: str | None, known: Iterable[str], at: Pointer) -> Iterator[Flaw]:
    listed = list(known)
    if name is not None and name not in listed:
        yield Flaw("unknown-name", f"there is no {what} '{name}' here{did_you_mean(name, listed)}", at)


def _unscored(questionnaire: Questionnaire, items: Mapping[str, Item]) -> Iterator[Flaw]:
    """A threshold over a score that is always 0 would never be passed, and nobody would notice; and the like."""
    if questionnaire.parts and questionnaire.scoring.method == "assurance":
        message = "the method 'assurance' gives one score; parts are for sums"
        yield Flaw("bad-value", message, ("parts",))
    risky = any(item.side is Side.RISK and item.most for item in items.values())
    for place, level in enumerate(questionnaire.levels):
        if level.above is not None and not risky:
            message = f"the level '{level.id}' has a threshold, but no question of the side 'risk' has a weight"
            yield Flaw("bad-value", message, ("levels", place, "above"))


def _other_maxima(questionnaire: Questionnaire, maximum: Maximum) -> Iterator[Flaw]:
    declared = questionnaire.maxima
    if declared is None:
        return
    for name, said, counted in (
        ("raw", declared.raw, maximum.raw),
        ("mitigation", declared.mitigation, maximum.mitigation),
    ):
        if exact(said) != counted:
            message = f"maxima: {name} is declared as {said:g}, the questions give at most {float(counted):g}"
            yield Flaw("wrong-maximum", message, ("maxima", name))
