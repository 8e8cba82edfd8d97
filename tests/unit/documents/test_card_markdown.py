"""Where people write the fields of a card, and what counts as saying something."""

import pytest
from card_builders import a_card, placeholders_of, stated_by

from careloop.domain.card import FieldState

AUTOMATIC = """\
<!-- Written by a training script. Proofread it. -->

# newsroom-headlines

This model is a fine-tuned version of [acme/summariser-base](https://hub.example/acme/summariser-base) on {data}.
It achieves the following results on the evaluation set:
- Loss: 1.4
- Rouge1: 41.9

## Model description

More information needed

## Intended uses & limitations

More information needed

## Training and evaluation data

More information needed

## Training procedure

### Training hyperparameters

- learning_rate: 2e-05

### Framework versions

- Transformers 4.22.0
"""


def test_a_card_written_by_a_training_script_states_parent_and_results_only() -> None:
    card = a_card(AUTOMATIC.format(data="an unknown dataset"))
    assert stated_by(card) == {"name", "base_model", "results", "metrics"}
    assert placeholders_of(card) == {"intended_use", "limitations", "training_data", "evaluation_data"}
    assert card.fields["base_model"].text == "acme/summariser-base"
    assert card.derived


def test_a_data_set_named_in_the_first_sentence_is_training_data_even_above_an_empty_section() -> None:
    card = a_card(AUTOMATIC.format(data="the headlines-2020 dataset"))
    assert card.fields["training_data"].state is FieldState.STATED
    assert card.fields["training_data"].line == 5


def test_labels_in_a_list_state_the_details() -> None:
    card = a_card(
        """\
        # Model Card: Digits

        ## 1. Model Details
        - **Developed by:** Acme Lab
        - **Model Version**: 1.0.0-prod (June)
        - **Architecture**: convolutional network
        - **Framework**: some library 3.13
        - License: MIT
        """
    )
    assert stated_by(card) == {"name", "owner", "version", "model_type", "licence"}
    assert card.version == "1.0.0-prod"
    assert card.fields["name"].text == "Digits"
    assert card.fields["owner"].line == 4


def test_labels_inside_intended_use_state_users_and_misuse_and_not_the_use_itself() -> None:
    card = a_card("## Intended Use\n- **Intended Users:** nurses\n- **Out-of-scope:** triage of children\n")
    assert stated_by(card) == {"users", "out_of_scope_use"}
    assert card.fields["users"].line == 2


def test_a_label_may_hold_a_nested_list() -> None:
    card = a_card("## Use\n\n- **Target users:**\n  - nurses\n  - doctors\n- **Purpose:** sorting letters\n")
    assert stated_by(card) == {"users", "intended_use"}
    assert card.fields["users"].text == "nurses\ndoctors"


def test_a_bold_line_serves_as_a_heading() -> None:
    card = a_card("# Sorter\n\n**Limitations**\n\nFails on blue ink.\n\n**Contact:**\n\npost room\n")
    assert stated_by(card) == {"name", "limitations", "contact"}
    assert card.fields["limitations"].line == 3


def test_lines_of_one_paragraph_may_each_carry_a_label() -> None:
    card = a_card("# Sorter\n\n**Purpose:** sorts letters  \n**Intended users:** the post room\nand its guests\n")
    assert stated_by(card) == {"name", "intended_use", "users"}
    assert card.fields["users"].line == 4
    assert card.fields["users"].text == "the post room\nand its guests"


def test_a_two_column_table_of_details_is_read_as_labels() -> None:
    card = a_card("# Sorter\n\n| Model type | forest |\n|---|---|\n| License | MIT |\n| Owner | TBD |\n")
    assert stated_by(card) == {"name", "model_type", "licence"}
    assert placeholders_of(card) == {"owner"}
    assert card.fields["licence"].line == 5


def test_html_headings_and_html_text_are_read_too() -> None:
    card = a_card(
        "<h1 align='center'>Sorter</h1>\n\n<h2>Limitations</h2>\n<p>Blue ink.</p>\n\n## License: <br>\nMIT <br>\n"
    )
    assert stated_by(card) == {"name", "limitations", "licence"}
    assert card.fields["licence"].text == "MIT"


