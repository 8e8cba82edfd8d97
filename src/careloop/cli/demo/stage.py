"""The stage the demonstration plays on: sentences, results, and the pace between them."""

import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import typer

from careloop import wiring
from careloop.cli.terminal import paint, say
from careloop.domain.check import CheckResult
from careloop.domain.status import RequirementRow
from careloop.reports.check_report import check_lines
from careloop.reports.status_report import status_counts
from careloop.workflows.create.check_repository import check_repository

__all__ = ["Stage"]

T = TypeVar("T")


class Stage:
    """Prints what happens; `speed` 0 means no pauses."""

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._scene = 0

    def scene(self, title: str) -> None:
        """Begin a scene."""
        self._scene += 1
        say()
        say(f"{self._scene}. {title}", "heading")
        self._pause(1.0)

    def tell(self, sentence: str) -> None:
        """A plain sentence before a step."""
        say(f"   {sentence}")
        self._pause(0.8)

    def show(self, lines: Iterable[tuple[str, str]]) -> None:
        """Lines of a result, set in; each with its style first."""
        for style, line in lines:
            say(f"     {paint('│', 'grey')} {paint(line, style)}")
        self._pause(0.6)

    def check(self, command: str, result: CheckResult, seconds: float) -> None:
        """A command as a user would type it, its answer and its exit code."""
        self.show([("heading", f"$ {command}")])
        self.show(check_lines(result, seconds=seconds))
        self.show([("grey", f"exit code {result.exit_code}")])

    def check_repository(self, root: Path) -> None:
        """Run `care check` on a folder and show what it says."""
        started = time.perf_counter()
        source = wiring.repository_source(root)
        result = check_repository(source, standards=wiring.standards_library(), cache=wiring.result_cache())
        self.check("care check", result, time.perf_counter() - started)

    def progress(self, label: str, items: Sequence[T]) -> Iterator[T]:
        """The items one by one, with a bar on a terminal."""
        if not sys.stdout.isatty():
            yield from items
            return
        with typer.progressbar(items, label=f"     {label}") as bar:
            yield from bar

    def moved(self, before: tuple[RequirementRow, ...], after: tuple[RequirementRow, ...]) -> None:
        """Rows of the status that differ, and the counts before and after."""
        old = {row.requirement.id: row for row in before}
        changed = [
            (row, old[row.requirement.id])
            for row in after
            if (row.status, row.care_status, row.level)
            != (old[row.requirement.id].status, old[row.requirement.id].care_status, old[row.requirement.id].level)
        ]
        for row, was in changed[:12]:
            title = row.requirement.title
            if row.level is not None:
                self.show([("warn", f"{row.requirement.id}  level {was.level} -> {row.level}  {title}")])
            else:
                iso = f"{was.status.value} -> {row.status.value}"
                care = f"CARE {was.care_status.value} -> {row.care_status.value}"
                self.show([("warn", f"{row.requirement.id}  {iso}, {care}  {title}")])
        if len(changed) > 12:
            self.show([("grey", f"and {len(changed) - 12} more rows")])
        for word, rows in (("before", before), ("after", after)):
            counted = status_counts(rows, care=False)
            shown = ", ".join(f"{number} {state.value}" for state, number in counted.items() if number)
            self.show([("summary", f"{word}: {shown}")])

    def _pause(self, seconds: float) -> None:
        if self._speed > 0:
            time.sleep(seconds / self._speed)
