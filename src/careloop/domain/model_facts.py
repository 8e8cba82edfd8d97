"""What a registry, a file or a published card says about a model: where a draft of our own begins (R80, R91).

Figures are left behind on purpose: a card names a measure, and its value is rendered from results (SEMANTICS 30).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

__all__ = ["ModelFacts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFacts:
    """One model, its newest version."""

    name: str
    source: str
    """Where this was read, for the mark beside a guess."""
    version: str | None = None
    description: str | None = None
    made_on: date | None = None
    made_by: str | None = None
    kind: str | None = None
    """Kind of model, such as `LogisticRegression`."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    measures: tuple[str, ...] = ()
    """Names of the figures that were kept."""
    training_data: tuple[str, ...] = ()
    evaluation_data: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    """Names of the features."""
    licence: str | None = None
    base_model: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    sections: Mapping[str, str] = field(default_factory=dict)
    """Field of a card to text that a published card states."""
