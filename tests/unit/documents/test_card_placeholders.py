"""What says something, and what only holds the place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careloop.documents.card_placeholders import says_something


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "---",
        "TODO",
        "todo: describe the data",
        "TODO (Ada)",
        "TBD after validation",
        "TBA.",
        "FIXME",
        "N/A",
        "n.a.",
        "NA",
        "Not applicable.",
        "None",
        "More Information Needed",
        "[More Information Needed]",
        "**[More information needed]**",
        "more information needed. More information needed.",
        "Coming soon!",
        "Work in progress, see the wiki",
        "To be added in the next release",
        "[Insert the name of the team]",
        "[Describe your data here]",
        "{{ model_description }}",
        "<your text here>",
        "unknown",
        "/path/to/dataset",
        "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor",
        "Ut enim ad minim veniam, quis nostrud exercitation ullamco laboris nisi.",
        "Use the code below to get started with the model.",
        "Users (both direct and downstream) should be made aware of the risks, biases and limitations of the model. "
        "More information needed for further recommendations.",
        "Carbon emissions can be estimated using a calculator presented in Someone et al. (2019), e.g. online.",
        "This section is meant to convey both technical and sociotechnical limitations.",
    ],
)
def test_it_says_nothing(text: str) -> None:
    assert not says_something(text)


@pytest.mark.parametrize(
    "text",
    [
        "MIT",
        "0.93",
        "Letters of 2020; TODO: count them.",
        "Not applicable: it returns vectors and decides nothing.",
        "None known.",
        "Users (both direct and downstream) should be made aware of the risks, biases and limitations of the model. "
        "It fails on blue ink.",
        "This section describes the letters. They were scanned in 2020.",
        "A to-do list application for nurses.",
        "Todoist comments from 2020 to 2022, which were cleaned by hand and by a script.",
        "Unknown / not cleared for public redistribution in v1.",
        "More information needed is what clerks type most often.",
        "非商用",
        "It was trained in Latin: gallia est omnis divisa in partes tres.",
    ],
)
def test_it_says_something(text: str) -> None:
    assert says_something(text)


@given(st.text())
def test_case_and_surrounding_space_change_nothing(text: str) -> None:
    assert says_something(text) == says_something(f"  {text}\n")


@given(st.text(st.characters(categories=["P", "Z", "S"])))
def test_marks_without_a_letter_or_a_digit_say_nothing(text: str) -> None:
    assert not says_something(text)
