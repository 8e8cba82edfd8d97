"""What is written into a card is what is read from it, and nothing that can be written breaks the reader."""

import string

from card_builders import NOT_SAID, a_card, a_template_card, placeholders_of, stated_by
from hypothesis import given
from hypothesis import strategies as st

from careloop.domain.card import CARD_FIELDS

FIELDS = [field.id for field in CARD_FIELDS]
WORDS = [
    "amber",
    "birch",
    "copper",
    "drizzle",
    "elm",
    "TODO",
    "ferry",
    "gravel",
    "harbour",
    "indigo",
    "juniper",
    "kelp",
]
SENTENCES = st.lists(st.sampled_from(WORDS), min_size=3, max_size=9).map(lambda words: "Some " + " ".join(words))
NOTHING = st.sampled_from(
    ["", "TODO", "TBD", "N/A", "More Information Needed", NOT_SAID, "<!-- later -->", "TODO: ask"]
)
MARKDOWN = st.lists(
    st.one_of(
        st.text(max_size=30),
        st.sampled_from(
            ["# ", "## Uses", "**Label:** ", "- ", "| a | b |", "|-|-|", "<!--", "-->", "```", "> ", "<h2>x</h2>"]
        ),
        st.sampled_from(["\n", "\n\n", "  ", "**", "[", "](", "\r\n", "\t", "\x00", "1. ", "Limitations:", "---"]),
    ),
    max_size=30,
).map("".join)


@given(st.dictionaries(st.sampled_from(FIELDS), SENTENCES))
def test_a_filled_template_states_exactly_the_fields_that_were_filled(said: dict[str, str]) -> None:
    card = a_card(a_template_card(said))
    assert stated_by(card) == set(said)
    assert card.derived is ("base_model" in said)


@given(st.dictionaries(st.sampled_from(FIELDS), SENTENCES))
def test_the_text_of_a_field_is_the_text_that_was_written(said: dict[str, str]) -> None:
    card = a_card(a_template_card(said))
    assert {field: card.fields[field].text for field in said} == said


@given(st.sampled_from([field for field in FIELDS if field != "name"]), NOTHING)
def test_a_field_filled_with_nothing_is_a_placeholder(field: str, nothing: str) -> None:
    card = a_card(a_template_card({field: nothing}))
    assert stated_by(card) == set()
    assert field in placeholders_of(card)


@given(st.dictionaries(st.sampled_from(FIELDS), SENTENCES), st.integers(min_value=1, max_value=500))
def test_a_card_further_down_its_file_says_the_same_further_down(said: dict[str, str], by: int) -> None:
    here, there = a_card(a_template_card(said)), a_card(a_template_card(said), body_line=1 + by)
    assert stated_by(here) == stated_by(there)
    for field in said:
        assert there.fields[field].line == here.fields[field].line + by


@given(st.one_of(st.text(), MARKDOWN))
def test_any_text_at_all_can_be_read_as_a_card(text: str) -> None:
    card = a_card(text)
    assert list(card.fields) == FIELDS
    assert all(1 <= section.line <= text.count("\n") + text.count("\r") + 1 for section in card.fields.values())


@given(
    st.dictionaries(
        st.one_of(
            st.sampled_from(
                ["license", "tags", "model-index", "datasets", "base_model", "metrics", "version", "model_name"]
            ),
            st.text(string.printable, max_size=12).filter(lambda key: key != "care"),
        ),
        st.recursive(
            st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20)),
            lambda inner: st.one_of(
                st.lists(inner, max_size=3),
                st.dictionaries(st.sampled_from(["name", "results", "metrics", "dataset", "value", "type"]), inner),
            ),
            max_leaves=8,
        ),
        max_size=6,
    )
)
def test_any_front_matter_without_care_can_be_read(front: dict[str, object]) -> None:
    assert list(a_card("", front).fields) == FIELDS
