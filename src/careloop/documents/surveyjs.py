"""A survey in the JSON form of SurveyJS, as Canada publishes its Algorithmic Impact Assessment, to our own form.

SurveyJS states what is asked and when it is shown, not what an answer weighs: that is read from the endings of names
and values, by the conventions of a `SurveyMarking`. What may change which question is shown or counted and is not read
here is refused, so that a score never rests on half of a survey.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import cast

from careloop.documents.problem import Problem
from careloop.domain.place import Pointer
from careloop.domain.questionnaire import Marking, QuestionKind, Side, SurveyMarking

__all__ = ["SurveyReading", "looks_like_a_survey", "read_survey"]

_KINDS = {
    "radiogroup": QuestionKind.ONE,
    "dropdown": QuestionKind.ONE,
    "checkbox": QuestionKind.MANY,
    "text": QuestionKind.TEXT,
    "comment": QuestionKind.TEXT,
}
_STRUCTURE = {"panel": {"elements"}, "html": {"html"}}
_LOOKS = {
    *("title", "description", "help", "choicesOrder", "startWithNewLine", "colCount", "width", "minWidth", "maxWidth"),
    *("indent", "innerIndent", "titleLocation", "descriptionLocation", "questionTitleLocation", "hideNumber"),
    *("showNumber", "state", "navigationTitle", "navigationDescription", "placeholder", "placeHolder", "rows", "cols"),
    *("size", "maxLength", "inputType", "autocomplete"),
}
"""Keys that change only how something looks or what may be typed."""
_SURVEY_LOOKS = {
    *("title", "description", "locale", "logo", "logoPosition", "showTitle", "showPageTitles", "showQuestionNumbers"),
    *("showProgressBar", "progressBarType", "firstPageIsStarted", "completedHtml", "requiredText", "widthMode"),
    "questionsOnPageMode",
}


def looks_like_a_survey(value: object) -> bool:
    """Whether a file's value is a survey of SurveyJS and not a questionnaire of ours."""
    return isinstance(value, dict) and "sections" not in value and ("pages" in value or "elements" in value)


@dataclass(slots=True)
class SurveyReading:
    """The values of a questionnaire of ours, where each stands in the survey, and what could not be read."""

    values: dict[str, object] = field(default_factory=dict)
    places: dict[Pointer, Pointer] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def refuse(self, message: str, pointer: Pointer, *, code: str = "bad-value") -> None:
        """Note something that cannot be read."""
        self.problems.append(Problem(code, message, pointer=pointer))


@dataclass(frozen=True, slots=True)
class _Found:
    """A question on its way over, with its place and the score that its panel feeds."""

    element: Mapping[str, object]
    at: Pointer
    panel_side: Side | None


def read_survey(value: Mapping[str, object], marking: SurveyMarking) -> SurveyReading:
    """The survey in our form, marked by the conventions given. Pages become sections; pages that ask nothing go."""
    reading = SurveyReading()
    _only(value, {"pages", "elements", *_SURVEY_LOOKS}, (), "a survey", reading)
    sections: list[dict[str, object]] = []
    for page, at in _pages(value, reading):
        _only(page, {"name", "elements", "visibleIf", *_LOOKS}, at, "a page", reading)
        found = list(_questions(page, at, None, marking, reading))
        if not found:
            continue
        spot: Pointer = ("sections", len(sections))
        _note(reading, spot, at, page)
        name = page.get("name", "page")
        questions = [_question(one, (*spot, "questions", number), marking, reading) for number, one in enumerate(found)]
        sections.append({
            "id": name,
            "title": _words(page.get("title"), name),
            "visible_if": page.get("visibleIf"),
            "questions": questions,
        })  # fmt: skip
    common = marking.model_dump(mode="json", include=set(Marking.model_fields))
    reading.values = {**common, "dialect": "surveyjs", "sections": sections}
    if not reading.problems and not any(_scored(section) for section in sections):
        endings = f"{marking.risk_suffix} or {marking.mitigation_suffix}"
        reading.refuse(f"no question is scored: none has a name or a panel that ends in {endings}", ())
    return reading


def _scored(section: Mapping[str, object]) -> bool:
    return any(one["side"] is not None for one in cast("list[dict[str, object]]", section["questions"]))


def _pages(value: Mapping[str, object], reading: SurveyReading) -> Iterator[tuple[Mapping[str, object], Pointer]]:
    if "pages" not in value:
        yield {"name": "page", "elements": value.get("elements")}, ()
        return
    yield from _mappings(value["pages"], ("pages",), reading)


