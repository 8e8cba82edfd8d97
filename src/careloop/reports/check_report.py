"""A check as JSON for machines and as lines for people (CONTRACTS, JSON; STYLE, Faces)."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from careloop import __version__
from careloop.domain.check import CheckResult
from careloop.domain.finding import Finding

__all__ = ["check_json", "check_lines", "finding_json", "finding_lines"]


def finding_json(finding: Finding) -> dict[str, Any]:
    """One finding or error in the shape of CONTRACTS.md."""
    return {
        "id": finding.id,
        "rule": finding.rule,
        "severity": finding.severity.value,
        "enforce": finding.enforce.value,
        "blocking": finding.blocking,
        "introduced": finding.introduced,
        "message": finding.message,
        "because": list(finding.because),
        "subject": finding.subject,
        "owner": finding.owner,
        "set_aside": finding.set_aside,
        "file": finding.place.file,
        "line": finding.place.line,
        "column": finding.place.column,
        "pointer": "".join(f"/{part}" for part in finding.pointer),
        "controls": list(finding.controls),
        "remedy": finding.remedy,
    }


def check_json(result: CheckResult) -> dict[str, Any]:
    """The whole answer; lists are in order of place."""
    checked = result.checked
    blocking = sum(finding.blocking for finding in checked.findings)
    return {
        "schema": "careloop/check/v1",
        "careloop_version": __version__,
        "standards_digest": result.standards_digest,
        "commit": result.commit,
        "dirty": result.dirty,
        **({"governance": asdict(result.governance)} if result.governance else {}),
        "findings": [finding_json(finding) for finding in checked.findings],
        "errors": [finding_json(error) for error in checked.errors],
        "summary": {
            "documents": checked.documents,
            "errors": len(checked.errors),
            "findings": len(checked.findings),
            "blocking": blocking,
            "set_aside": sum(finding.set_aside is not None for finding in checked.findings),
            "there_before": sum(_was_there(finding) for finding in checked.findings),
            "exit_code": result.exit_code,
        },
    }


def check_lines(result: CheckResult, *, seconds: float) -> Iterator[tuple[str, str]]:
    """Lines to print, each with a style: `error`, `must`, `should`, `grey`, `detail` or `summary`."""
    checked = result.checked
    if (pin := result.governance) is not None and not pin.fetched:
        yield "warn", f"governed by {pin.url}@{pin.ref} as of {(pin.commit or '')[:12]}: it was not asked again"
    for error in checked.errors:
        yield "error", f"{error.place}  error  {error.message}   [{error.rule}]"
        if error.remedy:
            yield "detail", f"    mend: {error.remedy}"
    served: tuple[str, ...] = ()
    for finding in sorted(checked.findings, key=_is_known):  # what is to be mended first, then what is known, grey
        yield from finding_lines(finding, said=finding.controls == served)
        served = finding.controls
    yield "summary", _summary(result, seconds)


def finding_lines(finding: Finding, *, said: bool = False) -> Iterator[tuple[str, str]]:
    """Lines of one finding; what it serves is left out when the finding before has `said` the same."""
    grey = finding.set_aside is not None or finding.introduced is False
    note = ""
    if finding.set_aside is not None:
        note = f" ({finding.set_aside})"
    elif finding.introduced is False:
        note = " (was there before)"
    elif not finding.blocking:
        note = f" ({finding.enforce.value} only)"
    style = "grey" if grey else finding.severity.value
    yield style, f"{finding.place}  {finding.severity.value}{note}  {finding.message}   [{finding.rule}]"
    if grey:
        return
    for reason in finding.because[:3]:
        yield "detail", f"    because {reason}"
    serves = f"serves {_shortened(finding.controls)} · " if finding.controls and not said else ""
    yield "detail", f"    {serves}mend: {finding.remedy}"


def _shortened(controls: tuple[str, ...]) -> str:
    """Requirement ids with the framework said once: `iso42001:2023/A.8.2, A.9.4`."""
    shown: list[str] = []
    before = ""
    for control in controls:
        framework, _, item = control.partition("/")
        shown.append(item if framework == before else control)
        before = framework
    return ", ".join(shown)


def _was_there(finding: Finding) -> bool:
    return finding.set_aside is None and finding.introduced is False


def _is_known(finding: Finding) -> bool:
    return finding.set_aside is not None or finding.introduced is False


def _summary(result: CheckResult, seconds: float) -> str:
    """What is to be mended, and apart from it what is known: in the baseline, waived, or there before the change."""
    checked = result.checked
    parts: list[str] = []
    if checked.errors:
        parts.append(_count(len(checked.errors), "error"))
    own = [finding for finding in checked.findings if not _is_known(finding)]
    counted = Counter(finding.severity.value for finding in own)
    if own:
        detail = ", ".join(f"{counted[word]} {word}" for word in ("must", "should") if counted[word])
        parts.append(f"{_count(len(own), 'finding')} ({detail})")
    what = " and ".join(parts) or "nothing to mend"
    known = Counter((one.set_aside or "there").split(" ", 1)[0] for one in checked.findings if _is_known(one))
    if known:
        what += "; known: " + ", ".join(f"{known[word]} {said}" for word, said in _KNOWN.items() if known[word])
    return f"{what} in {_count(checked.documents, 'document')}, {seconds:.1f} s"


_KNOWN = {
    "baseline": "in the baseline",
    "waiver": "waived",
    "module": "of a module that is off",
    "there": "there before",
}
"""First words of what sets a finding aside, and how the summary counts them."""


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
