"""`care monitor init`: propose a system's monitors from rows of its own, as a document to be read and committed (R65).

Nothing is replaced that somebody wrote: an existing document is compared with the proposal, and written over only when
that is asked for.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from careloop.documents.compile import compile_tree
from careloop.documents.monitors_draft import draft_monitors
from careloop.domain.system import EventSchema, System
from careloop.errors import InvalidInput, NotFound
from careloop.ports.document_folder import DocumentFolder
from careloop.ports.repository_source import RepositorySource
from careloop.workflows.run.propose_monitors import Counting, Proposed, propose_monitors
from careloop.workflows.run.seen_rows import SeenRows, seen_rows

__all__ = ["MonitorsToWrite", "RowsAsked", "init_monitors", "write_monitors"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RowsAsked:
    """Rows of a file, and how to read them."""

    name: str
    """Of the file, for people."""
    columns: Mapping[str, Sequence[object]]
    named: Mapping[str, str]
    """Columns whose name does not say which field they are."""
    days: float
    """How long the rows took to come, where they bear no time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorsToWrite:
    """The drafted document, where it belongs, and what it rests on."""

    path: str
    text: str
    proposed: Proposed
    seen: SeenRows


def init_monitors(source: RepositorySource, system: str, asked: RowsAsked, *, counting: Counting) -> MonitorsToWrite:
    """Propose. Raises `NotFound` for a system that is not there, `InvalidInput` for rows that cannot be read."""
    compiled = compile_tree(source.work_tree())
    systems = {one.id: one for one in compiled.repository.nouns(System)}
    found = systems.get(system)
    if found is None:
        for error in compiled.errors:
            if error.place.file == f"systems/{system}/system.yaml":
                raise InvalidInput(f"{error.place}: {error.message}", hint="mend it; `care check` tells all of them")
        hint = f"one of {', '.join(sorted(systems))}" if systems else "write systems/<id>/system.yaml, or `care adopt`"
        raise NotFound(f"there is no system '{system}'", hint=hint)
    seen = seen_rows(asked.columns, found.events or EventSchema(), named=asked.named, days=asked.days)
    proposed = propose_monitors(found, seen, counting=counting)
    text = draft_monitors(
        found.owner,
        [(each.monitor, each.because) for each in proposed.proposals],
        head=_head(found, asked.name, seen, proposed),
    )
    return MonitorsToWrite(path=f"systems/{system}/monitors.yaml", text=text, proposed=proposed, seen=seen)


def write_monitors(made: MonitorsToWrite, folder: DocumentFolder, *, force: bool) -> str | None:
    """Write the document; where another one is, and `force` is not given, write nothing and return the difference."""
    old = folder.read(made.path)
    if old == made.text:
        return None
    if old is not None and not force:
        there, new = old.splitlines(keepends=True), made.text.splitlines(keepends=True)
        return "".join(difflib.unified_diff(there, new, fromfile=made.path, tofile=f"{made.path} (proposed)"))
    folder.write(made.path, made.text)
    return None


def _head(system: System, name: str, seen: SeenRows, proposed: Proposed) -> list[str]:
    span = f"{seen.days:,.1f} days" if seen.timed else f"taken to be {seen.days:g} days, for they bear no time"
    head = [
        f"Proposed by `care monitor init` from {seen.rows:,} rows of {name} ({span}), tier {system.tier}.",
        "Read each reason, change what you know better, and commit it: from then on it is yours.",
    ]
    if proposed.proposals:
        a_year = proposed.alarms_a_year
        head.append(
            f"{len(proposed.proposals)} monitors; their promises together allow {a_year:.2g} false alarms a year. "
            "Lengthen promises to get fewer; each alarm then comes later."
        )
    head += [f"Not proposed: {each.what}: {each.because}." for each in proposed.left_out]
    return head
