"""Which field a heading announces."""

import pytest

from careloop.documents.card_headings import fields_of, plain
from careloop.domain.card import CARD_FIELDS, CardField


@pytest.mark.parametrize(
    ("title", "fields"),
    [
        ("Intended Use", "intended_use"),
        ("🎯 Intended Uses", "intended_use"),
        ("3.1 Primary Intended Uses", "intended_use"),
        ("Direct Use", "intended_use"),
        ("Downstream Use [optional]", "intended_use"),
        ("primary_uses", "intended_use"),
        ("primaryUsers", "users"),
        ("Out-of-Scope Use", "out_of_scope_use"),
        ("out_of_scope_use_cases", "out_of_scope_use"),
        ("Misuse, Malicious Use, and Out-of-Scope Use", "out_of_scope_use"),
        ("Bias, Risks, and Limitations", "limitations"),
        ("Caveats and Recommendations", "limitations"),
        ("model_ethical_considerations", "limitations"),
        ("Known limitations:", "limitations"),
        ("Responsible AI considerations", "limitations"),
        ("Intended uses & limitations", "intended_use limitations"),
        ("Training and evaluation data", "training_data evaluation_data"),
        ("Testing Data, Factors & Metrics", "evaluation_data factors metrics"),
        ("Training Data (2020)", "training_data"),
        ("Pre-training Data", "training_data"),
        ("Fine-tuned from model [optional]", "base_model"),
        ("Evaluation Results", "results"),
        ("Quantitative Analyses", "results"),
        ("intersectional_results", "disaggregated_results"),
        ("Performance across demographic groups", "disaggregated_results"),
        ("Results by Group", "disaggregated_results"),
        ("Factors & Subpopulation Analyses", "factors disaggregated_results"),
        ("decision_thresholds", "thresholds"),
        ("Model date", "date"),
        ("Model Version(s)", "version"),
        ("Person or organization developing model", "owner"),
        ("Licence", "licence"),
        ("License/Terms of Use", "licence"),
        ("Licensing information", "licence"),
        ("Citation [optional]", "citation"),
        ("Model Card Contact", "contact"),
        ("Where to send questions or comments about the model", "contact"),
        ("Environmental Impact", "environment"),
        ("Human oversight and monitoring", "human_oversight monitoring"),
        ("Security measures", "security"),
        ("Post-market monitoring", "monitoring"),
        ("Model Architecture and Objective", "model_type"),
    ],
)
def test_a_heading_of_the_published_forms_announces_its_field(title: str, fields: str) -> None:
    assert fields_of(title) == tuple(fields.split())


@pytest.mark.parametrize(
    "title", ["Usage (Sentence-Transformers)", "How to use", "Training Procedure", "Framework versions"]
)
def test_a_heading_of_something_else_announces_no_field(title: str) -> None:
    assert fields_of(title) == ()


@pytest.mark.parametrize("title", ["Background", "conversion", "", "!", "Stroke Thickness", "x" * 500, "and", "the"])
def test_an_unknown_heading_is_known_to_be_unknown(title: str) -> None:
    assert fields_of(title) is None


@pytest.mark.parametrize("field", CARD_FIELDS, ids=lambda field: field.id)
def test_every_field_is_announced_by_its_title_and_all_but_the_ambiguous_environment_by_its_id(
    field: CardField,
) -> None:
    assert fields_of(field.id) == (() if field.id == "environment" else (field.id,))
    assert field.id in (fields_of(field.title) or ())


def test_a_plain_title_is_plain_already() -> None:
    once = plain("4. Ethical Considerations & Licences [optional]")
    assert plain(once) == once
