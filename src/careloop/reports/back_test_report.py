"""A back-test as JSON for machines and as lines for people (CONTRACTS, JSON)."""

from collections.abc import Iterator
from typing import Any, Final

from careloop import __version__
from careloop.domain.back_test import BackTest, Effect, PastRelease
from careloop.domain.decision import Reason

__all__ = ["back_test_json", "back_test_lines"]

_MOST: Final = 8
_WORDS: Final = {
    Effect.BLOCKED: "would have been blocked",
    Effect.WAITING: "would have waited",
    Effect.LOOSER: "would only have waited",
    Effect.NEWLY_ALLOWED: "newly allowed",
    Effect.CANNOT_TELL: "cannot be told",
    Effect.SAME: "the same",
}
_STYLES: Final = {
    Effect.BLOCKED: "must",
    Effect.WAITING: "should",
    Effect.LOOSER: "warn",
    Effect.NEWLY_ALLOWED: "warn",
    Effect.CANNOT_TELL: "should",
    Effect.SAME: "grey",
}


def back_test_json(found: BackTest) -> dict[str, Any]:
    """The whole answer; releases newest first."""
    return {
        "schema": "careloop/change-plan/v1",
        "careloop_version": __version__,
        "standards_digest": found.standards_digest,
        "commit": found.base,
        "branch": found.branch,
        "head": found.head,
        "tested": list(found.tested),
        "left_out": list(found.left_out),
        "releases": [_release_json(one) for one in found.releases],
        "summary": {effect.value: found.count(effect) for effect in Effect},
    }


def _release_json(one: PastRelease) -> dict[str, Any]:
    return {
        "system": one.system,
        "version": one.version,
        "environment": one.environment,
        "lock": one.lock,
        "decided_at": one.decided_at.isoformat().replace("+00:00", "Z"),
        "index": one.index,
        "recorded": one.recorded.value,
        "before": one.before.value if one.before else None,
        "after": one.after.value if one.after else None,
        "effect": one.effect.value,
        "because": one.because,
        "reasons": [
            {
                "kind": reason.kind.value,
                "effect": reason.effect.value,
                "rule": reason.rule,
                "measure": reason.measure,
                "message": reason.message,
                "because": list(reason.because),
            }
            for reason in one.reasons
        ],
    }


def back_test_lines(found: BackTest) -> Iterator[tuple[str, str]]:
    """What is tested, each release that would have fared otherwise with its reasons, and the count of all."""
    yield "heading", f"{found.branch} ({found.head[:12]}) against the last {len(found.releases)} releases"
    yield "", f"  laid over the documents of each: {', '.join(found.tested) or 'nothing governed changes'}"
    if found.left_out:
        yield "detail", f"  left as they were, since a card describes one release: {', '.join(found.left_out)}"
    for one in found.releases:
        yield from _release_lines(one)
    told = [f"{found.count(effect)} {_WORDS[effect]}" for effect in Effect if found.count(effect)]
    yield "summary", ", ".join(told) or "no release was ever decided"


def _release_lines(one: PastRelease) -> Iterator[tuple[str, str]]:
    what = f"{one.system} {one.version} in {one.environment}, {one.decided_at:%Y-%m-%d %H:%M}"
    if one.effect is Effect.CANNOT_TELL:
        yield _STYLES[one.effect], f"{what}: {one.recorded.value}, and cannot be told: {one.because}"
        return
    turned = "" if one.before is one.after else f" -> {one.after.value if one.after else ''}"
    yield _STYLES[one.effect], f"{what}: {one.before.value if one.before else ''}{turned}  ({_WORDS[one.effect]})"
    if one.before is not one.recorded:
        yield "detail", f"    the gate said {one.recorded.value} then; today's careloop judges the same otherwise"
    gone = one.effect in (Effect.NEWLY_ALLOWED, Effect.LOOSER)
    for reason in one.reasons[:_MOST]:
        yield "", f"    {'no longer: ' if gone else ''}{_reason(reason)}"
    if len(one.reasons) > _MOST:
        yield "detail", f"    and {len(one.reasons) - _MOST} more"


def _reason(reason: Reason) -> str:
    return f"{reason.message}   [{reason.rule or reason.kind.value}]"
