"""Look at a model in a child process with limits, so that a file that is broken or hostile cannot take care down.

The child gets no secrets of the environment, an empty folder, and limits of memory, processor time and wall time, and
cannot write files. It is not a sandbox: a trusted pickle still runs with the rights of whoever called care, and the
network stays open to it (docs/adr says why).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, TypeAlias

import yaml

from careloop.adapters.model_files import format_of
from careloop.domain.model_look import LookAsk, ModelFile, ModelLook, RowsOfModel
from careloop.errors import CareloopError, InvalidInput, NotFound, UsageError

__all__ = ["look_at_model", "model_file"]

_KEPT: Final = ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "SYSTEMROOT")
_ERRORS: Final[Mapping[str, type[CareloopError]]] = {one.__name__: one for one in (InvalidInput, NotFound, UsageError)}


def model_file(path: Path, *, name: str | None = None) -> ModelFile:
    """The file of a model, or the one that an MLflow model folder names. Raises NotFound and InvalidInput."""
    inner, kind = _in_folder(path) if path.is_dir() else (path, None)
    kind = kind or format_of(inner)
    try:
        digest = sha256(inner.read_bytes()).hexdigest()
    except OSError as error:
        raise NotFound(f"{inner} cannot be read: {error.strerror}") from error
    return ModelFile(path=str(inner.resolve()), name=name or str(path), format=kind, digest=f"sha256:{digest}")


def _in_folder(folder: Path) -> tuple[Path, str | None]:
    listing = folder / "MLmodel"
    try:
        told = yaml.safe_load(listing.read_bytes())
    except OSError as error:
        raise NotFound(f"{folder} is no MLflow model: there is no {listing.name} in it") from error
    except yaml.YAMLError as error:
        raise InvalidInput(f"{listing} cannot be read as YAML") from error
    flavours = told.get("flavors") if isinstance(told, dict) else None
    flavours = flavours if isinstance(flavours, dict) else {}
    for flavour, key in (("onnx", "data"), ("sklearn", "pickled_model")):
        said = flavours.get(flavour)
        held: dict[str, object] = said if isinstance(said, dict) else {}
        named = held.get(key)
        if isinstance(named, str):
            file = (folder / named).resolve()
            if not file.is_relative_to(folder.resolve()):
                raise InvalidInput(f"{listing} names {named}, which lies outside of its folder")
            kinds = {"onnx": "onnx", "skops": "skops"}
            return file, kinds.get(flavour) or kinds.get(str(held.get("serialization_format")), "pickle")
    raise InvalidInput(
        f"{listing} names no flavour that can be looked at: {', '.join(sorted(flavours)) or 'none'}",
        hint="log the model with the flavour sklearn or onnx",
    )


Through: TypeAlias = Callable[[LookAsk, dict[str, Any]], dict[str, Any]]


def look_at_model(ask: LookAsk, *, through: Through | None = None) -> ModelLook:
    """Importance and scores of the model, looked at in a child process; `through` says another way, for tests.

    Raises InvalidInput, NotFound and UsageError, as the child says.
    """
    found = (through or _in_child)(ask, _asked(ask))
    return ModelLook(
        kind=found["kind"],
        digest=ask.model.digest,
        scoring=found["scoring"],
        score=float(found["score"]),
        rows=int(found["rows"]),
        sampled_from=int(found["sampled_from"]),
        repeats=tuple(found["repeats"]),
        resamples=tuple(found["resamples"]),
        of_reference=tuple(found.get("of_reference", ())),
        scores=tuple(found.get("scores", ())),
        answers=tuple(found.get("answers", ())),
        training_scores=tuple(found.get("training_scores", ())),
    )


def _in_child(ask: LookAsk, asked: dict[str, Any]) -> dict[str, Any]:
    with TemporaryDirectory(prefix="care-model-") as folder:
        try:
            done = subprocess.run(
                [sys.executable, "-P", "-m", "careloop.adapters.model_child"],
                input=json.dumps(asked).encode(),
                capture_output=True,
                cwd=folder,
                env=_environment(folder),
                timeout=ask.limits.seconds,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise InvalidInput(
                f"{ask.model.name} was still at work after {ask.limits.seconds} s and was stopped",
                hint="give it longer with --model-seconds, or fewer rows with --explain-rows",
            ) from error
    return _answer(done, ask)


def _environment(folder: str) -> dict[str, str]:
    """What the child needs to find libraries; paths are made absolute, since it works elsewhere."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    if "PYTHONPATH" in kept:
        kept["PYTHONPATH"] = os.pathsep.join(
            str(Path(one).resolve()) for one in kept["PYTHONPATH"].split(os.pathsep) if one
        )
    return {**kept, "HOME": folder}


def _asked(ask: LookAsk) -> dict[str, Any]:
    return {
        "model": {
            "path": ask.model.path,
            "name": ask.model.name,
            "format": ask.model.format,
            "sha256": ask.model.digest.removeprefix("sha256:"),
            "trusted_types": list(ask.trusted_types),
            "trust_pickle": ask.trust_pickle,
        },
        "rows": _rows(ask.rows),
        "score": _rows(ask.score) if ask.score else None,
        "reference": _rows(ask.reference) if ask.reference else None,
        "positive": list(ask.positive),
        "inputs": list(ask.inputs),
        "seed": ask.seed,
        "repeats": ask.repeats,
        "resamples": ask.resamples,
        "most_rows": ask.most_rows,
        "limits": {"memory_mb": ask.limits.memory_mb, "cpu_s": 2 * ask.limits.seconds},
    }


def _rows(asked: RowsOfModel) -> dict[str, Any]:
    return {**asdict(asked), "columns": dict(asked.columns), "files": list(asked.files)}


def _answer(done: subprocess.CompletedProcess[bytes], ask: LookAsk) -> dict[str, Any]:
    name = ask.model.name
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        last = said[-1][:300] if said else f"it ended with {done.returncode}"
        if "MemoryError" in last or "bad_alloc" in last:
            raise InvalidInput(
                f"{name} wanted more than {ask.limits.memory_mb} MB", hint="give it more with --model-memory MB"
            )
        raise InvalidInput(f"{name} failed on these rows: {last}", hint="try it on the same rows where it was trained")
    try:
        found = json.loads(done.stdout)
    except ValueError as error:
        raise InvalidInput(f"{name} ended the process before it had answered") from error
    if "error" in found:
        raise _ERRORS[found["error"]](found["message"], hint=found["hint"])
    return dict(found)
