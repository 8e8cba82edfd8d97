"""The options of `care evaluate` about the model itself, and the look that they ask for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from careloop.domain.model_look import LookAsk, ModelFile, ModelLimits, ModelLook, RowsOfModel
from careloop.domain.release_lock import ReleaseLock
from careloop.errors import UsageError
from careloop.wiring.models import look_at_model
from careloop.workflows.run.evaluate_predictions import EvaluationPlan

__all__ = [
    "DataOption",
    "ExplainRowsOption",
    "InputsOption",
    "ModelMemoryOption",
    "ModelOption",
    "ModelSecondsOption",
    "ModelWishes",
    "ResamplesOption",
    "SeedOption",
    "TrustPickleOption",
    "TrustTypeOption",
    "is_of_lock",
    "look_for",
]

_PANEL = "The model itself"
ModelOption = Annotated[
    str | None,
    typer.Option(
        "--model", metavar="PATH|URI", help="Model to explain: .skops, .onnx, MLflow.", rich_help_panel=_PANEL
    ),
]
DataOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--data", metavar="FILE", help="Rows to explain on; else --predictions. Repeat.", rich_help_panel=_PANEL
    ),
]
InputsOption = Annotated[
    str | None,
    typer.Option("--inputs", metavar="A,B,...", help="Inputs in the model's order.", rich_help_panel=_PANEL),
]
TrustPickleOption = Annotated[
    bool,
    typer.Option(
        "--trust-pickle", help="Load a pickle: runs its author's code with your rights.", rich_help_panel=_PANEL
    ),
]
TrustTypeOption = Annotated[
    list[str] | None,
    typer.Option(
        "--trust-type", metavar="TYPE", help="A type in a skops file that you looked at.", rich_help_panel=_PANEL
    ),
]
SeedOption = Annotated[int, typer.Option("--seed", min=0, help="Of every draw.", rich_help_panel=_PANEL)]
ResamplesOption = Annotated[
    int, typer.Option("--resamples", min=3, max=200, help="Draws of rows, for stability.", rich_help_panel=_PANEL)
]
ExplainRowsOption = Annotated[
    int, typer.Option("--explain-rows", min=10, help="Most rows to explain on.", rich_help_panel=_PANEL)
]
ModelMemoryOption = Annotated[
    int, typer.Option("--model-memory", metavar="MB", min=256, help="Most memory for it.", rich_help_panel=_PANEL)
]
ModelSecondsOption = Annotated[
    int, typer.Option("--model-seconds", min=1, help="Most time for it.", rich_help_panel=_PANEL)
]


@dataclass(frozen=True, slots=True)
class ModelWishes:
    """How the caller wants the model to be looked at."""

    data: Sequence[Path]
    inputs: str | None
    trust_pickle: bool
    trusted_types: Sequence[str]
    seed: int
    resamples: int
    most_rows: int
    memory_mb: int
    seconds: int

    def settings(self) -> dict[str, int]:
        """What changes the figures, for the digest of settings."""
        return {"seed": self.seed, "resamples": self.resamples, "most_rows": self.most_rows}


def look_for(
    plan: EvaluationPlan,
    model: ModelFile,
    wishes: ModelWishes,
    *,
    predictions: Sequence[Path],
    reference: Sequence[Path],
) -> ModelLook:
    """Look at the model on the rows of the evaluation. Raises `UsageError` without a column of labels."""
    columns = plan.found.columns
    if columns.label is None:
        raise UsageError(
            "importance is how much worse the model gets, and the rows have no label to tell",
            hint="say which column is the label: --map label=COLUMN",
        )

    def rows(role: str, files: Sequence[Path]) -> RowsOfModel:
        named = tuple(str(one.resolve()) for one in files)
        return RowsOfModel(role=role, files=named, columns=columns.features, label=columns.label)

    return look_at_model(
        LookAsk(
            model=model,
            rows=rows("data" if wishes.data else "prediction", wishes.data or predictions),
            positive=columns.positive,
            score=rows("prediction", predictions),
            reference=rows("reference", reference) if reference else None,
            inputs=[one.strip() for one in wishes.inputs.split(",")] if wishes.inputs else (),
            trusted_types=wishes.trusted_types,
            trust_pickle=wishes.trust_pickle,
            seed=wishes.seed,
            resamples=wishes.resamples,
            most_rows=wishes.most_rows,
            limits=ModelLimits(memory_mb=wishes.memory_mb, seconds=wishes.seconds),
        )
    )


def is_of_lock(model: ModelFile, lock: ReleaseLock) -> bool:
    """Whether the file that was opened is one of those that the lock names by digest."""
    return model.digest.removeprefix("sha256:") in {one.sha256 for one in lock.artefacts}
