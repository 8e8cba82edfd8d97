"""The program of the child process that looks at a model: one JSON ask on standard input, one JSON answer out.

It is started by `model_process` with an environment of its own, in an empty folder, and first of all lowers what it may
use. What the model prints goes to standard error, so that it cannot be taken for the answer.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from careloop.adapters.model_files import LoadedModel, class_text, load_model
from careloop.adapters.permutation_importance import Columns, accuracy, importance_of_columns, ranking
from careloop.adapters.row_tables import read_rows
from careloop.errors import CareloopError, InvalidInput

__all__ = ["look", "main"]


def main() -> None:
    """Read the ask, look, write the answer; a mistake of the file's or the caller's is an answer too."""
    answer_to = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    ask = json.load(sys.stdin)
    _limit(ask["limits"])
    try:
        answer = look(ask)
    except CareloopError as error:
        answer = {"error": type(error).__name__, "message": str(error), "hint": error.hint}
    with answer_to:
        json.dump(answer, answer_to)


def _limit(limits: Mapping[str, int]) -> None:
    """At most so much memory and so much time of the processor, no core file, and no file written."""
    memory = limits["memory_mb"] << 20
    for what, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, limits["cpu_s"]),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        try:
            resource.setrlimit(what, (most, most))
        except (ValueError, OSError):  # a system that knows no such limit, or has a lower one
            continue


def look(ask: Mapping[str, Any]) -> dict[str, Any]:
    """Importance on the labelled rows and, if given, the training rows; scores of all rows. As `ModelLook`, in JSON."""
    model = _loaded(ask["model"])
    rows = _Rows(ask["rows"], model, ask)
    found: dict[str, Any] = {"kind": model.kind, **_importances(model, rows, ask)}
    if ask.get("score"):
        scored = _Rows(ask["score"], model, ask)
        found["answers"] = [class_text(one) for one in _plain(model.answers(scored.columns))]
        found["scores"] = _scores(model, scored, ask)
    if ask.get("reference"):
        older = _Rows(ask["reference"], model, ask)
        found["of_reference"] = _importances(model, older, {**ask, "repeats": 1})["resamples"]
        found["training_scores"] = _scores(model, older, ask)
    return found


def _loaded(asked: Mapping[str, Any]) -> LoadedModel:
    raw = Path(asked["path"]).read_bytes()
    if sha256(raw).hexdigest() != asked["sha256"]:
        raise InvalidInput(f"{asked['name']} changed while it was being looked at")
    return load_model(
        raw,
        asked["name"],
        asked["format"],
        trusted_types=asked["trusted_types"],
        trust_pickle=asked["trust_pickle"],
    )


class _Rows:
    """The rows of some files as the model's inputs, with their labels."""

    def __init__(self, asked: Mapping[str, Any], model: LoadedModel, ask: Mapping[str, Any]) -> None:
        tables = [read_rows(Path(file)) for file in asked["files"]]
        there = set(tables[0].column_names)
        mapped, declared = asked["columns"], tuple(asked["columns"])
        names = model.inputs or tuple(ask["inputs"]) or declared
        columns = {name: _column(name, mapped, there, asked["role"]) for name in names}
        self.columns: Columns = {
            name: np.concatenate([_array(table[column]) for table in tables]) for name, column in columns.items()
        }
        label = asked["label"]
        values = [one for table in tables for one in table[label].to_pylist()] if label in there else []
        self.known = np.array([one is not None for one in values], dtype=bool)
        self.labels = np.array([class_text(one) in ask["positive"] for one in values], dtype=bool)

    def some(self, places: Any) -> Columns:
        return {name: values[places] for name, values in self.columns.items()}


def _column(name: str, mapped: Mapping[str, str], there: set[str], role: str) -> str:
    for one in (mapped.get(name), name, f"features.{name}"):
        if one in there:
            return one
    raise InvalidInput(
        f"the model takes '{name}', and the {role} rows have no such column",
        hint=f"say which it is: --map features.{name}=COLUMN; there are {', '.join(sorted(there))}",
    )


def _array(column: Any) -> Any:
    values = column.combine_chunks().to_numpy(zero_copy_only=False)
    return values.astype(object) if values.dtype.kind in "US" else values


def _importances(model: LoadedModel, rows: _Rows, ask: Mapping[str, Any]) -> dict[str, Any]:
    labelled = np.flatnonzero(rows.known)
    seed, most = int(ask["seed"]), int(ask["most_rows"])
    chosen = labelled
    if len(labelled) > most:
        chosen = np.sort(np.random.default_rng([seed, 0]).choice(labelled, most, replace=False))
    labels = rows.labels[chosen]
    if len(set(labels.tolist())) < 2:
        raise InvalidInput(
            "importance needs labelled rows of both kinds, and there are not both",
            hint="give labelled rows with --data or in --predictions, and --positive for the labels",
        )
    columns = rows.some(chosen)
    scoring, asked = _scoring(model, columns, ask["positive"])
    by = ranking if scoring == "roc_auc" else accuracy
    whole, repeats = importance_of_columns(asked, columns, labels, by=by, repeats=int(ask["repeats"]), seed=seed)
    resamples = []
    for number in range(int(ask["resamples"])):
        drawn = np.random.default_rng([seed, 1, number]).integers(0, len(chosen), len(chosen))
        if len(set(labels[drawn].tolist())) < 2:
            continue
        part = {name: values[drawn] for name, values in columns.items()}
        resamples += importance_of_columns(asked, part, labels[drawn], by=by, repeats=1, seed=seed + 1 + number)[1]
    return {
        "scoring": scoring,
        "score": whole,
        "rows": len(chosen),
        "sampled_from": len(labelled),
        "repeats": repeats,
        "resamples": resamples,
    }


def _scoring(model: LoadedModel, columns: Columns, positive: Sequence[str]) -> tuple[str, Any]:
    """How well it ranks, where it gives chances or a number; else how often it names the label."""
    classes = model.classes(columns)
    scores = model.scores
    if classes and scores is not None:
        held = _held(classes, positive)
        return "roc_auc", lambda some: scores(some)[:, held].sum(axis=1)
    if classes:
        names = {classes[at] for at in _held(classes, positive)}
        return "accuracy", lambda some: np.array([class_text(one) in names for one in _plain(model.answers(some))])
    return "roc_auc", lambda some: np.asarray(model.answers(some), dtype=float).reshape(-1)


def _held(classes: Sequence[str], positive: Sequence[str]) -> list[int]:
    """Where the positive classes stand; `1` and `true` are the same where no class is named."""
    held = [at for at, one in enumerate(classes) if one in positive]
    if not held and set(classes) in ({"0", "1"}, {"false", "true"}) and set(positive) & {"1", "true"}:
        held = [classes.index("1" if "1" in classes else "true")]
    if not held or len(held) == len(classes):
        raise InvalidInput(
            f"the model answers {', '.join(classes)}, and the positive labels are {', '.join(positive)}",
            hint="name the labels that are the model's positive class: --positive VALUE",
        )
    return held


def _scores(model: LoadedModel, rows: _Rows, ask: Mapping[str, Any]) -> list[float | None]:
    """Chances of the positive class; nothing when the model gives no chances."""
    classes = model.classes(rows.columns)
    if not classes or model.scores is None:
        return []
    found = model.scores(rows.columns)[:, _held(classes, ask["positive"])].sum(axis=1)
    return [float(one) if np.isfinite(one) else None for one in found]


def _plain(values: Any) -> Sequence[object]:
    return values.tolist() if hasattr(values, "tolist") else list(values)


if __name__ == "__main__":
    main()
