"""What a hook decided, as lines that git relays to whoever pushed, and as JSON."""

from collections.abc import Iterator, Sequence
from typing import Any

from careloop import __version__
from careloop.domain.check import CheckResult
from careloop.domain.finding import Finding
from careloop.reports.check_report import finding_json

__all__ = ["hook_json", "hook_lines"]

Answer = tuple[str, str | None, CheckResult | None]
"""Branch, why it is refused (null when it is not), and the check behind that."""


def hook_json(answers: Sequence[Answer], *, standards_digest: str, commit: str | None) -> dict[str, Any]:
    """Each branch with its decision and everything that blocks."""
    return {
        "schema": "careloop/hook/v1",
        "careloop_version": __version__,
        "standards_digest": standards_digest,
        "commit": commit,
        "refs": [
            {
                "ref": ref,
                "decision": "refused" if refused else "accepted",
                "reason": refused,
                "findings": [finding_json(finding) for finding in _blocking(check)],
            }
            for ref, refused, check in answers
        ],
    }


def hook_lines(answers: Sequence[Answer]) -> Iterator[tuple[str, str]]:
    """Only what stands in the way: quiet when nothing does."""
    for ref, refused, check in answers:
        if refused is None:
            continue
        for finding in _blocking(check):
            yield "must", f"{finding.place}  {finding.message}   [{finding.rule}]"
            yield from (("detail", f"    because {reason}") for reason in finding.because[:4])
            if finding.remedy:
                yield "detail", f"    mend: {finding.remedy}"
        yield "summary", f"care: {ref} refused: {refused}"


def _blocking(check: CheckResult | None) -> tuple[Finding, ...]:
    if check is None:
        return ()
    return (*check.checked.errors, *(finding for finding in check.checked.findings if finding.blocking))
