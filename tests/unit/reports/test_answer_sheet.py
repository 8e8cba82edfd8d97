"""A sheet that is printed and read back says what was filled in."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from careloop.documents.answers_file import AnswersReading, read_answers
from careloop.domain.answer_set import Answer, AnswerHeader, AnswerSet
from careloop.domain.questionnaire import Questionnaire
from careloop.reports.answer_sheet import answer_sheet

YES = {"id": "yes", "text": "Yes", "weight": 1, "asks": "evidence", "unproven": 0.5}
QUESTIONNAIRE = Questionnaire.model_validate(
    {
        "id": "test/sheet@1",
        "title": "A sheet",
        "source": "Made up",
        "scoring": {"method": "sum"},
        "levels": [{"id": "low", "title": "low"}, {"id": "high", "title": "high", "above": 0.5}],
        "scales": {"proven": [YES, {"id": "no", "text": "No"}]},
        "sections": [
            {
                "id": "one",
                "title": "One\nof two",
                "intro": "Read this.",
                "questions": [
                    {"id": "scaled", "text": "Is it so?", "scale": "proven", "side": "risk"},
                    {"id": "again", "text": "And this?", "scale": "proven", "visible_if": '{scaled} = "yes"'},
                ],
            },
            {
                "id": "two",
                "title": "Two",
                "visible_if": '{scaled} = "no"',
                "questions": [
                    {
                        "id": "some",
                        "text": "Which?",
                        "kind": "many",
                        "help": "Look twice.",
                        "required": False,
                        "options": [{"id": "a", "text": "A"}, {"id": "none", "text": "None", "alone": True}],
                    },
                    {"id": "words", "text": "In your words?", "kind": "text"},
                ],
            },
        ],
    }
)
_WORDS = st.text(min_size=1, max_size=10).filter(lambda text: bool(text.strip()) and not _is_half(text))


def _is_half(text: str) -> bool:
    return any(0xD800 <= ord(one) <= 0xDFFF for one in text)


_ANSWERS = st.one_of(
    st.builds(Answer, st.tuples(_WORDS), evidence=st.none() | _WORDS, reason=st.none() | _WORDS),
    st.builds(Answer, st.lists(_WORDS, max_size=3).map(tuple), st.just(True), reason=st.none() | _WORDS),
    st.just(Answer(())),
)
_HEADERS = st.builds(
    AnswerHeader,
    questionnaire=st.just("test/sheet@1"),
    subject=st.none() | _WORDS.map(str.strip),
    by=st.none() | _WORDS.map(str.strip),
    on=st.none() | st.dates(),
    expected=st.none() | st.dictionaries(st.sampled_from(["raw", "level"]), st.integers(0, 99).map(float), min_size=1),
)


@given(st.dictionaries(st.sampled_from(["scaled", "again", "some", "words"]), _ANSWERS), _HEADERS)
def test_a_sheet_is_read_as_it_was_filled_in(answers: dict[str, Answer], header: AnswerHeader) -> None:
    sheet = answer_sheet(QUESTIONNAIRE, AnswerSet(answers, header))
    reading = read_answers("sheet.yaml", sheet.encode())
    assert isinstance(reading, AnswersReading), reading
    whole = {name: answers.get(name, Answer(())) for name in ("scaled", "again", "some", "words")}
    assert reading.sets == (AnswerSet(whole, header),)


def test_a_blank_sheet_tells_everything_that_a_person_needs() -> None:
    assert answer_sheet(QUESTIONNAIRE).split("answers:\n", 1)[1] == (
        "\n"
        "  # --- One of two\n"
        "  # Read this.\n"
        "  # Is it so?\n"
        "  #   yes  Yes (name the evidence)\n"
        "  #   no   No\n"
        "  scaled:\n"
        "  # And this?\n"
        '  #   asked if {scaled} = "yes"\n'
        "  #   yes, no\n"
        "  again:\n"
        "\n"
        "  # --- Two\n"
        "  # Which? (any number of these, may stay open)\n"
        "  #   Look twice.\n"
        '  #   asked if {scaled} = "no"\n'
        "  #   a     A\n"
        "  #   none  None (goes with no other)\n"
        "  some:\n"
        "  # In your words? (in words)\n"
        '  #   asked if {scaled} = "no"\n'
        "  words:\n"
    )


def test_a_filled_sheet_keeps_who_and_when() -> None:
    header = AnswerHeader(questionnaire="test/sheet@1", subject='a "b"', by="ada", on=date(2026, 3, 31))
    sheet = answer_sheet(QUESTIONNAIRE, AnswerSet({}, header))
    assert 'subject: "a \\"b\\""\nby: "ada"\non: "2026-03-31"\n' in sheet
