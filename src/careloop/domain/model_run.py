"""Runs that belong to one version of a registered model, and what each says (R92)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

__all__ = ["ModelRun", "RunRole", "VersionRuns"]


class RunRole(StrEnum):
    """How the registry knows that a run is about the version."""

    MEASURED = "measured"
    """It logged metrics of the version's model."""
    SAID = "said"
    """Its tag `careloop.model` names the version."""
    MADE = "made"
    """The version came out of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionRuns:
    """The runs of one version."""

    model: str
    version: str
    runs: Mapping[str, RunRole]
    """Id of the run to its role; the first of these roles that is true."""

    @property
    def place(self) -> str:
        """The version as locks name it."""
        return f"models:/{self.model}/{self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRun:
    """One run, as its store gives it."""

    run_id: str
    name: str | None
    status: str
    """`FINISHED`, or how else it stands."""
    ended_at: datetime | None
    metrics: Mapping[str, float | None]
    """Newest value of each; None for what could not be computed. What was never logged is not in it, and is not 0."""
    params: Mapping[str, str]
    tags: Mapping[str, str]
    """Without those that MLflow sets for itself."""
    datasets: tuple[str, ...]

    @property
    def finished(self) -> bool:
        """Whether it came to its end."""
        return self.status == "FINISHED"
