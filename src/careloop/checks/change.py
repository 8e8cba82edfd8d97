"""Checks of what a change did, for which one tree is not enough: changed artefacts (R39), a growing baseline,
steps along the life cycle (R71).

Each is registered under the name that a rule of the pack gives in `check:`, as the checks of one tree are.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from careloop.checks.breach import Breach
from careloop.checks.stages import stage_moves
from careloop.domain.card import Card
from careloop.domain.evolve import Baseline
from careloop.domain.finding import Finding
from careloop.domain.path_pattern import path_fits
from careloop.domain.repository import Repository
from careloop.domain.risk import Risk, RiskKind
from careloop.domain.system import System
from careloop.domain.tier import Severity

__all__ = [
    "COMPARISONS",
    "ChangeGround",
    "Touched",
    "artefact_covered",
    "baseline_shrinks",
    "lifecycle_legal",
    "touched_by_system",
]

_WEIGHTS = re.compile(
    r".*\.(?:bin|cbm|ckpt|gguf|h5|joblib|keras|mlmodel|model|npz|onnx|pb|pickle|pkl|pt|pth|safetensors|tflite|ubj)"
)
_NO_MODEL = (".care/**", "tests/**", "test/**", "**/tests/**", "**/testdata/**", "**/fixtures/**")
"""Where files that look like weights are material of tests."""


@dataclass(frozen=True, slots=True)
class Touched:
    """Artefacts of one system that a change touched."""

    system: str | None
    """Null for files that look like a model and that no system claims."""
    files: tuple[str, ...]


@dataclass(frozen=True)
class ChangeGround:
    """All that a check of a change may look at."""

    before: Repository
    after: Repository
    findings: tuple[Finding, ...]
    """Of the tree after the change."""
    known: frozenset[str]
    """Ids of the findings before it."""
    touched: tuple[Touched, ...]
    card_at: Mapping[str, str]
    """System to the path of a card that stands beside the code."""
    unreadable: frozenset[str] = frozenset()
    """Files of the tree after the change from which nothing can be concluded."""


Check = Callable[[ChangeGround], Iterator[Breach]]


def touched_by_system(changed: frozenset[str], repository: Repository) -> tuple[Touched, ...]:
    """Changed files by the system whose `artefacts` they are, and those that look like a model and are nobody's."""
    systems = [(system.id, system.artefacts) for system in repository.nouns(System) if system.artefacts]
    found: dict[str | None, list[str]] = {}
    for path in sorted(changed):
        owners = [name for name, patterns in systems if path_fits(path, patterns)]
        if not owners and _looks_like_a_model(path):
            found.setdefault(None, []).append(path)
        for name in owners:
            found.setdefault(name, []).append(path)
    return tuple(Touched(name, tuple(files)) for name, files in found.items())


def _looks_like_a_model(path: str) -> bool:
    return _WEIGHTS.fullmatch(path) is not None and not path_fits(path, _NO_MODEL)


def artefact_covered(ground: ChangeGround) -> Iterator[Breach]:
    """A changed artefact belongs to a system that has a valid card and a risk record, whatever its tier (R39)."""
    for touched in ground.touched:
        for file in touched.files:
            if touched.system is None:
                yield Breach(
                    path=file,
                    line=1,
                    message="the file looks like a model, and no system claims it",
                    remedy="name it under `artefacts` of the system it belongs to; `care adopt` drafts a new one",
                )
                continue
            if reasons := ", and ".join(_uncovered(touched.system, ground)):
                yield Breach(path=file, line=1, message=f"{touched.system} changes here, and {reasons}")


def _uncovered(system: str, ground: ChangeGround) -> Iterator[str]:
    if all(one.id != system for one in ground.after.nouns(System)):
        yield f"there is no system '{system}' in the inventory"
        return
    mine = [finding for finding in ground.findings if finding.subject == system]
    aside = {finding.rule for finding in mine if finding.set_aside is not None}
    path = ground.card_at.get(system, f"systems/{system}/card.md")
    if all(document.folder != system for document, _ in ground.after.all(Card)):
        if "card-present" not in aside:
            yield f"its model card {path} is missing"
    elif open_ones := [one for one in ground.findings if one.place.file == path and _stands(one)]:
        shown = "; ".join(one.message for one in open_ones[:3])
        more = f" and {len(open_ones) - 3} more" if len(open_ones) > 3 else ""
        yield f"its model card {path} is not valid: {shown}{more}"
    recorded = any(system in risk.systems for risk in ground.after.nouns(Risk) if risk.kind is RiskKind.RISK)
    if not recorded and "risks-recorded" not in aside:
        yield "no risk of it is recorded"


def _stands(finding: Finding) -> bool:
    return finding.severity is Severity.MUST and finding.set_aside is None


def baseline_shrinks(ground: ChangeGround) -> Iterator[Breach]:
    """Known debt gets less: no new item, no later date, and no item for debt that the change itself makes."""
    found = next(ground.after.all(Baseline), None)
    if found is None or ground.before.organisation is None:
        return  # nothing was governed before this change: whatever is wrong is old debt
    document, after = found
    before = ground.before.only(Baseline)
    dates = {item.finding: item.burn_down for item in before.items} if before else {}
    for position, item in enumerate(after.items):
        earlier = dates.get(item.finding)
        message = None
        if earlier is not None and item.burn_down > earlier:
            message = f"the date of {item.rule} in {item.file} is put off from {earlier} to {item.burn_down}"
        elif earlier is None and before is not None:
            message = f"{item.rule} in {item.file} is new in the baseline, which may only shrink"
        elif earlier is None and item.finding not in ground.known:
            message = f"{item.rule} in {item.file} was not there before this change, and is no old debt"
        if message:
            yield Breach(path=document.path, pointer=("items", position, "finding"), message=message)


def lifecycle_legal(ground: ChangeGround) -> Iterator[Breach]:
    """Systems move along the life cycle as its table allows, and leave the inventory at its ends only (R71)."""
    return stage_moves(ground.before, ground.after, ground.unreadable)


COMPARISONS: Mapping[str, Check] = {
    "artefact-covered": artefact_covered,
    "baseline-shrinks": baseline_shrinks,
    "lifecycle-legal": lifecycle_legal,
}