def test_a_heading_may_carry_its_value() -> None:
    card = a_card("# Sorter\n\n## License: MIT\n")
    assert card.fields["licence"].text == "MIT"


def test_headings_underlined_with_dashes_count() -> None:
    card = a_card("Sorter\n======\n\nIntended use\n------------\n\nSorting letters.\n")
    assert stated_by(card) == {"name", "intended_use"}
    assert card.fields["intended_use"].line == 4


def test_headings_inside_code_are_no_headings() -> None:
    assert stated_by(a_card("# Sorter\n\n```\n## Limitations\nBlue ink.\n```\n")) == {"name"}


@pytest.mark.parametrize(
    ("section", "field"),
    [
        (
            "## Training data\n- **Source:** archive\n- **Date:** 2020\n- **License:** CC-BY\n- **Version:** 3\n",
            "training_data",
        ),
        ("## Limitations\n- **Training data:** old\n- **Metrics:** one only\n", "limitations"),
        ("## Monitoring\n- **Threshold:** alarm at 3\n- **Metrics:** drift\n", "monitoring"),
        ("## Citation\n**Date:** 2020\n\n**License:** CC-BY\n\nA. Author.\n", "citation"),
    ],
)
def test_a_short_label_is_a_topic_of_the_section_it_stands_in(section: str, field: str) -> None:
    assert stated_by(a_card(section)) == {field}


def test_oversight_named_among_the_limitations_counts_for_both() -> None:
    card = a_card("## Ethical considerations\n- **Human oversight:** a clerk decides\n")
    assert stated_by(card) == {"limitations", "human_oversight"}


def test_a_training_procedure_is_no_training_data() -> None:
    card = a_card(
        "## Training Details\n\n### Training Data\n\nTBD\n\n### Training Procedure\n\nTen epochs on two cards.\n"
    )
    assert stated_by(card) == set()
    assert card.fields["training_data"].state is FieldState.PLACEHOLDER
    assert card.fields["training_data"].line == 3


def test_nested_training_data_is_found_below_the_procedure() -> None:
    card = a_card("## Training procedure\n\n### Fine-tuning\n\nTen epochs.\n\n#### Training data\n\nLetters of 2020.\n")
    assert stated_by(card) == {"training_data"}
    assert card.fields["training_data"].line == 7


def test_data_below_evaluation_is_evaluation_data() -> None:
    assert stated_by(a_card("## Evaluation\n\n### Dataset\n\nLetters of 2021.\n")) == {"evaluation_data"}


def test_an_own_empty_section_outweighs_a_shared_full_one() -> None:
    card = a_card("## Intended uses & limitations\n\nSorting letters.\n\n### Limitations\n\nTODO\n")
    assert stated_by(card) == {"intended_use"}
    assert card.fields["limitations"].state is FieldState.PLACEHOLDER
    assert card.fields["limitations"].line == 5


def test_an_empty_heading_above_a_shared_full_one_takes_nothing_from_it() -> None:
    card = a_card("## Evaluation\n\n### Metrics and results\n\nNine of ten.\n")
    assert stated_by(card) == {"metrics", "results"}


def test_a_long_section_that_mentions_a_todo_is_stated() -> None:
    text = "The model fails on blue ink and on torn paper. " * 5
    assert stated_by(a_card(f"## Limitations\n\n{text}\n\nTODO: count how often.\n")) == {"limitations"}


@pytest.mark.parametrize(
    "nothing", ["", "TODO", "<!-- write me -->", "| a | b |\n|---|---|\n| speed | TBD |", "- TBD\n- N/A"]
)
def test_a_section_without_a_word_is_a_placeholder_at_its_heading(nothing: str) -> None:
    card = a_card(f"# Sorter\n\n## Results\n\n{nothing}\n\n## License\n\nMIT\n")
    assert card.fields["results"].state is FieldState.PLACEHOLDER
    assert card.fields["results"].line == 3
    assert stated_by(card) == {"name", "licence"}


def test_an_empty_last_section_is_a_placeholder() -> None:
    assert placeholders_of(a_card("# Sorter\n\n## Limitations\n")) == {"limitations"}


