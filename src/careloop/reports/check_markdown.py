"""A check as a comment on a pull request: what the change has to mend first, the rest folded away (R80)."""

from collections.abc import Iterator, Sequence

from careloop.domain.check import CheckResult
from careloop.domain.finding import Finding

__all__ = ["check_markdown"]

_MOST = 50
"""Rows of a table; a comment has to stay readable and within what forges take."""


def check_markdown(result: CheckResult) -> Iterator[str]:
    """Lines of Markdown. The hidden mark in the first lets a job find its earlier comment and write it anew."""
    checked = result.checked
    blocking = [finding for finding in (*checked.errors, *checked.findings) if finding.blocking]
    rest = [one for one in checked.findings if not one.blocking and _is_own(one)]
    grey = [one for one in checked.findings if not one.blocking and not _is_own(one)]
    yield "<!-- careloop:check -->"
    yield f"### {_headline(result, len(blocking))}"
    if blocking:
        yield from _table(blocking)
    if rest:
        yield from ("", f"**Worth a look** ({len(rest)}, nothing of it blocks)")
        yield from _table(rest)
    if grey:
        yield from ("", f"<details><summary>{len(grey)} known or older, not of this change</summary>", "")
        yield from _table(grey)
        yield from ("", "</details>")
    yield ""
    yield f"<sub>{_foot(result)}</sub>"


def _headline(result: CheckResult, blocking: int) -> str:
    if result.checked.errors:
        return "care check: something cannot be read"
    return f"care check: {blocking} to mend before this can be merged" if blocking else "care check: nothing blocks"


def _is_own(finding: Finding) -> bool:
    return finding.set_aside is None and finding.introduced is not False


def _table(findings: Sequence[Finding]) -> Iterator[str]:
    yield from ("", "| where | what is wrong | how to mend it | who |", "|---|---|---|---|")
    for finding in findings[:_MOST]:
        place = f"`{_cell(finding.place.file)}:{finding.place.line}`"
        note = f" _({finding.set_aside})_" if finding.set_aside else ""
        what = f"{_cell(finding.message)}{note} <sub>{finding.rule}</sub>"
        yield f"| {place} | {what} | {_cell(finding.remedy)} | {_cell(finding.owner or '')} |"
    if len(findings) > _MOST:
        yield f"| | and {len(findings) - _MOST} more: run `care check` | | |"


def _cell(text: str) -> str:
    """Text that cannot leave its cell, nor bring links, mentions or HTML of its own."""
    plain = " ".join(text.split()).replace("\\", "\\\\").replace("|", "\\|").replace("@", "@\u200b")
    return plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("[", "\\[")


def _foot(result: CheckResult) -> str:
    at = f" at {result.commit[:12]}" if result.commit else ""
    pin = result.governance
    by = f", governed by {pin.url}@{pin.ref or ''} ({(pin.commit or 'no commit')[:12]})" if pin else ""
    return f"{result.checked.documents} documents{at}{_cell(by)}"
