"""What a hook decides: a push to the branch in force, or a commit about to be made (R9, R19, R23)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from careloop.documents.compile import compile_tree
from careloop.domain.check import CheckResult
from careloop.ports.change_history import ChangeHistory
from careloop.ports.code_source import CodeSource
from careloop.ports.git_hooks import GitHooks, RefUpdate
from careloop.ports.repository_source import RepositorySource
from careloop.ports.result_cache import ResultCache
from careloop.ports.standards_library import StandardsLibrary
from careloop.workflows.create.check_repository import DiffRange, check_commit, check_repository

__all__ = ["Guarded", "HookDesk", "judge_push", "judge_staged", "read_updates"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HookDesk:
    """All that a hook needs."""

    source: RepositorySource
    history: ChangeHistory
    code: CodeSource
    """Files of other kinds: weights, parameters, prompts."""
    hooks: GitHooks
    standards: StandardsLibrary
    cache: ResultCache
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarded:
    """What was decided about one branch, or about a commit."""

    ref: str
    refused: str | None
    """Why, in a sentence; null when it is accepted."""
    check: CheckResult | None = None
    guarded: bool = True
    """Whether the branch is one that is in force; others are let through unseen."""


def read_updates(lines: Sequence[str]) -> tuple[RefUpdate, ...]:
    """What git tells a pre-receive hook: `old new ref`, a line for each; no hash is forty zeros."""
    rows = [line.split(" ", 2) for line in lines if line.strip()]
    return tuple(
        RefUpdate(ref, *(None if set(name) == {"0"} else name for name in (old, new))) for old, new, ref in rows
    )


def judge_push(updates: Sequence[RefUpdate], branches: Sequence[str], desk: HookDesk) -> tuple[Guarded, ...]:
    """Decide about each branch that a push wants to move; `branches` are in force, else the one HEAD points to."""
    in_force = [branch if branch.startswith("refs/") else f"refs/heads/{branch}" for branch in branches]
    in_force = in_force or [branch for branch in (desk.hooks.branch_in_force(),) if branch]
    return tuple(_judge(update, in_force, desk) for update in updates)


def _judge(update: RefUpdate, in_force: Sequence[str], desk: HookDesk) -> Guarded:
    if update.ref not in in_force:
        return Guarded(ref=update.ref, refused=None, guarded=False)
    if update.new is None:
        return Guarded(ref=update.ref, refused="a branch that is in force is not deleted")
    base = update.old or next((tip for ref in in_force if (tip := desk.hooks.tip(ref)) is not None), None)
    if base is None:
        first = check_commit(desk.source, update.new, standards=desk.standards, cache=desk.cache, on=None)
        return _answer(update.ref, first)
    if not desk.history.contains(update.new, base):
        return Guarded(
            ref=update.ref, refused="what was in force is never taken out of history; merge instead of forcing"
        )
    span = DiffRange(f"{base}..{update.new}", desk.history, desk.code)
    day = _day(desk, base)
    checked = check_repository(desk.source, standards=desk.standards, cache=desk.cache, diff=span, on=day)
    return _answer(update.ref, checked)


def judge_staged(desk: HookDesk) -> Guarded:
    """Decide about what is staged: refused for what it introduces or touches. Approval comes later, with the merge."""
    head, staged = desk.hooks.tip("HEAD"), desk.hooks.staged()
    if head is None:
        checked = check_commit(desk.source, staged, standards=desk.standards, cache=desk.cache, on=None)
    else:
        span = DiffRange(f"{head}..{staged}", code=desk.code)
        checked = check_repository(desk.source, standards=desk.standards, cache=desk.cache, diff=span)
    return _answer("staged", checked)


def _answer(ref: str, checked: CheckResult) -> Guarded:
    if checked.exit_code == 0:
        return Guarded(ref=ref, refused=None, check=checked)
    found = checked.checked
    blocking = sum(finding.blocking for finding in found.findings)
    parts = ((len(found.errors), "cannot be read"), (blocking, "findings block" if blocking > 1 else "finding blocks"))
    return Guarded(ref=ref, refused=" and ".join(f"{n} {what}" for n, what in parts if n), check=checked)


def _day(desk: HookDesk, base: str) -> date:
    """The day it is where the organisation is, by the care.yaml in force."""
    organisation = compile_tree(desk.source.at(base)).repository.organisation
    try:
        zone = ZoneInfo(organisation.time_zone if organisation else "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return desk.now.astimezone(UTC).date()
    return desk.now.astimezone(zone).date()
