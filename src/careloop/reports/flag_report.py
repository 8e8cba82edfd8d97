"""What answers of a system, as feature flags: an application that asks for them serves what it should (OFREP 0.3).

Five flags a system, each with a value that is safe to fall back to: an application that gets no answer should act as if
no release were in service.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from careloop.domain.deployment import ServeRelease, Serving
from careloop.ledger.canonical import canonical_bytes, instant_text

__all__ = ["FLAGS", "Flag", "flag_json", "flags_etag", "system_flags"]

FLAGS: Final = ("in-service", "release", "version", "safe-state", "level")
"""What is told of each system; a flag's key is the system's id, a dot, and one of these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """One flag and its value now."""

    key: str
    value: bool | str
    variant: str
    since: str
    """When it began to hold, RFC 3339; empty when nothing was ever deployed."""


def system_flags(system: str, serving: Serving | None, version: str | None) -> tuple[Flag, ...]:
    """The flags of a system; `serving` is what answers by the ledger, `version` that of its release."""
    served = None if serving is None else serving.served
    release = served.lock if isinstance(served, ServeRelease) else ""
    safe = "" if served is None or isinstance(served, ServeRelease) else served.state.value
    level = "release" if release else "safe_state" if safe else "nothing"
    since = "" if serving is None else instant_text(serving.since)
    values: tuple[bool | str, ...] = (bool(release), release, (version or "") if release else "", safe, level)
    return tuple(
        Flag(key=f"{system}.{name}", value=value, variant=level, since=since)
        for name, value in zip(FLAGS, values, strict=True)
    )


def flag_json(flag: Flag, *, stale: bool) -> dict[str, Any]:
    """One evaluation; `stale` when the server cannot renew what it knows, and says what it knew last."""
    return {
        "key": flag.key,
        "value": flag.value,
        "variant": flag.variant,
        "reason": "STALE" if stale else "STATIC",
        "metadata": {"since": flag.since, "stale": stale},
    }


def flags_etag(body: dict[str, Any]) -> str:
    """A strong tag of an answer: the same flags have the same."""
    return f'"{sha256(canonical_bytes(body)).hexdigest()[:32]}"'
