"""The thirty days of Create, each item computed from the repository (R30). Pure."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from careloop.checks.catalogue import Catalogue
from careloop.checks.subjects import Cases
from careloop.domain.create_plan import CreateItemState, CreatePlan, PlanStart
from careloop.domain.gap_work import CreateItem, CreateWork
from careloop.domain.repository import Repository
from careloop.domain.status import ClaimResult
from careloop.status.claims import ClaimJudge
from careloop.status.compute import requirement_rows

__all__ = ["create_plan", "create_results"]

_IN_GIT = "repository"


def create_results(repository: Repository, catalogue: Catalogue, now: datetime) -> Mapping[str, ClaimResult]:
    """The claims that show the items, by id, judged by the documents alone: nothing here rests on the ledger."""
    named = {claim for item in catalogue.gap_work.create.items for claim in item.claims}
    only = frozenset(row for row, claims in catalogue.claims.items() if any(claim.id in named for claim in claims))
    judge = ClaimJudge(Cases(repository, now), None, now)
    rows = requirement_rows(repository, catalogue, judge, now.date(), only)
    return {result.claim.id: result for row in rows for result in row.claims}


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
    sentences = [result.claim.text for result in still_open]
    if item.id == _IN_GIT and not in_git:
        sentences.insert(0, "The documents are kept in git.")
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
        open=tuple(sentences),
        because=tuple(because),
        remedies=tuple(dict.fromkeys(remedies)),
    )
