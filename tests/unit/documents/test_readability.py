"""The reading grade against published figures, and the counting of words, sentences and syllables (R22)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careloop.documents.prose import markdown_prose, value_prose
from careloop.documents.readability import (
    flesch_kincaid_grade,
    looks_english,
    passage_of,
    readability_of,
    syllables_in,
)

PUBLISHED = [
    # sentence, words, syllables, Flesch reading ease as published (Wikipedia, "Flesch-Kincaid readability tests")
    ("The cat sat on the mat.", 6, 6, 116),
    ("This sentence, taken as a reading passage unto itself, is being used to prove a point.", 16, 23, 69),
    ("The Australian platypus is seemingly a hybrid of a mammal and reptilian creature.", 13, 24, 37.5),
]
FROM_CMU = {
    "policy": 3, "statement": 2, "organisation": 5, "assessment": 3, "responsible": 4, "accountable": 4, "table": 2,
    "people": 2, "evidence": 3, "approved": 2, "created": 3, "used": 1, "changes": 2, "rules": 1, "decided": 3,
    "quality": 3, "rhythm": 2, "queue": 1, "area": 3, "society": 4, "the": 1, "business": 2, "every": 2, "branches": 2,
    "little": 2, "management": 3, "unsafe": 2, "likelihood": 3, "measures": 2, "individuals": 5,
}  # fmt: skip
"""Syllables of the CMU Pronouncing Dictionary; the last vowel of "rhythm" is heard and not written."""


@pytest.mark.parametrize(("sentence", "words", "syllables", "ease"), PUBLISHED)
def test_published_sentences_are_counted_as_published(sentence: str, words: int, syllables: int, ease: float) -> None:
    passage = passage_of([sentence])
    assert (passage.words, len(passage.sentences), passage.syllables) == (words, 1, syllables)
    assert 206.835 - 1.015 * words - 84.6 * syllables / words == pytest.approx(ease, abs=0.5)


def test_the_grade_is_that_of_the_formula_of_1975() -> None:
    assert flesch_kincaid_grade(100, 5, 150) == pytest.approx(0.39 * 20 + 11.8 * 1.5 - 15.59)
    assert flesch_kincaid_grade(6, 1, 6) == pytest.approx(-1.45)


def test_syllables_agree_with_the_dictionary_for_all_but_one_word_here() -> None:
    wrong = {word: syllables_in(word) for word, count in FROM_CMU.items() if syllables_in(word) != count}
    assert set(wrong) == {"rhythm"}


@given(st.lists(st.sampled_from(sorted(FROM_CMU)), min_size=1, max_size=30), st.integers(1, 5))
def test_shorter_sentences_never_raise_the_grade(words: list[str], cuts: int) -> None:
    whole = passage_of([" ".join(words) + "."])
    step = max(1, len(words) // cuts)
    parts = passage_of([" ".join(words[at : at + step]) + "." for at in range(0, len(words), step)])
    assert (whole.words, whole.syllables) == (parts.words, parts.syllables)
    grades = [flesch_kincaid_grade(one.words, len(one.sentences), one.syllables) for one in (whole, parts)]
    assert grades[1] <= grades[0]


def test_abbreviations_and_numbers_end_no_sentence() -> None:
    text = "Each system, e.g. The scorer, has version 3.2 of Art. 5 in force. It is read by Dr. Ames."
    assert len(passage_of([text]).sentences) == 2


def test_headings_code_tables_and_what_stands_in_braces_are_no_prose() -> None:
    body = """\
# A heading that nobody reads as a sentence

1.1 Every system has an owner.
{rules: [owner-named]}

- A point with *marks* and [a link](http://x.example).

```
code = not_prose
```

| a | table |
"""
    assert markdown_prose(body) == ("Every system has an owner.", "A point with marks and a link.")


def test_keys_and_short_values_of_yaml_are_no_prose() -> None:
    values = {"id": "a-b", "reason": "It is small and seen at once by all.", "list": [{"x": "one two three"}]}
    assert value_prose(values) == ("It is small and seen at once by all.",)


def test_too_short_and_not_english_have_a_reason_and_no_grade() -> None:
    english = ["The owner of the system looks at the risk and says what will be done about it by whom."] * 10
    german = [
        "Die Verantwortliche bewertet das Risiko jedes Systems und entscheidet über die Behandlung bis zum Termin."
    ] * 10
    assert readability_of("a.md", english).grade is not None
    assert (readability_of("b.md", english[:1]).grade, readability_of("b.md", english[:1]).reason) == (
        None,
        "too_short",
    )
    assert readability_of("c.md", german).reason == "not_english"
    assert not looks_english([])


def test_a_hard_text_is_warned_about_and_its_hardest_sentence_shown() -> None:
    hard = (
        "Notwithstanding the aforementioned organisational considerations, individual accountability determinations "
        "necessitate comprehensive multidisciplinary evaluation by the appropriate authorities of the organisation."
    )
    found = readability_of("a.md", ["The cat is on the mat and it will not go to the dog."] * 2 + [hard] * 5)
    assert found.hard
    assert found.hardest == hard
