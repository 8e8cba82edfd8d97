"""The manifest of an audit pack, its readme, and what the command says (R16)."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from careloop import __version__
from careloop.domain.audit_pack import Audience, AuditPack, ItemState, PackItem

__all__ = ["audit_pack_json", "audit_pack_lines", "manifest_bytes", "readme_bytes"]

_STYLES = {ItemState.PRESENT: "good", ItemState.STALE: "warn", ItemState.MISSING: "bad"}


def manifest_bytes(
    items: tuple[PackItem, ...],
    members: Mapping[str, bytes],
    *,
    audience: Audience,
    at: datetime,
    source: dict[str, Any],
) -> bytes:
    """`manifest.json`: each member with its digest, each required item with its state and age, and the readiness."""
    pack = AuditPack(audience=audience, items=items, members=members)
    told = _summary(pack, at) | {
        "source": source,
        "files": [
            {"path": path, "sha256": hashlib.sha256(raw).hexdigest(), "bytes": len(raw)}
            for path, raw in sorted(members.items())
        ],
    }
    return (json.dumps(told, indent=2, ensure_ascii=False) + "\n").encode()


def audit_pack_json(pack: AuditPack, at: datetime, *, out: str) -> dict[str, Any]:
    """The answer of the command."""
    return _summary(pack, at) | {"out": out, "files": len(pack.members)}


def _summary(pack: AuditPack, at: datetime) -> dict[str, Any]:
    return {
        "schema": "careloop/audit-pack/v1",
        "careloop_version": __version__,
        "audience": pack.audience.value,
        "at": at.isoformat(),
        "readiness": {
            "percent": round(pack.readiness, 1) if pack.readiness is not None else None,
            "ready": pack.ready,
            "required": len(pack.items),
            "reason": None if pack.items else "nothing is required of it",
        },
        "items": [
            {
                "kind": one.kind.value,
                "id": one.id,
                "state": one.state.value,
                "because": one.because,
                "path": one.path,
                "day": one.day.isoformat() if one.day else None,
                "age_days": (at.date() - one.day).days if one.day else None,
            }
            for one in pack.items
        ],
    }


def readme_bytes(pack_items: tuple[PackItem, ...], *, audience: Audience, at: datetime, organisation: str) -> bytes:
    """`README.md`: what this is, what it lacks, and how to check it."""
    lacking = [one for one in pack_items if one.state is not ItemState.PRESENT]
    lines = [
        f"# Audit pack of {organisation}",
        "",
        f"Made for: {audience.value}. As of {at.isoformat(timespec='seconds')}.",
        "",
        "`manifest.json` lists every file with its SHA-256; check them with `sha256sum`. Implementation is computed",
        "from evidence; whether it conforms is an auditor's finding.",
        "",
        f"## Missing or out of date: {len(lacking)} of {len(pack_items)}",
        "",
        *(f"- {one.kind.value}: {one.id}: {one.state.value} ({one.because})" for one in lacking),
    ]
    return ("\n".join(lines).rstrip() + "\n").encode()


def audit_pack_lines(pack: AuditPack, *, out: str) -> Iterator[tuple[str, str]]:
    """Lines to print, each with a style: what is not there first, then how ready it is."""
    for one in pack.items:
        if one.state is not ItemState.PRESENT:
            yield _STYLES[one.state], f"{one.state.value:<8}{one.kind.value}  {one.id}: {one.because}"
    share = "unknown: nothing is required of it"
    if pack.readiness is not None:
        share = f"{pack.readiness:.1f} % ({pack.ready} of {len(pack.items)})"
    yield (
        "summary",
        f"{out}: {len(pack.members)} files for {pack.audience.value}; ready {share}",
    )
