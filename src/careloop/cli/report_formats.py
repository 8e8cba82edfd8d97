"""How `care check` and `care gate` are printed and written for CI: one run, any number of formats."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from careloop.cli.terminal import say
from careloop.errors import Unavailable, UsageError
from careloop.reports.remarks import RemarkList

__all__ = ["ReportFormat", "ReportFormatOption", "ReportOption", "Wanted", "Writers", "read_wanted", "write_reports"]


class ReportFormat(StrEnum):
    """How an answer is printed, for people and for what shows it in CI."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    """SARIF 2.1.0, for code scanning and editors."""
    JUNIT = "junit"
    GITHUB = "github"
    """Annotations of GitHub Actions."""
    STEP_SUMMARY = "step-summary"
    """Markdown for `$GITHUB_STEP_SUMMARY`; a file is added to."""
    GITLAB = "gitlab"
    """GitLab's code quality report."""
    MARKDOWN = "markdown"
    """A comment for a pull request, with a hidden mark by which it is found again."""


ReportFormatOption = Annotated[
    ReportFormat, typer.Option("--format", help="text for people, json for machines, the rest for CI.")
]
ReportOption = Annotated[
    list[str] | None,
    typer.Option("--report", metavar="FORMAT=FILE", help="Write this format into a file as well; repeat."),
]


@dataclass(frozen=True, slots=True)
class Writers:
    """How one answer is said in each format."""

    remarks: Callable[[], RemarkList]
    text: Callable[[], Iterable[tuple[str, str]]]
    """Lines with a style each."""
    json: Callable[[], str]
    markdown: Callable[[bool], Iterable[str]]
    """Lines, with the hidden mark or without."""
    folder: str = ""
    """Where the repository lies in its git work tree: `governance/`, or empty."""

    def said(self, wanted: ReportFormat) -> str:
        """The answer in a format, ending in a newline."""
        # Each run says one or two of these: the writers of the others are not loaded.
        makers: Mapping[ReportFormat, Callable[[], str]] = {
            ReportFormat.TEXT: lambda: _lines(line for _, line in self.text()),
            ReportFormat.JSON: lambda: f"{self.json()}\n",
            ReportFormat.SARIF: self._sarif,
            ReportFormat.JUNIT: self._junit,
            ReportFormat.GITHUB: self._github,
            ReportFormat.STEP_SUMMARY: lambda: _lines(self.markdown(False)),
            ReportFormat.GITLAB: self._gitlab,
            ReportFormat.MARKDOWN: lambda: _lines(self.markdown(True)),
        }
        return makers[wanted]()

    def _sarif(self) -> str:
        from careloop.reports.sarif import sarif_text

        return sarif_text(self.remarks(), folder=self.folder)

    def _junit(self) -> str:
        from careloop.reports.junit import junit_text

        return junit_text(self.remarks(), folder=self.folder)

    def _github(self) -> str:
        from careloop.reports.github_annotations import annotation_lines

        return _lines(annotation_lines(self.remarks(), folder=self.folder))

    def _gitlab(self) -> str:
        from careloop.reports.gitlab_code_quality import code_quality_text

        return code_quality_text(self.remarks(), folder=self.folder)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to print, and what to write where."""

    printed: ReportFormat
    files: tuple[tuple[ReportFormat, Path], ...] = ()


def read_wanted(printed: ReportFormat, reports: Sequence[str] | None) -> Wanted:
    """The options `--format` and `--report`. Raises UsageError."""
    files = []
    for text in reports or ():
        name, sign, file = text.partition("=")
        if name not in set(ReportFormat) or not sign or not file:
            known = ", ".join(ReportFormat)
            raise UsageError(f"--report {text} is not FORMAT=FILE", hint=f"formats are {known}")
        files.append((ReportFormat(name), Path(file)))
    return Wanted(printed, tuple(files))


def write_reports(writers: Writers, wanted: Wanted) -> None:
    """Write the files, then print. Raises Unavailable where a file cannot be written."""
    for form, path in wanted.files:
        text = writers.said(form).encode("utf-8", errors="backslashreplace")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("ab" if form is ReportFormat.STEP_SUMMARY else "wb") as file:
                file.write(text)
        except OSError as error:
            raise Unavailable(f"{path} cannot be written: {error.strerror}") from error
    if wanted.printed is ReportFormat.TEXT:
        for style, line in writers.text():
            say(line, style)
    else:
        typer.echo(writers.said(wanted.printed), nl=False)


def _lines(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
