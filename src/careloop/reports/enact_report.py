"""What became of putting a commit in force, as JSON and as lines (R9, R28)."""

from collections.abc import Iterator
from typing import Any

from careloop import __version__
from careloop.domain.enacted import Enacted
from careloop.reports.check_report import check_json, finding_lines

__all__ = ["enact_json", "enact_lines"]


def enact_json(done: Enacted) -> dict[str, Any]:
    """The answer for machines; what stands against it, where it was refused, has the shape of a check."""
    return {
        "schema": "careloop/enact/v1",
        "careloop_version": __version__,
        "standards_digest": done.check.standards_digest,
        "commit": done.commit,
        "previous": done.previous,
        "recorded": done.recorded,
        "approvals": {path: list(people) for path, people in sorted(done.approvals.items())},
        "reviews": {name: dict(agreed) for name, agreed in done.reviews.items()},
        "refused": check_json(done.check) if done.check.exit_code else None,
    }


def enact_lines(done: Enacted) -> Iterator[tuple[str, str]]:
    """Lines to print, each with a style."""
    if done.check.exit_code:
        yield from _against(done)
    elif not done.recorded:
        yield "", f"{done.commit[:12]} is in force already"
    else:
        after = f", after {done.previous[:12]}" if done.previous else ", as the first"
        yield "good", f"{done.commit[:12]} is in force from now on{after}"
        for path, people in sorted(done.approvals.items()):
            yield "detail", f"    {path} approved by {', '.join(people)}"
        for name, agreed in done.reviews.items():
            said = ", ".join(f"{function}: {person}" for function, person in sorted(agreed.items()))
            yield "detail", f"    review {name}: {said}"


def _against(done: Enacted) -> Iterator[tuple[str, str]]:
    for error in done.check.checked.errors:
        yield "error", f"{error.place}  error  {error.message}   [{error.rule}]"
    for finding in done.check.checked.findings:
        if finding.blocking:
            yield from finding_lines(finding)
    yield "summary", f"{done.commit[:12]} is not put in force: mend this first"
