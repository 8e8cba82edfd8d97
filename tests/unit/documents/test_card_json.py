"""Cards in JSON with the sections of Mitchell et al. 2019."""

import json

import pytest
from card_builders import placeholders_of, stated_by
from hypothesis import given
from hypothesis import strategies as st

from careloop.documents.card_json import read_card_json
from careloop.documents.json_exact import read_json_with_lines
from careloop.domain.card import CARD_FIELDS, Card, CardForm, FieldState
from careloop.errors import InvalidInput


def a_json_card(text: str) -> Card:
    data, line_of = read_json_with_lines(text.encode())
    assert isinstance(data, dict)
    return read_card_json(data, line_of)


def test_a_null_leaves_its_field_absent_on_the_line_of_the_key() -> None:
    card = a_json_card('{\n"display_name": "Sorter",\n"model_details": {\n"license": null}}')
    assert card.form is CardForm.MITCHELL
    assert card.fields["licence"].state is FieldState.ABSENT
    assert card.fields["licence"].line == 4
    assert stated_by(card) == {"name"}


@pytest.mark.parametrize("empty", ['""', "[]", "{}", '"TODO"', '["N/A", ""]', '{"text": "TBD"}'])
def test_an_empty_value_is_a_placeholder(empty: str) -> None:
    card = a_json_card(f'{{"intended_use": {{\n"primary_users": {empty}}}}}')
    assert placeholders_of(card) == {"users"}
    assert card.fields["users"].line == 2


def test_nested_keys_belong_to_their_section() -> None:
    card = a_json_card(
        json.dumps(
            {
                "model_details": {"paper": {"title": "On letters", "license": "CC-BY", "date": "2020"}},
                "evaluation_data": {"dataset": {"name": "letters", "version": "3"}, "motivation": None},
                "metrics": {"model_performance_measures": None, "variation_approaches": "five folds"},
                "factors": {"relevant_factors": ["age"]},
            }
        )
    )
    assert stated_by(card) == {"citation", "evaluation_data", "factors"}


def test_a_sentence_that_names_the_parent_is_read() -> None:
    card = a_json_card('{"model_details": {\n"short_description": "RoBERTa finetuned on letters."}}')
    assert card.derived
    assert (card.fields["base_model"].text, card.fields["base_model"].line) == ("RoBERTa", 2)


def test_the_keys_of_the_model_card_toolkit_are_read() -> None:
    card = a_json_card(
        json.dumps(
            {
                "model_details": {
                    "name": "sorter",
                    "overview": "It sorts.",
                    "owners": [{"name": "Acme", "contact": "post@acme.example"}],
                    "version": {"name": "2.1", "date": "2024-05-01"},
                    "licenses": [{"identifier": "MIT"}],
                    "citations": [{"citation": "A. Author"}],
                },
                "model_parameters": {
                    "model_architecture": "forest",
                    "data": {"train": {"name": "letters"}, "eval": {"name": "more letters"}},
                },
                "quantitative_analysis": {
                    "performance_metrics": [{"type": "accuracy", "value": 0.9, "slice": "over 60", "threshold": 0.5}]
                },
                "considerations": {
                    "users": ["clerks"],
                    "use_cases": ["sorting"],
                    "limitations": ["blue ink"],
                    "ethical_considerations": [{"name": "privacy", "mitigation_strategy": "sealed"}],
                },
            }
        )
    )
    assert stated_by(card) == {
        *("name", "owner", "contact", "version", "date", "licence", "citation", "model_type", "training_data"),
        *("evaluation_data", "metrics", "results", "disaggregated_results", "thresholds", "users", "intended_use"),
        "limitations",
    }
    assert card.version == "2.1"


def test_care_is_read_from_json_too_and_strictly() -> None:
    assert a_json_card('{"care": {"tier": "high"}}').tier == "high"
    with pytest.raises(InvalidInput, match=r"care\.teir"):
        a_json_card('{"care": {"teir": "high"}}')


@given(
    st.dictionaries(
        st.sampled_from(["model_details", "license", "intended_use", "primary_users", "metrics", "id", "x", "factors"]),
        st.recursive(
            st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=9)),
            lambda inner: st.one_of(
                st.lists(inner), st.dictionaries(st.sampled_from(["name", "date", "users"]), inner)
            ),
            max_leaves=6,
        ),
    )
)
def test_any_mapping_can_be_read_as_a_card(data: dict[str, object]) -> None:
    assert list(read_card_json(data, lambda _: 1).fields) == [field.id for field in CARD_FIELDS]
