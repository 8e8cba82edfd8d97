"""Runs of a registered model's version, as lines and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Protocol

from careloop import __version__
from careloop.domain.model_run import ModelRun, RunRole, VersionRuns
from careloop.ledger.canonical import instant_text

__all__ = ["ListedRun", "model_runs_json", "model_runs_lines"]

_ROLES: Final = {
    RunRole.MEASURED: "measured it",
    RunRole.SAID: "says that it is about it",
    RunRole.MADE: "made it",
}
_MOST: Final = 12


class ListedRun(Protocol):
    """A run with how the registry knows of it."""

    @property
    def role(self) -> RunRole: ...
    @property
    def run(self) -> ModelRun: ...
    @property
    def evaluates(self) -> bool: ...


def model_runs_lines(version: VersionRuns, runs: Sequence[ListedRun]) -> Iterator[tuple[str, str]]:
    """Style and text: each run with its metrics, parameters and tags, newest first."""
    yield "heading", f"{version.place}: {len(runs)} runs" if runs else f"{version.place}: no run belongs to it"
    for one in runs:
        run = one.run
        ended = f"{run.ended_at:%Y-%m-%d %H:%M} UTC" if run.ended_at else "has no end"
        named = f" ({run.name})" if run.name else ""
        yield ("good" if one.evaluates else ""), f"  {run.run_id}{named}  {_ROLES[one.role]}, {run.status}, {ended}"
        metrics = {key: "no value" if value is None else f"{value:.6g}" for key, value in run.metrics.items()}
        for word, pairs in (("metrics", metrics), ("params", run.params), ("tags", run.tags)):
            if pairs:
                yield "detail", f"      {word}: {_listed(pairs)}"
        if not metrics:
            yield "detail", "      no metric was logged: nothing of it can be evaluated"
        if run.datasets:
            yield "detail", f"      data: {', '.join(run.datasets)}"


def model_runs_json(version: VersionRuns, runs: Sequence[ListedRun]) -> dict[str, Any]:
    """`careloop/model-runs/v1`."""
    return {
        "schema": "careloop/model-runs/v1",
        "careloop_version": __version__,
        "model": version.model,
        "version": version.version,
        "runs": [
            {
                "run": one.run.run_id,
                "name": one.run.name,
                "role": one.role.value,
                "evaluates": one.evaluates,
                "status": one.run.status,
                "ended_at": instant_text(one.run.ended_at) if one.run.ended_at else None,
                "metrics": dict(one.run.metrics),
                "params": dict(one.run.params),
                "tags": dict(one.run.tags),
                "datasets": list(one.run.datasets),
            }
            for one in runs
        ],
    }


def _listed(pairs: Mapping[str, str]) -> str:
    shown = [f"{key}={value}" for key, value in sorted(pairs.items())[:_MOST]]
    return ", ".join(shown) + (f" and {len(pairs) - _MOST} more" if len(pairs) > _MOST else "")
