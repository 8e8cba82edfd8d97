"""A questionnaire as a sheet to fill in: a file of answers in YAML, with the questions as comments."""

from collections.abc import Iterator, Mapping

from careloop.domain.answer_set import Answer, AnswerSet
from careloop.domain.questionnaire import Option, Question, QuestionKind, Questionnaire, Section

__all__ = ["answer_sheet"]

_USUAL = {"version": "1", "review_every": "P12M"}
"""What stands in an empty sheet until somebody says otherwise."""


def answer_sheet(questionnaire: Questionnaire, filled: AnswerSet | None = None) -> str:
    """The sheet, empty or with answers filled in. Read back, it gives the answers that were filled in."""
    given = filled.answers if filled is not None else {}
    return "\n".join([*_heading(questionnaire, filled), *_questions(questionnaire, given)]) + "\n"


def _heading(questionnaire: Questionnaire, filled: AnswerSet | None) -> Iterator[str]:
    header = filled.header if filled is not None else None
    yield f"# {questionnaire.title}"
    yield "# Write each answer behind its colon: one of the words listed, [several, words] where any number may be"
    yield '# chosen, or text in quotes. What is said with an answer: {answer: "yes", evidence: "where to find it"}'
    yield "# In assessments/ of the governance repository it has an owner and is checked like all documents there."
    yield "# Questions with a condition are asked only if it holds; leave them open otherwise."
    yield f"questionnaire: {questionnaire.id}"
    for key in ("subject", "by", "on", "owner", "version", "reviewed", "review_every"):
        value = getattr(header, key) if header is not None else _USUAL.get(key)
        yield f"{key}:{'' if value is None else ' ' + _quoted(str(value))}"
    approved = header.approved if header is not None else None
    yield f"approved:{f' {{by: {_quoted(approved.by)}, on: {approved.on}}}' if approved else ''}"
    if header is not None and header.expected is not None:
        numbers = ", ".join(f"{key}: {value!r}" for key, value in header.expected.items())
        yield f"expected: {{{numbers}}}"
    yield "answers:"


def _questions(questionnaire: Questionnaire, given: Mapping[str, Answer]) -> Iterator[str]:
    explained: set[str] = set()
    for section in questionnaire.sections:
        yield ""
        yield f"  # --- {_line(section.title)}"
        if section.intro:
            yield f"  # {_line(section.intro)}"
        for question in section.questions:
            yield from _question(questionnaire, section, question, explained)
            answer = given.get(question.id)
            yield f"  {question.id}:{_value(answer) if answer is not None else ''}"


def _question(questionnaire: Questionnaire, section: Section, question: Question, explained: set[str]) -> Iterator[str]:
    yield f"  # {_line(question.text)}{_how(question)}"
    if question.help:
        yield f"  #   {_line(question.help)}"
    conditions = [_line(one) for one in (section.visible_if, question.visible_if) if one]
    if conditions:
        yield f"  #   asked if {' and '.join(conditions)}"
    options = questionnaire.scales[question.scale] if question.scale else question.options
    if question.scale and question.scale in explained:
        yield f"  #   {', '.join(option.id for option in options)}"
    elif options:
        width = max(len(option.id) for option in options)
        yield from (f"  #   {option.id:<{width}}  {_line(option.text)}{_with(option)}" for option in options)
    if question.scale:
        explained.add(question.scale)


def _how(question: Question) -> str:
    notes = {QuestionKind.MANY: ["any number of these"], QuestionKind.TEXT: ["in words"], QuestionKind.ONE: []}
    told = notes[question.kind] + ([] if question.required else ["may stay open"])
    return f" ({', '.join(told)})" if told else ""


def _with(option: Option) -> str:
    told = [f"name the {option.asks}"] if option.asks else []
    told += ["goes with no other"] if option.alone else []
    return f" ({', '.join(told)})" if told else ""


def _value(answer: Answer) -> str:
    values = [_quoted(value) for value in answer.values]
    shown = f"[{', '.join(values)}]" if answer.listed else "".join(values)
    said = [(key, text) for key, text in (("evidence", answer.evidence), ("reason", answer.reason)) if text is not None]
    if said:
        parts = ", ".join([f"answer: {shown or 'null'}", *(f"{key}: {_quoted(text)}" for key, text in said)])
        shown = f"{{{parts}}}"
    return f" {shown}" if shown else ""


def _quoted(text: str) -> str:
    """Text in double quotes, as YAML reads it back; what does not print is written as its number."""
    return '"' + "".join(_character(one) for one in text) + '"'


def _character(one: str) -> str:
    if one in '\\"':
        return f"\\{one}"
    return one if one.isprintable() else f"\\U{ord(one):08x}"


def _line(text: str) -> str:
    """Text on one line, fit for a comment."""
    return " ".join(text.split())
