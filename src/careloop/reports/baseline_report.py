"""Known debt as JSON and as lines."""

from collections.abc import Iterator
from typing import Any

from careloop import __version__
from careloop.checks.known_debt import KnownDebt
from careloop.domain.evolve import BaselineItem
from careloop.reports.check_report import finding_json

__all__ = ["baseline_json", "baseline_lines"]


def baseline_json(debt: KnownDebt, *, commit: str | None, standards_digest: str) -> dict[str, Any]:
    """The whole answer."""
    return {
        "schema": "careloop/baseline/v1",
        "careloop_version": __version__,
        "standards_digest": standards_digest,
        "commit": commit,
        "recorded": debt.baseline.recorded.isoformat(),
        "items": [_row(item) for item in debt.baseline.items],
        "added": [item.finding for item in debt.added],
        "paid": [_row(item) for item in debt.paid],
        "left": [finding_json(finding) for finding in debt.left],
    }


def _row(item: BaselineItem) -> dict[str, str]:
    return {key: str(value) for key, value in item.model_dump(mode="json").items()}


def baseline_lines(debt: KnownDebt) -> Iterator[tuple[str, str]]:
    """Lines to print, each with a style."""
    for item in debt.baseline.items:
        yield "grey", f"{item.file}  {item.rule}  {item.owner} by {item.burn_down}"
    for item in debt.paid:
        yield "good", f"{item.file}  {item.rule}  is mended and leaves"
    for finding in debt.left:
        yield "must", f"{finding.place}  {finding.message}   [{finding.rule}]"
    known, added = len(debt.baseline.items), len(debt.added)
    parts = [f"{known} known" + (f", {added} of them new" if added else ""), f"{len(debt.paid)} mended"]
    if debt.left:
        parts.append(f"{len(debt.left)} not taken in, for a baseline may only shrink: mend them, or ask for a waiver")
    yield "summary", "; ".join(parts)
