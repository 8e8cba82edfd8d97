"""Find the runs of a registered model's version, and the one whose metrics are its evaluation (R92)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from careloop.documents.model_run import read_model_run
from careloop.domain.model_run import ModelRun, RunRole, VersionRuns
from careloop.domain.release_lock import ReleaseLock
from careloop.errors import InvalidInput, NotFound
from careloop.ports.model_runs import ModelRuns
from careloop.ports.run_store import RunStore

__all__ = ["FoundRun", "FoundRuns", "evaluation_run", "find_runs", "fits_lock"]

_TRAINING: Final = ("training_", "train_")
_EARLIEST: Final = datetime.min.replace(tzinfo=UTC)
_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class FoundRun:
    """A run with how the registry knows of it."""

    role: RunRole
    run: ModelRun

    @property
    def evaluates(self) -> bool:
        """Whether it finished and logged a metric that is not of the training data."""
        return self.run.finished and any(not key.startswith(_TRAINING) for key in self.run.metrics)


@dataclass(frozen=True, slots=True)
class FoundRuns:
    """The runs of one version, newest first."""

    of: VersionRuns
    runs: Sequence[FoundRun]


def find_runs(place: str, registry: ModelRuns, store: RunStore) -> FoundRuns:
    """Every run of the version at `models:/NAME/3` or `models:/NAME@ALIAS`. Raises what the ports raise."""
    version = registry.runs_of(place)
    found = [
        FoundRun(role, read_model_run(store.run(run_id), f"{version.place}#{run_id}"))
        for run_id, role in version.runs.items()
    ]
    found.sort(key=lambda one: (one.run.ended_at or _EARLIEST, one.run.run_id), reverse=True)
    return FoundRuns(version, tuple(found))


def evaluation_run(found: FoundRuns, *, newest: bool = False) -> ModelRun:
    """The run that evaluated the version: one that measured it or says so, else the one that made it.

    Raises `NotFound` when none finished with a metric that is not of the training data: without a value nothing can be
    evaluated. Raises `InvalidInput` when there are several and `newest` does not say which.
    """
    evaluating = [one for one in found.runs if one.evaluates]
    apart = [one for one in evaluating if one.role is not RunRole.MADE] or evaluating
    if not apart:
        counted = f"{len(found.runs)} runs belong to it" if found.runs else "no run belongs to it"
        raise NotFound(
            f"no run evaluated {found.of.place}: {counted}, and none finished with a metric beside those of training",
            hint="log the evaluation with `model_id`, or tag its run: careloop.model=" + found.of.place,
        )
    if len(apart) > 1 and not newest:
        ids = ", ".join(one.run.run_id for one in apart[:_SHOWN])
        raise InvalidInput(
            f"{len(apart)} runs evaluated {found.of.place}: {ids}", hint="name one with --run, or say --newest"
        )
    return apart[0].run


def fits_lock(version: VersionRuns, lock: ReleaseLock) -> None:
    """Raise `InvalidInput` when the lock names another version of the same model: its results are not this one's."""
    named = [one.name for one in lock.artefacts if one.name.startswith(f"models:/{version.model}/")]
    if named and version.place not in named:
        raise InvalidInput(
            f"the run is of {version.place}, and the lock names {', '.join(named)}",
            hint="evaluate the version that is released, or lock the one that was evaluated",
        )
