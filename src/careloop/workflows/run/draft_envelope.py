"""`care release envelope`: write a change envelope around a release, to be read, committed and granted (R78)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import ValidationError

from careloop.domain.envelope import ChangeEnvelope
from careloop.domain.release_lock import ReleaseLock
from careloop.errors import InvalidInput, UsageError

__all__ = ["EnvelopeAsk", "draft_envelope"]

_BOUND = re.compile(r"([a-z0-9][a-z0-9._-]*)\s*(>=|<=)\s*(-?\d+(?:\.\d+)?)")


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvelopeAsk:
    """What may vary around a lock, within which bounds."""

    id: str
    owner: str
    reason: str
    varies: tuple[str, ...]
    varying_parameters: tuple[str, ...]
    bounds: tuple[str, ...]
    """`impact_ratio>=0.8`."""
    shift: tuple[str, ...]
    """`psi<=0.1`."""
    most_releases: int
    expires: date
    environment: str


def draft_envelope(lock: ReleaseLock, ask: EnvelopeAsk) -> ChangeEnvelope:
    """The envelope whose recipe is this lock. Raises `UsageError` for a bound that is none, `InvalidInput` for a lock
    without `features` and `data_contract` among its parameters, or a name that it does not lock."""
    names = {artefact.name for artefact in lock.artefacts}
    if unknown := set(ask.varies) - names:
        raise InvalidInput(
            f"the lock holds no {', '.join(sorted(unknown))}", hint=f"it holds {', '.join(sorted(names))}"
        )
    missing = [one for one in ("features", "data_contract") if one not in lock.parameters]
    if missing:
        raise InvalidInput(
            f"the lock does not state {' and '.join(missing)}, which a recipe does",
            hint="care release lock ... --param features='[\"age\"]' --param data_contract=sha256:...",
        )
    fields: dict[str, Any] = {
        "id": ask.id,
        "owner": ask.owner,
        "environment": ask.environment,
        "reason": ask.reason,
        "recipe": _recipe(lock, ask),
        "varies": list(ask.varies),
        "varying_parameters": list(ask.varying_parameters),
        "bounds": _bounds(ask.bounds),
        "shift": _bounds(ask.shift),
        "most_releases": ask.most_releases,
        "expires": ask.expires,
    }
    try:
        return ChangeEnvelope.model_validate(fields)
    except ValidationError as error:
        said = "; ".join(f"{'/'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise InvalidInput(f"this makes no envelope: {said}") from error


def _recipe(lock: ReleaseLock, ask: EnvelopeAsk) -> dict[str, Any]:
    """Everything of the lock that stays as it is."""
    left_out = {"features", "data_contract", *ask.varying_parameters}
    return {
        "code_commit": lock.code_commit,
        "artefacts": {one.name: one.sha256 for one in lock.artefacts if one.name not in ask.varies},
        "features": lock.parameters["features"],
        "data_contract": lock.parameters["data_contract"],
        "parameters": {name: value for name, value in lock.parameters.items() if name not in left_out},
        "hosted_model": lock.hosted_model.model_dump(mode="json") if lock.hosted_model else None,
    }


def _bounds(texts: Sequence[str]) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for text in texts:
        match = _BOUND.fullmatch(text.strip())
        if match is None:
            raise UsageError(f"'{text}' is no bound", hint="write it like impact_ratio>=0.8 or psi<=0.1")
        measure, sign, number = match.groups()
        found.setdefault(measure, {"measure": measure})["least" if sign == ">=" else "most"] = float(number)
    return list(found.values())
