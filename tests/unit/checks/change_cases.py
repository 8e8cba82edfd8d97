"""For each check of a change: Acme before and after it, and where the mistake must be told."""

from collections.abc import Mapping
from dataclasses import dataclass

from careloop.testing.source_tree_builder import Files, edited, with_file, without

__all__ = ["CHANGE_CASES", "ChangeCase", "baseline"]


@dataclass(frozen=True)
class ChangeCase:
    """Edits of one repository before and after, files of other kinds that the change touches, and the finding."""

    files: tuple[str, ...]
    """Files that are no documents."""
    file: str
    says: str
    before: str = ""
    """baseline.yaml before the change."""
    after: str = ""
    edit: tuple[str, str, str] | None = None
    """A document, what stands in it, and what the change puts there instead."""

    def trees(self, acme: Files) -> tuple[Files, Files]:
        """The documents before and after the change."""
        old = with_file(acme, "baseline.yaml", self.before) if self.before else acme
        new = with_file(acme, "baseline.yaml", self.after) if self.after else acme
        if self.edit:
            new = edited(new, *self.edit)
        if self.files:
            new = without(new, "systems/credit-decision/card.md")
        return old, new


def baseline(*items: tuple[str, str]) -> str:
    """A baseline of findings, each with the day it is to be gone."""
    lines = [
        f"  - {{finding: {name}, rule: card-present, file: care.yaml, owner: model-risk, burn_down: {day}}}"
        for name, day in items
    ]
    return "\n".join(["recorded: 2026-03-02", "items:", *lines, ""])


_A, _B = "a" * 16, "b" * 16

CHANGE_CASES: Mapping[str, ChangeCase] = {
    "artefact-covered": ChangeCase(
        ("models/credit-decision/weights.json",),
        "models/credit-decision/weights.json",
        "card systems/credit-decision/card.md is missing",
    ),
    "baseline-shrinks": ChangeCase(
        (),
        "baseline.yaml",
        "is new in the baseline",
        before=baseline((_A, "2026-06-30")),
        after=baseline((_A, "2026-06-30"), (_B, "2026-06-30")),
    ),
    "lifecycle-legal": ChangeCase(
        (),
        "systems/credit-decision/system.yaml",
        "moves from operation to design; after operation comes reevaluation or retirement",
        edit=("systems/credit-decision/system.yaml", "lifecycle: operation", "lifecycle: design"),
    ),
}
"""Check of a change to its case."""
