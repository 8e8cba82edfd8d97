"""A check as a comment on a pull request: what the change has to mend first, the rest folded away (R80)."""

from collections.abc import Iterator, Sequence
from typing import Final

from careloop.domain.check import CheckResult
from careloop.domain.finding import Finding
from careloop.reports.markdown_cells import code, plain, table
from careloop.reports.remarks import check_remarks

__all__ = ["CHECK_MARK", "check_markdown"]

CHECK_MARK: Final = "<!-- careloop:check -->"
"""The first line of a comment: by it a job finds its earlier comment and writes it anew."""
_MOST: Final = 50
"""Rows of a table; a comment has to stay readable and within what forges take."""


def check_markdown(result: CheckResult, *, folder: str = "", mark: bool = True) -> Iterator[str]:
    """Lines of Markdown, with the hidden mark in the first. `folder` is where the repository lies in its work tree."""
    checked = result.checked
    blocking = [finding for finding in (*checked.errors, *checked.findings) if finding.blocking]
    rest = [one for one in checked.findings if not one.blocking and _is_own(one)]
    grey = [one for one in checked.findings if not one.blocking and not _is_own(one)]
    if mark:
        yield CHECK_MARK
    yield f"### {check_remarks(result).headline}"
    if blocking:
        yield from _table(blocking, folder)
    if rest:
        yield from ("", f"**Worth a look** ({len(rest)}, nothing of it blocks)")
        yield from _table(rest, folder)
    if grey:
        yield from ("", f"<details><summary>{len(grey)} known or older, not of this change</summary>")
        yield from _table(grey, folder)
        yield from ("", "</details>")
    yield ""
    yield f"<sub>{_foot(result)}</sub>"


def _is_own(finding: Finding) -> bool:
    return finding.set_aside is None and finding.introduced is not False


def _table(findings: Sequence[Finding], folder: str) -> Iterator[str]:
    heads = ("where", "what is wrong", "how to mend it", "who")
    yield from table(heads, (_row(finding, folder) for finding in findings), most=_MOST, more="run `care check`")


def _row(finding: Finding, folder: str) -> tuple[str, str, str, str]:
    note = f" _({plain(finding.set_aside)})_" if finding.set_aside else ""
    what = f"{plain(finding.message)}{note} <sub>{plain(finding.rule)}</sub>"
    place = code(f"{folder}{finding.place.file}:{finding.place.line}")
    return place, what, plain(finding.remedy), plain(finding.owner or "")


def _foot(result: CheckResult) -> str:
    at = f" at {result.commit[:12]}" if result.commit else ""
    pin = result.governance
    by = f", governed by {pin.url}@{pin.ref or ''} ({(pin.commit or 'no commit')[:12]})" if pin else ""
    return f"{result.checked.documents} documents{at}{plain(by)}"
