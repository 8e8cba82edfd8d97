"""Reads results, reports of other tools and release locks: bytes in, records or a named mistake out.

No number is believed yet.
"""

import json
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from careloop.domain.release import ResultsFile
from careloop.domain.release_lock import ReleaseLock
from careloop.errors import InvalidInput

__all__ = ["read_lock", "read_results"]

N = TypeVar("N", bound=BaseModel)


def read_results(raw: bytes, name: str) -> ResultsFile:
    """The results file in `raw`; raises `InvalidInput` naming every field that does not fit."""
    return _read(raw, name, ResultsFile)


def read_lock(raw: bytes, name: str) -> ReleaseLock:
    """The release lock in `raw`; raises `InvalidInput` naming every field that does not fit."""
    lock = _read(raw, name, ReleaseLock)
    try:
        _ = lock.canonical
    except ValueError as error:
        raise InvalidInput(f"{name}: parameters: {error}") from error
    return lock


def _read(raw: bytes, name: str, noun: type[N]) -> N:
    try:
        json.loads(raw, object_pairs_hook=_each_key_once)
        return noun.model_validate_json(raw, strict=True)
    except ValidationError as error:
        said = [f"{'/'.join(str(part) for part in one['loc']) or 'top'}: {one['msg']}" for one in error.errors()]
        raise InvalidInput(f"{name}: {'; '.join(said)}") from error
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"{name}: not JSON: {error}") from error


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = [key for key, _ in pairs]
    if twice := {key for key in keys if keys.count(key) > 1}:
        raise ValueError(f"the key {', '.join(sorted(twice))} stands twice")
    return dict(pairs)
