"""Remarks as GitLab's code quality report: a JSON list that a merge request shows beside the lines.

GitLab compares the reports of the two branches by fingerprint, so what was there before is listed too and not shown as
new. Source: GitLab Docs, Code Quality, report format.
"""

import hashlib
import json
from typing import Any

from careloop.domain.tier import Severity
from careloop.reports.remarks import Level, Remark, RemarkList

__all__ = ["code_quality_text"]


def code_quality_text(told: RemarkList, *, folder: str = "") -> str:
    """The list as JSON. `folder` is where the repository lies in its git work tree: `governance/`, or empty."""
    seen: dict[str, int] = {}
    rows = []
    for remark in told.remarks:
        again = seen[remark.id] = seen.get(remark.id, -1) + 1
        rows.append(_row(remark, folder, again))
    return json.dumps(rows, indent=2) + "\n"


def _row(remark: Remark, folder: str, again: int) -> dict[str, Any]:
    parts = [remark.message, f"mend: {remark.remedy}" if remark.remedy else "", f"({remark.known})"]
    return {
        "description": " · ".join(part for part in parts[: 3 if remark.known else 2] if part),
        "check_name": remark.rule,
        "fingerprint": hashlib.sha256(f"careloop\0{remark.id}\0{again}".encode()).hexdigest(),
        "severity": _severity(remark),
        "location": {"path": _plain(folder + remark.place.file), "lines": {"begin": max(1, remark.place.line)}},
    }


def _severity(remark: Remark) -> str:
    """GitLab's five words: what cannot be read or blocks a release is `blocker`, what is known is `info`."""
    if remark.unreadable:
        return "blocker"
    if remark.level is Level.ERROR:
        return "major" if remark.severity is Severity.SHOULD else "critical"
    return "minor" if remark.level is Level.WARNING else "info"


def _plain(path: str) -> str:
    return path.encode(errors="surrogateescape").decode(errors="backslashreplace")
