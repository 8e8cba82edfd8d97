"""Record existing findings as known debt with an owner and an end, and let go of what is paid (SEMANTICS 7, R80)."""

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from careloop.checks.known_debt import KnownDebt, take_stock
from careloop.documents.compile import compile_tree
from careloop.domain.evolve import Baseline
from careloop.domain.finding import Finding
from careloop.domain.repository import Repository
from careloop.domain.roles import Roles
from careloop.domain.system import System
from careloop.errors import InvalidInput, UsageError
from careloop.ports.document_folder import DocumentFolder
from careloop.ports.repository_source import RepositorySource
from careloop.ports.result_cache import ResultCache
from careloop.ports.standards_library import StandardsLibrary
from careloop.workflows.create.check_repository import check_repository

__all__ = ["BASELINE_FILE", "BaselineTerms", "RecordedBaseline", "record_baseline"]

BASELINE_FILE = "baseline.yaml"
_DAYS = 90
_HEAD = """\
# Known debt: findings that were there before anybody was asked to mend them. They are shown grey and block nothing
# until their day. `care baseline` takes out what is mended. A change that adds an item or puts a day off fails.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineTerms:
    """How debt is to be recorded."""

    burn_down: date | None = None
    """Day by which it is paid; left out, 90 days from now the first time, and each item's own day later."""
    owner: str | None = None
    """Post that pays where a finding names nobody; left out, whoever owns the system or the management system."""
    now: datetime


@dataclass(frozen=True, slots=True)
class RecordedBaseline:
    """What was written, and what the answer rests on."""

    debt: KnownDebt
    commit: str | None
    standards_digest: str


def record_baseline(
    source: RepositorySource,
    writer: DocumentFolder,
    *,
    standards: StandardsLibrary,
    cache: ResultCache,
    terms: BaselineTerms,
) -> RecordedBaseline:
    """Write baseline.yaml from the findings of the work tree.

    Raises InvalidInput while something cannot be read, for what cannot be read cannot be judged, and UsageError for a
    day that is past or a post that does not exist.
    """
    today = terms.now.date()
    if terms.burn_down is not None and terms.burn_down <= today:
        raise UsageError(f"--burn-down {terms.burn_down} is not after today", hint="name a day that is still to come")
    result = check_repository(source, standards=standards, cache=cache)
    if result.checked.errors:
        place = result.checked.errors[0].place
        raise InvalidInput(f"{place} cannot be read, and so no debt can be counted", hint="`care check` shows them all")
    repository = compile_tree(source.work_tree()).repository
    posts = _posts(repository)
    if terms.owner is not None and posts and terms.owner not in posts:
        raise UsageError(f"there is no post '{terms.owner}'", hint=f"one of {', '.join(sorted(posts))}")
    before = repository.only(Baseline)
    debt = take_stock(
        before,
        result.checked.findings,
        owner_of=lambda finding: _owner(finding, repository, posts, terms.owner),
        burn_down=terms.burn_down or (None if before else today + timedelta(days=_DAYS)),
        today=today,
    )
    if debt.baseline != before:
        writer.write(BASELINE_FILE, _text(debt.baseline))
    return RecordedBaseline(debt, result.commit, result.standards_digest)


def _posts(repository: Repository) -> frozenset[str]:
    roles = repository.only(Roles)
    return frozenset(post.id for post in roles.posts) if roles else frozenset()


def _owner(finding: Finding, repository: Repository, posts: frozenset[str], given: str | None) -> str:
    """The post that has to pay: the finding's, the system's, the one that was given, the management system's."""
    systems = {system.id: system.owner for system in repository.nouns(System)}
    organisation = repository.organisation
    wanted = (finding.owner, systems.get(finding.subject or ""), given, organisation.owner if organisation else None)
    return next((post for post in wanted if post and (post in posts or not posts)), given or "unassigned")


def _text(baseline: Baseline) -> str:
    rows = [
        f"  - {{finding: {json.dumps(item.finding)}, rule: {item.rule}, file: {json.dumps(item.file)}, "
        f"owner: {item.owner}, burn_down: {item.burn_down}}}"
        for item in baseline.items
    ]
    items = "\n".join(["items:", *rows]) if rows else "items: []"
    return f"{_HEAD}recorded: {baseline.recorded}\n{items}\n"
