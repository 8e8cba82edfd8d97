"""Follow the thirty days of Create: from which day they count, and where each item stands (R30)."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from careloop.checks.catalogue import Catalogue
from careloop.documents.compile import compile_tree
from careloop.domain.create_plan import CreatePlanResult, PlanStart
from careloop.domain.organisation import Organisation
from careloop.domain.tier import Phase
from careloop.errors import InvalidInput, UsageError
from careloop.ports.commit_history import CommitHistory
from careloop.ports.repository_source import RepositorySource
from careloop.ports.standards_library import StandardsLibrary, standards_digest
from careloop.status.create_plan import create_plan, create_results

__all__ = ["follow_create_plan"]


def follow_create_plan(
    source: RepositorySource,
    history: CommitHistory,
    *,
    standards: StandardsLibrary,
    now: datetime,
    start: date | None = None,
) -> CreatePlanResult:
    """The plan at `now`, by the organisation's calendar. Nothing in it rests on the ledger.

    The days count from `start`, else from `started` of the phase create in care.yaml, else from the first commit.
    Raises UsageError when none of them is there.
    """
    files = standards.read_all()
    catalogue = Catalogue(files)
    compiled = compile_tree(source.work_tree())
    zone = _zone(compiled.repository.organisation)
    here = now.astimezone(zone)
    first = _start(start, compiled.repository.organisation, history, zone)
    results = create_results(compiled.repository, catalogue, here)
    head = source.head()
    plan = create_plan(
        catalogue.gap_work.create,
        results,
        first,
        here.date(),
        in_git=head.commit is not None,
    )
    return CreatePlanResult(
        plan=plan,
        unread=tuple(f"{error.place}  error  {error.message}" for error in compiled.errors),
        commit=head.commit,
        dirty=head.dirty,
        standards_digest=standards_digest(files),
    )


def _start(given: date | None, organisation: Organisation | None, history: CommitHistory, zone: ZoneInfo) -> PlanStart:
    if given is not None:
        return PlanStart(given, "option")
    phases = organisation.phases if organisation else ()
    stated = next((one.started for one in phases if one.phase is Phase.CREATE and one.started is not None), None)
    if stated is not None:
        return PlanStart(stated, "care.yaml")
    first = history.first("care.yaml")
    if first is None:
        hint = "give --start, set `started` of the phase create in care.yaml, or make a first commit"
        raise UsageError("nothing says on which day Create began", hint=hint)
    return PlanStart(first.astimezone(zone).date(), "first commit")


def _zone(organisation: Organisation | None) -> ZoneInfo:
    name = organisation.time_zone if organisation else "UTC"
    try:
        return ZoneInfo(name)
    except (ValueError, OSError) as error:
        raise InvalidInput(
            f"care.yaml: time_zone '{name}' is no time zone", hint="write one like Europe/Berlin"
        ) from error
