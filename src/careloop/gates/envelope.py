"""Whether a release lies inside a change envelope, and if not, in what it differs (SEMANTICS 14; R78). Pure.

Inside means: everything that the recipe names is as it names it, only what may vary varies, every bound is met by the
worse end of its measure's interval, and there are releases left. Whatever cannot be told lies outside.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from careloop.domain.envelope import Bound, ChangeEnvelope
from careloop.domain.measured import Outcome
from careloop.domain.release import Result
from careloop.domain.release_lock import ReleaseLock

__all__ = ["EnvelopeUse", "why_outside"]

_FEATURES: Final = "features"
_CONTRACT: Final = "data_contract"


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvelopeUse:
    """The granted envelope that a release lies in."""

    name: str
    """`envelope/credit-decision/nightly`."""
    request: str
    """Digest of the request by which it was granted."""
    people: tuple[str, ...]
    """Who granted it."""
    used: int
    """Releases that have standing by it so far."""
    most: int


def why_outside(
    envelope: ChangeEnvelope, lock: ReleaseLock, results: Sequence[Result], *, used: int
) -> tuple[str, ...]:
    """Every way in which a release lies outside; empty when it lies inside. `used` counts earlier releases by it."""
    return (
        *_recipe(envelope, lock),
        *_parameters(envelope, lock),
        *_bounds(envelope, results),
        *([f"{used} releases have been made by it, of {envelope.most_releases}"] * (used >= envelope.most_releases)),
    )


def _recipe(envelope: ChangeEnvelope, lock: ReleaseLock) -> Iterator[str]:
    recipe = envelope.recipe
    if lock.code_commit != recipe.code_commit:
        yield f"the code commit is {_short(lock.code_commit)}, and the recipe's is {_short(recipe.code_commit)}"
    if lock.hosted_model != recipe.hosted_model:
        yield "the hosted model is another than the recipe's"
    locked = {one.name: one.sha256 for one in lock.artefacts}
    for name, digest in recipe.artefacts.items():
        if locked.get(name) != digest:
            yield f"{name} is {_short(locked.get(name))}, and the recipe's is {_short(digest)}"
    for name in envelope.varies:
        if name not in locked:
            yield f"{name} is not locked, and the recipe makes it"
    for name in sorted(locked.keys() - recipe.artefacts.keys() - set(envelope.varies)):
        yield f"{name} is locked, and the recipe does not know it"


def _parameters(envelope: ChangeEnvelope, lock: ReleaseLock) -> Iterator[str]:
    recipe = envelope.recipe
    wanted: Mapping[str, Any] = {
        **recipe.parameters,
        _FEATURES: list(recipe.features),
        _CONTRACT: recipe.data_contract,
    }
    found = {name: value for name, value in lock.parameters.items() if name not in envelope.varying_parameters}
    for name in sorted(wanted.keys() | found.keys()):
        if name not in found:
            yield f"the lock does not state {name}"
        elif name not in wanted:
            yield f"the parameter {name} is not in the recipe"
        elif found[name] != wanted[name] or type(found[name]) is not type(wanted[name]):
            yield f"the parameter {name} is {found[name]}, and the recipe's is {wanted[name]}"


def _bounds(envelope: ChangeEnvelope, results: Sequence[Result]) -> Iterator[str]:
    for bound in (*envelope.bounds, *envelope.shift):
        mine = [one for one in results if one.measure == bound.measure]
        if not mine:
            yield f"{bound.measure} was not measured"
        for result in mine:
            yield from _missed(bound, result)


def _missed(bound: Bound, result: Result) -> Iterable[str]:
    if result.outcome is not Outcome.SHOWN_SAFE:
        return (f"{bound.measure} is not shown safe",)
    if result.value is None or not math.isfinite(result.value) or result.n == 0:
        return (f"{bound.measure} has no value",)
    low = min(result.value, result.lower if result.lower is not None else result.value)
    high = max(result.value, result.upper if result.upper is not None else result.value)
    said = []
    if bound.least is not None and low < bound.least:
        said.append(f"{bound.measure} may be as low as {low:.4g}, below {bound.least:.4g}")
    if bound.most is not None and high > bound.most:
        said.append(f"{bound.measure} may be as high as {high:.4g}, above {bound.most:.4g}")
    return said


def _short(digest: str | None) -> str:
    return "not stated" if digest is None else digest[:12]