def test_a_section_whose_parts_are_all_empty_is_a_placeholder() -> None:
    card = a_card("## Limitations\n\n### On paper\n\n### On ink\n")
    assert placeholders_of(card) == {"limitations"}
    assert card.fields["limitations"].line == 1


def test_a_section_that_only_holds_another_fields_section_says_nothing_of_its_own() -> None:
    card = a_card("## Uses\n\n### Out-of-Scope Use\n\nChildren.\n")
    assert stated_by(card) == {"out_of_scope_use"}
    assert card.fields["intended_use"].state is FieldState.PLACEHOLDER


def test_of_several_empty_places_the_one_made_for_the_field_is_shown() -> None:
    card = a_card("## Evaluation\n\n### Metrics\n\nTBD\n\n### Results\n\nTBD\n")
    assert card.fields["results"].line == 7


def test_results_that_name_their_measure_say_how_performance_is_measured() -> None:
    assert stated_by(a_card("## Results\n\n| | Score |\n|---|---|\n| ROC-AUC | 0.92 |\n")) == {"results", "metrics"}


def test_a_picture_of_the_results_is_a_statement() -> None:
    assert stated_by(a_card("## Results\n\n![](curve.png)\n")) == {"results"}


@pytest.mark.parametrize(
    ("sentence", "field"),
    [
        ("This model was developed by Acme Lab in a year.", "owner"),
        ("We developed this model during a week organised by Acme.", "owner"),
        ("The model should not be used for medical decisions.", "out_of_scope_use"),
        ("It is not intended for children.", "out_of_scope_use"),
        ("It can be used by researchers or students.", "users"),
        ("For questions contact model-team@acme.example.", "contact"),
        ("Questions? Open an issue.", "contact"),
        ("We accept above a threshold of 0.7.", "thresholds"),
        ("The model achieves an accuracy of 0.93.", "results"),
        ("We trained it on the letters-2020 dataset.", "training_data"),
        ("This model was released in March 2024.", "date"),
        ("It was evaluated on Letters-21.", "evaluation_data"),
    ],
)
def test_a_plain_sentence_above_the_sections_states_its_field(sentence: str, field: str) -> None:
    assert field in stated_by(a_card(f"# Sorter\n\n{sentence}\n"))


@pytest.mark.parametrize(
    "sentence",
    [
        "The SQuAD data was developed by Stanford.",
        "It sorts letters with a CNN-based network.",
        "Reddit comments of 2015 are long.",
        "It must not be used by children.",
        "We used a pretrained language model.",
        "See the paper for more.",
    ],
)
def test_a_sentence_about_something_else_states_no_detail(sentence: str) -> None:
    assert stated_by(a_card(f"# Sorter\n\n{sentence}\n")) <= {"name", "out_of_scope_use"}


@pytest.mark.parametrize(
    "sentence",
    [
        "We use the pretrained [`acme/mini-base`](https://x.example) model.",
        "This model is a fine-tuned version of mini on letters.",
        "RoBERTa finetuned on letters.",
        "A BERT-based sorter.",
        "The model is based on acme/mini-base.",
        "An adapter for the `acme/mini-base` base model.",
    ],
)
def test_a_sentence_that_names_the_parent_makes_the_model_derived(sentence: str) -> None:
    card = a_card(f"# Sorter\n\n{sentence}\n")
    assert card.derived
    assert card.fields["base_model"].line == 3


def test_a_model_without_a_parent_is_not_derived() -> None:
    card = a_card("# Sorter\n\n- **Finetuned from model:** none, trained from scratch\n")
    assert "base_model" in stated_by(card)
    assert not card.derived


@pytest.mark.parametrize(("name", "version"), [("mini-v2", "v2"), ("Tab v1.5: a forest", "v1.5"), ("conv2d", None)])
def test_a_version_in_the_name_is_the_version(name: str, version: str | None) -> None:
    assert a_card(f"# {name}\n").version == version


def test_the_templates_own_title_names_no_model() -> None:
    assert placeholders_of(a_card("# Model Card for Model ID\n")) == {"name"}


def test_a_table_of_contents_names_no_model() -> None:
    card = a_card("## Table of Contents\n\n- [Uses](#uses)\n\n## Limitations\n\nBlue ink.\n")
    assert stated_by(card) == {"limitations"}
