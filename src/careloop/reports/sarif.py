"""Remarks as SARIF 2.1.0, which GitHub code scanning and editors read (OASIS, sarif-v2.1.0-errata01).

What is set aside in a baseline or by a waiver carries a suppression, so that it is neither an alert nor gone.
"""

import json
from typing import Any, Final

from careloop import __version__
from careloop.reports.remarks import Remark, RemarkList

__all__ = ["path_as_uri", "sarif_text"]

_SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_PLAIN: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/!$&'()*+,;=@")


def sarif_text(told: RemarkList, *, folder: str = "") -> str:
    """The log as JSON. `folder` is where the repository lies in its git work tree: `governance/`, or empty."""
    rules = sorted({one.rule for one in told.remarks})
    run: dict[str, Any] = {
        "tool": {"driver": {"name": "careloop", "version": __version__, "rules": [_rule(one, told) for one in rules]}},
        "automationDetails": {"id": f"careloop/{told.command}/"},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": "The root of the git repository."}}},
        "invocations": [
            {
                "executionSuccessful": not any(one.unreadable for one in told.remarks),
                "exitCode": told.exit_code,
            }
        ],
        "results": [_result(one, rules.index(one.rule), folder) for one in told.remarks],
        "properties": {
            "headline": told.headline,
            "about": told.about,
            "commit": told.commit,
            "standardsDigest": told.standards_digest,
        },
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(rule: str, told: RemarkList) -> dict[str, Any]:
    controls = sorted({control for one in told.remarks if one.rule == rule for control in one.controls})
    return {
        "id": rule,
        "shortDescription": {"text": rule.replace("-", " ").replace("_", " ")},
        "help": {"text": f"`care explain {rule}` says what it asks for and what it serves."},
        "properties": {"tags": ["ai-governance", *controls]},
    }


def _result(remark: Remark, rule: int, folder: str) -> dict[str, Any]:
    place = remark.place
    text = "\n".join(part for part in (remark.message, remark.details) if part)
    result: dict[str, Any] = {
        "ruleId": remark.rule,
        "ruleIndex": rule,
        "level": remark.level.value,
        "message": {"text": text},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": path_as_uri(folder + place.file), "uriBaseId": "%SRCROOT%"},
                    "region": {"startLine": max(1, place.line), "startColumn": max(1, place.column)},
                }
            }
        ],
        "partialFingerprints": {"careloopFindingId/v1": remark.id},
        "properties": {
            "severity": remark.severity.value if remark.severity else None,
            "controls": list(remark.controls),
            "owner": remark.owner,
            "remedy": remark.remedy,
        },
    }
    if remark.introduced is not None:
        result["baselineState"] = "new" if remark.introduced else "unchanged"
    if remark.set_aside:
        result["suppressions"] = [{"kind": "external", "justification": remark.known or ""}]
    return result


def path_as_uri(path: str) -> str:
    """A relative path as a URI reference (RFC 3986): what is no plain character is percent-encoded, byte by byte.

    >>> path_as_uri("systems/Prüfung 1.md")
    'systems/Pr%C3%BCfung%201.md'
    """
    raw = path.encode(errors="surrogateescape")
    return "".join(chr(byte) if byte in _PLAIN else f"%{byte:02X}" for byte in raw)
