"""Which earlier release may take over, and if none, why not (SEMANTICS 13)."""

from collections.abc import Callable, Iterable
from typing import Final

from careloop.domain.plan_steps import RollbackTarget
from careloop.domain.release_lock import Presence
from careloop.domain.standing import Standing

__all__ = ["rollback_target"]

_WORDS: Final = {
    Presence.CHANGED: "its artefacts are no longer what was locked",
    Presence.MISSING: "its artefacts are not here",
}


def rollback_target(
    standings: Iterable[Standing], *, environment: str, instead_of: str | None, presence: Callable[[str], Presence]
) -> RollbackTarget:
    """The last release before `instead_of` with standing in an environment whose artefacts still have their digests.

    `standings` are those of one system, in order of the ledger. Where `instead_of` has no standing itself (a candidate,
    or null), every standing comes before it. `presence` says for a lock whether what it names is still what was locked.
    """
    standings = [one for one in standings if one.environment == environment]
    before = max((one.index for one in standings if one.lock == instead_of), default=None)
    here = [one for one in standings if one.lock != instead_of and (before is None or one.index < before)]
    if not here:
        return RollbackTarget(lock=None, because=f"no other release has standing in {environment}")
    passed: list[str] = []
    for one in sorted({one.lock: one for one in here}.values(), key=lambda one: -one.index):
        if not one.valid:
            passed.append(f"{one.version} was revoked")
            continue
        found = presence(one.lock)
        if found is Presence.SAME:
            why = f"release {one.version} has had standing since {one.since.isoformat()}"
            return RollbackTarget(lock=one.lock, because="; ".join((why, *passed)))
        passed.append(f"{one.version}: {_WORDS[found]}")
    return RollbackTarget(lock=None, because="; ".join(passed))
