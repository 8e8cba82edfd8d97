"""What looking at a model itself showed: which inputs its answers rest on, and what it answers again (R44)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

__all__ = ["ImportanceTable", "LookAsk", "ModelFile", "ModelLimits", "ModelLook", "RowsOfModel"]

ImportanceTable = tuple[Mapping[str, float], ...]
"""One look each: input -> how much worse the model ranks or answers when that input's values are shuffled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelLook:
    """Permutation importance of one model on labelled rows, and its own scores."""

    kind: str
    """Format and class, as `skops: Pipeline`."""
    digest: str
    """`sha256:` of the file's bytes that were loaded."""
    scoring: str
    """What importance is a loss of: `roc_auc` or `accuracy`."""
    score: float
    """That figure with no input shuffled."""
    rows: int
    """Labelled rows that importance was taken on."""
    sampled_from: int
    """Labelled rows there were; more than `rows` when a part was drawn."""
    repeats: ImportanceTable
    """The same rows, shuffled anew each time."""
    resamples: ImportanceTable
    """Rows drawn with replacement each time."""
    of_reference: ImportanceTable = ()
    """As `resamples`, on the training rows; empty without them."""
    why_no_reference: str | None = None
    """Why training rows were given and not looked at."""
    scores: tuple[float | None, ...] = ()
    """The model's score of each row of predictions; empty when it gives none between 0 and 1."""
    answers: tuple[str, ...] = ()
    """The class that the model names for each row of predictions, as text."""
    training_scores: tuple[float | None, ...] = ()
    """The model's score of each training row, as `scores`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelLimits:
    """What the child may use."""

    memory_mb: int = 4096
    seconds: int = 600
    """Of wall time; of the processor twice as many, since libraries use several cores."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFile:
    """A model's file, what format it is in, and the digest of its bytes."""

    path: str
    """Where the bytes lie; absolute."""
    name: str
    """What the caller called it."""
    format: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RowsOfModel:
    """Files of rows, with which column is which input."""

    role: str
    files: Sequence[str]
    """Absolute paths."""
    columns: Mapping[str, str]
    """Input by its declared name -> column."""
    label: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LookAsk:
    """What is looked at, on which rows, how often, and what is trusted."""

    model: ModelFile
    rows: RowsOfModel
    positive: Sequence[str]
    score: RowsOfModel | None = None
    """Rows that the model answers, to compare with what the file of predictions says."""
    reference: RowsOfModel | None = None
    inputs: Sequence[str] = ()
    """Order of the inputs, for a model that does not name them."""
    trusted_types: Sequence[str] = ()
    trust_pickle: bool = False
    seed: int = 0
    repeats: int = 5
    resamples: int = 10
    most_rows: int = 10_000
    limits: ModelLimits = field(default_factory=ModelLimits)
