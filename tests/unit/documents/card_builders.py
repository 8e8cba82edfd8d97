"""Cards for the tests of the card reader."""

import textwrap
from collections.abc import Mapping

from careloop.documents.card_markdown import read_card_markdown
from careloop.domain.card import CARD_FIELDS, Card, CardForm, CardSection, FieldState

__all__ = ["NOT_SAID", "a_card", "a_card_stating", "a_template_card", "placeholders_of", "stated_by"]

NOT_SAID = "[More Information Needed]"


def a_card(body: str, front: Mapping[str, object] | None = None, *, body_line: int = 1) -> Card:
    """The card read from a body that may be indented as the test is."""
    return read_card_markdown(front, textwrap.dedent(body), body_line)


def stated_by(card: Card) -> set[str]:
    """Ids of the fields that the card states."""
    return {field for field, section in card.fields.items() if section.state is FieldState.STATED}


def placeholders_of(card: Card) -> set[str]:
    """Ids of the fields that the card only holds a place for."""
    return {field for field, section in card.fields.items() if section.state is FieldState.PLACEHOLDER}


def a_card_stating(*fields: str, derived: bool = False) -> Card:
    """A card that states these fields and no other."""
    sections = {
        field.id: CardSection(state=FieldState.STATED if field.id in fields else FieldState.ABSENT)
        for field in CARD_FIELDS
    }
    return Card(form=CardForm.HUGGING_FACE, fields=sections, derived=derived)


def a_template_card(said: Mapping[str, str]) -> str:
    """A card on the plan of the Hugging Face template, filled where something is said and left open elsewhere."""

    def of(field: str) -> str:
        return said.get(field, NOT_SAID)

    return f"""\
# Model Card for {said.get("name", "Model ID")}

<!-- A quick summary goes here. -->

## Model Details

### Model Description

- **Developed by:** {of("owner")}
- **Funded by [optional]:** {NOT_SAID}
- **Model type:** {of("model_type")}
- **Model version:** {of("version")}
- **Model date:** {of("date")}
- **License:** {of("licence")}
- **Finetuned from model [optional]:** {of("base_model")}

### Model Sources [optional]

- **Repository:** {NOT_SAID}
- **Paper [optional]:** {of("citation")}

## Uses

<!-- Who is to use it, and for what? -->

### Direct Use

{of("intended_use")}

### Intended Users

{of("users")}

### Out-of-Scope Use

{of("out_of_scope_use")}

## Bias, Risks, and Limitations

{of("limitations")}

### Recommendations

Users (both direct and downstream) should be made aware of the risks, biases and limitations of the model. More \
information needed for further recommendations.

## How to Get Started with the Model

Use the code below to get started with the model.

{NOT_SAID}

## Training Details

### Training Data

{of("training_data")}

### Training Procedure

#### Training Hyperparameters

- **Training regime:** sixteen bits <!--or thirty-two -->

## Evaluation

### Testing Data, Factors & Metrics

#### Testing Data

{of("evaluation_data")}

#### Factors

{of("factors")}

#### Metrics

{of("metrics")}

#### Decision Thresholds

{of("thresholds")}

### Results

{of("results")}

#### Results by Group

{of("disaggregated_results")}

## Human Oversight

{of("human_oversight")}

## Security Measures

{of("security")}

## Monitoring after Release

{of("monitoring")}

## Environmental Impact

- **Hardware Type:** {NOT_SAID}
- **Carbon Emitted:** {of("environment")}

## Glossary [optional]

Words are explained here.

## Model Card Contact

{of("contact")}
"""
