"""Whether an impact assessment still speaks about the system as it is: the trap of the one-time assessment (R11).

It is out of date when its interval has run out, when something it rested on has changed since its day (purpose, model,
data, supplier, law), or when a severe incident happened after it. ISO/IEC 42001 8.4, A.5.2.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any, Final

from careloop.domain.dataset import Dataset
from careloop.domain.impact import Assessment
from careloop.domain.noun import days_in
from careloop.domain.repository import Repository
from careloop.domain.system import System
from careloop.domain.third_party import Law, Supplier

__all__ = ["SEVERE", "newest_assessment", "out_of_date"]

SEVERE: Final = frozenset({"sev1"})
"""Severities of incidents after which a system is assessed again."""

_PURPOSE: Final = {
    "purpose", "domain", "intended_use", "out_of_scope_uses", "autonomy", "users", "affected", "jurisdictions",
    "affects_rights", "origin",
}  # fmt: skip
_DATA: Final = {"id", "used_for", "categories", "personal", "source", "rights"}
_SUPPLIER: Final = {"id", "services"}
_LAW: Final = {"id", "dates", "duties"}


def newest_assessment(repository: Repository, system: str) -> tuple[str, Assessment] | None:
    """The latest full assessment of a system and its file; null when there is none."""
    found = [(d.path, one) for d, one in repository.all(Assessment) if d.folder == system]
    return max(found, key=lambda pair: pair[1].on, default=None)


def out_of_date(
    system: System, now: Repository, then: Repository | None, *, today: date, incidents: Iterable[tuple[date, str]] = ()
) -> tuple[str, ...]:
    """Why the newest assessment of a system does not count any more; empty when it does, and when there is none.

    `then` holds the documents in force on the day of the assessment, null where nobody knows them: then only the
    interval and incidents are judged. `incidents` are day and severity of the system's real ones.
    """
    found = newest_assessment(now, system.id)
    if found is None:
        return ()
    assessment = found[1]
    return (*_by_time(assessment, today, incidents), *(_by_change(system, now, then) if then is not None else ()))


def _by_time(assessment: Assessment, today: date, incidents: Iterable[tuple[date, str]]) -> Iterator[str]:
    due = assessment.on + timedelta(days=days_in(assessment.review_every))
    if due < today:
        yield f"its interval of {assessment.review_every} ran out on {due}"
    severe = [(day, severity) for day, severity in incidents if severity in SEVERE and day > assessment.on]
    if severe:
        yield f"an incident of severity {severe[-1][1]} happened on {severe[-1][0]}"


def _by_change(system: System, now: Repository, then: Repository) -> Iterator[str]:
    was = next((one for one in then.nouns(System) if one.id == system.id), None)
    if was is None:
        return
    if changed := _changed(_fields(was, _PURPOSE), _fields(system, _PURPOSE)):
        yield f"the purpose has changed since: {', '.join(changed)}"
    if _model(was) != _model(system):
        yield "the kind of model has changed since: design.architecture"
    for word, before, after in (
        ("data", _datasets(then, system), _datasets(now, system)),
        ("the supplier", _suppliers(then, was), _suppliers(now, system)),
        ("the law", _laws(then, system), _laws(now, system)),
    ):
        if changed := _changed(before, after):
            yield f"{word} has changed since: {', '.join(changed)}"


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))


def _fields(system: System, names: set[str]) -> dict[str, Any]:
    return system.model_dump(mode="json", include=names)


def _model(system: System) -> tuple[object, ...]:
    return (system.design.architecture if system.design else None, system.language_model)


def _datasets(repository: Repository, system: System) -> dict[str, Any]:
    mine = (one for document, one in repository.all(Dataset) if document.folder == system.id)
    return {one.id: one.model_dump(mode="json", include=_DATA) for one in mine}


def _suppliers(repository: Repository, system: System) -> dict[str, Any]:
    mine = (one for one in repository.nouns(Supplier) if one.id == system.supplier)
    return {one.id: one.model_dump(mode="json", include=_SUPPLIER) for one in mine}


def _laws(repository: Repository, system: System) -> dict[str, Any]:
    """Laws on file that name the system; a day that comes to pass was foreseen, a day that moved was not."""
    mine = (one for one in repository.nouns(Law) if system.id in one.systems)
    return {one.id: one.model_dump(mode="json", include=_LAW) for one in mine}