def _mappings(values: object, at: Pointer, reading: SurveyReading) -> Iterator[tuple[Mapping[str, object], Pointer]]:
    if not isinstance(values, list):
        reading.refuse(f"{at[-1]}: a list is needed", at, code="wrong-type")
        return
    for number, value in enumerate(values):
        if isinstance(value, dict):
            yield cast("dict[str, object]", value), (*at, number)
        else:
            reading.refuse(f"{at[-1]}: a mapping is needed", (*at, number), code="wrong-type")


def _only(value: Mapping[str, object], known: set[str], at: Pointer, what: str, reading: SurveyReading) -> None:
    for key in value:
        if key not in known:
            message = f"the key '{key}' of {what} is not read here, and may change what is shown or counted"
            reading.refuse(message, (*at, key), code="unknown-key")


def _questions(
    holder: Mapping[str, object], at: Pointer, side: Side | None, marking: SurveyMarking, reading: SurveyReading
) -> Iterator[_Found]:
    """The questions of a page or panel, in order."""
    for element, spot in _mappings(holder.get("elements", []), (*at, "elements"), reading):
        kind = element.get("type")
        if kind in _KINDS:
            known = {"type", "name", "isRequired", "visibleIf", *_LOOKS}
            _only(
                element, known | ({"choices"} if kind not in ("text", "comment") else set()), spot, str(kind), reading
            )
            yield _Found(element, spot, side)
        elif isinstance(kind, str) and kind in _STRUCTURE:
            _only(element, {"type", "name", *_STRUCTURE[kind], *_LOOKS}, spot, kind, reading)
            if kind == "panel":
                ending = _side(str(element.get("name", "")), marking)
                yield from _questions(element, spot, side if ending is None else ending[0], marking, reading)
        else:
            known_kinds = ", ".join([*_KINDS, *_STRUCTURE])
            reading.refuse(f"the type '{kind}' is not read here; known are {known_kinds}", spot)


def _side(name: str, marking: SurveyMarking) -> tuple[Side | None] | None:
    """The score that a name says it feeds; null when it says nothing about it."""
    for ending, side in (
        (marking.risk_suffix, Side.RISK),
        (marking.mitigation_suffix, Side.MITIGATION),
        (marking.neutral_suffix, None),
    ):
        if name.endswith(ending):
            return (side,)
    return None


def _question(found: _Found, spot: Pointer, marking: SurveyMarking, reading: SurveyReading) -> dict[str, object]:
    element = found.element
    name = element.get("name")
    own = _side(str(name), marking)
    _note(reading, spot, found.at, element)
    values: dict[str, object] = {
        "id": name,
        "text": _words(element.get("title"), name),
        "kind": _KINDS[str(element["type"])].value,
        "required": element.get("isRequired", False),
        "visible_if": element.get("visibleIf"),
        "side": None,
    }
    if values["kind"] != QuestionKind.TEXT:
        values["side"] = found.panel_side if own is None else own[0]
        values["options"] = _options(element.get("choices", []), (*found.at, "choices"), spot, marking, reading)
    return values


def _options(
    choices: object, at: Pointer, spot: Pointer, marking: SurveyMarking, reading: SurveyReading
) -> list[dict[str, object]]:
    options: list[dict[str, object]] = []
    for number, choice in enumerate(choices if isinstance(choices, list) else []):
        if isinstance(choice, dict):
            _only(choice, {"value", "text"}, (*at, number), "a choice", reading)
        value = choice.get("value") if isinstance(choice, dict) else choice
        text = choice.get("text") if isinstance(choice, dict) else None
        reading.places[(*spot, "options", len(options))] = (*at, number)
        reading.places[(*spot, "options", len(options), "id")] = (*at, number, "value")
        options.append({"id": value, "text": _words(text, value), "weight": _weight(value, marking)})
    return options


def _weight(value: object, marking: SurveyMarking) -> float:
    """The number behind the last mark in a value; 0 when none stands there.

    `item3-2` weighs 2, `item6` and `item-a` weigh 0.
    """
    _, mark, ending = str(value).rpartition(marking.weight_mark)
    whole, _, part = ending.partition(".")
    return float(ending) if mark and whole.isascii() and whole.isdigit() and (not part or part.isdigit()) else 0


def _words(text: object, otherwise: object) -> str:
    """A text, or the default language of one that is given in several."""
    if isinstance(text, dict):
        text = text.get("default") or text.get("en") or next(iter(text.values()), None)
    return text if isinstance(text, str) and text.strip() else str(otherwise)


def _note(reading: SurveyReading, spot: Pointer, at: Pointer, element: Mapping[str, object]) -> None:
    """Remember where something of ours stands in the survey."""
    reading.places[spot] = at
    for ours, theirs in (("id", "name"), ("visible_if", "visibleIf"), ("required", "isRequired"), ("text", "title")):
        if theirs in element:
            reading.places[(*spot, ours)] = (*at, theirs)
    reading.places[(*spot, "options")] = (*at, "choices")
