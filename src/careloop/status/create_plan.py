"""The thirty days of Create, each item computed from the repository (R30). Pure."""

from collections.abc import Mapping
from datetime import date, timedelta

from careloop.domain.create_plan import CreateItemState, CreatePlan, PlanStart
from careloop.domain.gap_work import CreateItem, CreateWork
from careloop.domain.status import ClaimResult

__all__ = ["create_plan"]

_IN_GIT = "repository"


def create_plan(
    work: CreateWork,
    results: Mapping[str, ClaimResult],
    start: PlanStart,
    on: date,
    *,
    in_git: bool,
) -> CreatePlan:
    """Where each item stands `on` a day: done when all its claims hold; the repository must lie in git too."""
    first = start.day
    return CreatePlan(
        start=first,
        start_from=start.told_by,
        on=on,
        day=(on - first).days + 1,
        days=work.days,
        end=first + timedelta(days=work.days - 1),
        source=work.source,
        items=tuple(_item(item, results, first, on, in_git=in_git) for item in work.items),
    )


def _item(
    item: CreateItem, results: Mapping[str, ClaimResult], start: date, on: date, *, in_git: bool
) -> CreateItemState:
    still_open = [results[claim] for claim in item.claims if not results[claim].held]
    because = [result.judgement.because for result in still_open]
    remedies = [result.claim.remedy for result in still_open]
    if item.id == _IN_GIT and not in_git:
        because.insert(0, "the folder is in no git repository, or has no commit")
        remedies.insert(0, "run `git init` and commit the documents")
    due = start + timedelta(days=item.day - 1)
    return CreateItemState(
        id=item.id,
        title=item.title,
        done=not because,
        day=item.day,
        due=due,
        overdue=bool(because) and due < on,
        because=tuple(because),
        remedies=tuple(dict.fromkeys(remedies)),
    )
