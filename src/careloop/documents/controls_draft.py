"""The form of controls.yaml with every reference control and nothing decided: what a beginner fills in (R6)."""

from collections.abc import Iterable, Iterator
from datetime import date

from careloop.documents.yaml_scalar import quoted
from careloop.domain.standard import Requirement

__all__ = ["draft_controls"]


def draft_controls(controls: Iterable[Requirement], *, owner: str, today: date) -> str:
    """The text of controls.yaml: each control with its title, its reason open, so that `care check` asks for it."""
    return "\n".join(_lines(controls, owner, today)) + "\n"


def _lines(controls: Iterable[Requirement], owner: str, today: date) -> Iterator[str]:
    yield "# yaml-language-server: $schema=.care/schemas/controls.schema.json"
    yield "# Which controls apply and which do not, each with its reason. Whether one is in place is computed."
    yield "# ground: risk, law, contract or objective. The proposal is that all apply; `care check` finds what is TBD."
    yield f"owner: {owner}"
    yield f"reviewed: {today}"
    yield "decisions:"
    group: str | None = None
    for control in controls:
        if control.group != group:
            group = control.group
            yield f"  # --- {group}"
        yield f"  # {control.title}"
        decision = f"control: {quoted(control.id)}, applicable: true, ground: risk, owner: {owner}, justification: TBD"
        yield f"  - {{{decision}}}"
