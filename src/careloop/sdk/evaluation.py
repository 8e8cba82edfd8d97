"""Results of an evaluation as a notebook holds them: to look at, to save for the gate, to log beside the model."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import Any, Final, Protocol, Required, TypedDict

from careloop.domain.release import MeasuredResult, ResultsFile
from careloop.errors import InvalidInput, NotFound, Unavailable, UsageError
from careloop.gates.read_files import read_lock

__all__ = ["NOT_LOCKED", "About", "Evaluation", "file_digest", "lock_digest"]

NOT_LOCKED: Final = "unlocked"
"""In place of a lock while nobody says which release is measured; never accepted by a gate."""

_HEADINGS = ("measure", "value", "95 % bounds", "n", "groups")


class About(TypedDict, total=False):
    """What was measured, on what and when; each of `lock`, `data` and `config` is a file, or its `sha256:…` digest."""

    system: Required[str]
    """Id of the system."""
    lock: str | Path | None
    """The release lock that was measured; without it nothing can be saved for the gate."""
    data: str | Path | None
    """The evaluation data."""
    config: str | Path | None
    """How it was evaluated."""
    measured_at: datetime | None
    """Aware; now when left out."""


class _Mlflow(Protocol):
    """What is used of the module `mlflow`."""

    def log_metric(self, key: str, value: float) -> Any: ...
    def log_dict(self, dictionary: dict[str, Any], artifact_file: str) -> Any: ...
    def set_tags(self, tags: dict[str, Any]) -> Any: ...


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What was measured, as the gate will read it. Shown as a table in a notebook, as lines elsewhere."""

    results: ResultsFile

    def to_dict(self) -> dict[str, Any]:
        """The results file as an object."""
        found: dict[str, Any] = json.loads(self._bytes())
        return found

    def save(self, path: str | Path) -> Path:
        """Write the results file for `care gate --results`; raises `UsageError` when nothing says what was measured."""
        if self.results.lock in (None, NOT_LOCKED):
            raise UsageError("these results do not say which release they were measured on", hint="give lock=")
        target = Path(path)
        try:
            target.write_bytes(self._bytes() + b"\n")
        except OSError as error:
            raise Unavailable(f"{target} cannot be written: {error.strerror}") from error
        return target

    def log_to(self, mlflow: _Mlflow) -> None:
        """Log every value, the results file and what was measured to the active run of MLflow (`import mlflow`)."""
        results = self.results
        for one in results.results:
            if one.value is not None:
                mlflow.log_metric(one.measure, one.value)
        mlflow.log_dict(self.to_dict(), "careloop-results.json")
        about = {"system": results.system, "lock": results.lock, "data_digest": results.data_digest}
        about["config_digest"] = results.config_digest
        mlflow.set_tags({f"careloop.{name}": value for name, value in about.items() if value not in (None, NOT_LOCKED)})

    def __str__(self) -> str:
        rows = [_HEADINGS, *self._rows()]
        widths = [max(len(row[place]) for row in rows) for place in range(len(_HEADINGS))]
        lines = [
            "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
        ]
        return "\n".join((self._about(), *lines))

    def _repr_html_(self) -> str:
        head = "".join(f'<th scope="col">{escape(name)}</th>' for name in _HEADINGS)
        body = "".join(
            f'<tr><th scope="row">{escape(row[0])}</th>'
            + "".join(f"<td>{escape(cell)}</td>" for cell in row[1:])
            + "</tr>"
            for row in self._rows()
        )
        caption = f"<caption>{escape(self._about())}</caption>"
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

    def _about(self) -> str:
        lock = self.results.lock
        release = lock[:19] if lock and lock != NOT_LOCKED else "no release yet (give lock=)"
        return f"{self.results.system}, measured on {release}"

    def _rows(self) -> Iterator[tuple[str, ...]]:
        for one in self.results.results:
            low, high = one.interval or (None, None)
            bounds = "" if low is None or high is None else f"{low:.4g} to {high:.4g}"
            value = f"none: {one.reason}" if one.value is None else f"{one.value:.4g}"
            yield one.measure, value, bounds, "unknown" if one.n is None else f"{one.n:,}", _groups(one)

    def _bytes(self) -> bytes:
        return self.results.model_dump_json(by_alias=True, exclude_none=True, indent=2).encode()


def _groups(one: MeasuredResult) -> str:
    """Each group's share; those that are too small to be compared in brackets."""
    said = []
    for name, group in one.groups.items():
        share = "–" if group.value is None else f"{group.value:.3g}"
        rows = "" if group.n is None else f" of {group.n:,}"
        said.append(f"{name} {share}{rows}" if group.used else f"({name} {share}{rows}: {group.reason})")
    return ", ".join(said)


def lock_digest(lock: str | Path | None) -> str | None:
    """The digest of a lock, given as `sha256:…` or as its file. Raises `NotFound` and `InvalidInput`."""
    if lock is None or (isinstance(lock, str) and lock.startswith("sha256:")):
        return None if lock is None else str(lock)
    return read_lock(_read(Path(lock)), str(lock)).digest


def file_digest(data: str | Path | None) -> str | None:
    """The digest of a file, or a digest as it is. Raises `NotFound` and `InvalidInput`."""
    if data is None or (isinstance(data, str) and data.startswith("sha256:")):
        return None if data is None else str(data)
    return f"sha256:{sha256(_read(Path(data))).hexdigest()}"


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise NotFound(f"there is no file {path}") from error
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}") from error
