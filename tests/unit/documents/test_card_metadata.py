"""What the front matter states."""

import pytest
from card_builders import a_card, placeholders_of, stated_by

from careloop.documents.card_markdown import read_card_markdown


@pytest.mark.parametrize(
    ("front", "fields"),
    [
        ({"license": "mit"}, {"licence"}),
        ({"license": "other", "license_name": "acme-1"}, {"licence"}),
        ({"model_name": "sorter"}, {"name"}),
        ({"base_model": ["acme/mini"]}, {"base_model"}),
        ({"datasets": ["letters"]}, {"training_data"}),
        ({"metrics": ["accuracy"]}, {"metrics"}),
        ({"pipeline_tag": "text-classification"}, {"model_type"}),
        ({"tags": ["text-classification", "letters"]}, {"model_type"}),
        ({"tags": ["arxiv:1810.03993"]}, {"citation"}),
        ({"co2_eq_emissions": {"emissions": 12}}, {"environment"}),
        ({"version": 2, "date": "2024-05-01"}, {"version", "date"}),
        ({"limitations": "blue ink"}, {"limitations"}),
        ({"language": "en", "library_name": "keras"}, set()),
    ],
)
def test_a_key_states_its_field(front: dict[str, object], fields: set[str]) -> None:
    assert stated_by(a_card("", front)) == fields


@pytest.mark.parametrize("licence", ["other", "unknown", "", None])
def test_a_licence_that_names_none_is_a_placeholder(licence: str | None) -> None:
    assert placeholders_of(a_card("", {"license": licence})) == {"licence"}


def test_a_model_index_states_data_metric_and_value() -> None:
    index = [
        {
            "name": "sorter",
            "results": [
                {"dataset": {"name": "letters", "type": "x"}, "metrics": [{"type": "accuracy", "value": 0.9}]},
            ],
        }
    ]
    card = a_card("", {"model-index": index})
    assert stated_by(card) == {"name", "evaluation_data", "metrics", "results"}
    assert card.fields["results"].text == "accuracy: 0.9"


def test_a_model_index_without_results_states_the_name_alone() -> None:
    assert stated_by(a_card("", {"model-index": [{"name": "sorter", "results": []}]})) == {"name"}


@pytest.mark.parametrize(
    "front",
    [{"tags": ["lora"]}, {"tags": ["base_model:acme/mini"]}, {"library_name": "peft"}, {"base_model": "acme/mini"}],
)
def test_tags_library_or_key_make_a_model_derived(front: dict[str, object]) -> None:
    assert a_card("", front).derived


def test_a_model_trained_by_a_tool_is_not_derived_for_that() -> None:
    assert not a_card("", {"tags": ["generated_from_trainer"]}).derived


def test_a_key_is_placed_on_its_line() -> None:
    card = read_card_markdown({"license": "mit"}, "", 9, front_line_of=lambda path: 4 if path == ("license",) else 1)
    assert card.fields["licence"].line == 4


def test_the_section_gives_the_line_where_the_key_says_the_same() -> None:
    card = a_card("## License\n\nMIT\n", {"license": "mit"}, body_line=7)
    assert card.fields["licence"].line == 7
