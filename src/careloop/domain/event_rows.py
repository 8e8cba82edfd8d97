"""Events as rows to be counted, with their labels joined: the definition that every engine's join must equal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from careloop.domain.count_plan import Column, ColumnKind
from careloop.domain.event import Event, EventKind, StoredEvent
from careloop.domain.event_columns import LABELLED_AT, OCCURRED_AT, PARTS, RECEIVED_AT
from careloop.domain.event_values import moment_of
from careloop.domain.label_spec import Maturity
from careloop.errors import InvalidInput

__all__ = ["EventRow", "View", "columns_of", "event_rows"]


class View(StrEnum):
    """As what the events are looked at (EVENTS, "Windows")."""

    OCCURRED = "occurred"
    """By when it happened: late rows and labels add. An answer has the label, and the value, that was given last."""
    RECEIVED = "received"
    """By when it came: what was counted once never changes. Answers are without labels, since these come later."""
    LABELLED = "labelled"
    """Answers with the label or value that came first, by when both had come: what was counted once never changes."""
    MATURED = "matured"
    """Answers by when they came, each with the label it had when its time for labels was over (`Maturity`); labels that
    came later do not count. Once that time is over, what was counted never changes, and in which order labels came
    makes no difference. So a label that comes sooner when it is bad moves no window."""

    @property
    def instant(self) -> Column:
        """The column by which windows are cut."""
        return {View.OCCURRED: OCCURRED_AT, View.LABELLED: LABELLED_AT}.get(self, RECEIVED_AT)


class EventRow(NamedTuple):
    """One event, with what is known of its label in a view."""

    stored: StoredEvent
    label: str | None
    value: float | None
    matured_us: int | None
    labelled_us: int | None = None
    label_seq: int = 0
    """`ingest_seq` of the label, where the row waited for it."""

    @property
    def came(self) -> int:
        """`ingest_seq` with which the row was complete."""
        return max(self.stored.seq, self.label_seq)


_Key = tuple[str, bool, bool]
"""Id of the answer, and the marks: a drill's label never labels a real answer."""


class _Label(NamedTuple):
    label: str | None = None
    value: float | None = None
    matured_us: int | None = None


_UNLABELLED: Final = _Label()
_LABELS: Final = (EventKind.LABEL, EventKind.OUTCOME)


def event_rows(
    stored: Iterable[StoredEvent],
    view: View | Maturity,
    *,
    since_us: int | None = None,
    until_us: int | None = None,
    after: int = 0,
) -> list[EventRow]:
    """The rows of one system in a view, in the order of `stored`, which must be that of `ingest_seq`.

    `since_us` ≤ the view's instant < `until_us`, and `after` < the row's `ingest_seq`. Labels are found whenever they
    occurred, and whenever they came. A `Maturity` stands for the view by maturity.
    """
    kept = list(stored)
    if isinstance(view, Maturity):
        rows, when = _with_matured_label(kept, view), _WHEN[View.RECEIVED]
    else:
        rows, when = _JOINS[view](kept), _WHEN[view]
    return [
        row
        for row in rows
        if row.came > after
        and (since_us is None or when(row) >= since_us)
        and (until_us is None or when(row) < until_us)
    ]


def columns_of(rows: Iterable[EventRow], wanted: Iterable[Column]) -> dict[str, list[object]]:
    """The wanted columns of the rows, None where a row has no value."""
    kept = list(rows)
    return {column.name: list(map(_reader(column), kept)) for column in wanted}


# --- the joins --------------------------------------------------------------------------------------------------------


def _as_it_came(stored: list[StoredEvent]) -> list[EventRow]:
    return [EventRow(each, each.event.label, each.event.value, each.event.matured_us) for each in stored]


def _with_last_label(stored: list[StoredEvent]) -> list[EventRow]:
    """Last by when the label was given, then by id: the order of arrival makes no difference."""
    found: dict[_Key | None, _Label] = {}
    for event in _in_order_given(each.event for each in stored if each.event.kind in _LABELS):
        found[_answered(event)] = _later(found.get(_answered(event), _UNLABELLED), event)
    return [
        EventRow(each, *found[key]) if (key := _answering(each.event)) in found else row
        for each, row in zip(stored, _as_it_came(stored), strict=True)
    ]


def _in_order_given(labels: Iterable[Event]) -> list[Event]:
    return sorted(labels, key=lambda event: (event.occurred_us, event.id))


def _later(old: _Label, event: Event) -> _Label:
    return _Label(
        old.label if event.label is None else event.label,
        old.value if event.value is None else event.value,
        old.matured_us if event.matured_us is None else event.matured_us,
    )


def _with_matured_label(stored: list[StoredEvent], maturity: Maturity) -> list[EventRow]:
    """Of the labels that were received in time, the one that was given last."""
    labels: dict[_Key | None, list[StoredEvent]] = {}
    for each in stored:
        if each.event.kind in _LABELS:
            labels.setdefault(_answered(each.event), []).append(each)
    return [
        _matured(each, labels.get(_answering(each.event), ()), maturity)
        if each.event.kind is EventKind.INFERENCE
        else row
        for each, row in zip(stored, _as_it_came(stored), strict=True)
    ]


def _matured(answer: StoredEvent, labels: Iterable[StoredEvent], maturity: Maturity) -> EventRow:
    until_us = answer.received_us + maturity.after_us
    given = [each.event for each in labels if each.received_us < until_us]
    label = _UNLABELLED if given else _Label(label=maturity.otherwise)
    for event in _in_order_given(given):
        label = _later(label, event)
    return EventRow(answer, *label)


def _with_first_label(stored: list[StoredEvent]) -> list[EventRow]:
    first: dict[_Key | None, StoredEvent] = {}
    for each in stored:
        if each.event.kind in _LABELS:
            first.setdefault(_answered(each.event), each)
    rows = []
    for each in stored:
        given = first.get(_answering(each.event))
        if given is not None:
            event, both_us = given.event, max(each.received_us, given.received_us)
            rows.append(EventRow(each, event.label, event.value, event.matured_us, both_us, given.seq))
    return rows


def _answered(event: Event) -> _Key:
    return event.inference_id or "", event.drill, event.synthetic


def _answering(event: Event) -> _Key | None:
    """None for what is no answer: nothing labels it."""
    return (event.id, event.drill, event.synthetic) if event.kind is EventKind.INFERENCE else None


_JOINS: Final[Mapping[View, Callable[[list[StoredEvent]], list[EventRow]]]] = {
    View.OCCURRED: _with_last_label,
    View.RECEIVED: _as_it_came,
    View.LABELLED: _with_first_label,
}
_WHEN: Final[Mapping[View, Callable[[EventRow], int]]] = {
    View.OCCURRED: lambda row: row.stored.event.occurred_us,
    View.RECEIVED: lambda row: row.stored.received_us,
    View.LABELLED: lambda row: row.labelled_us or 0,
}

# --- columns ----------------------------------------------------------------------------------------------------------


def _reader(column: Column) -> Callable[[EventRow], object]:
    part, dot, name = column.name.partition(".")
    if dot and part in PARTS:
        return lambda row: getattr(row.stored.event, part).get(name)
    if column.kind is ColumnKind.INSTANT and column.name in _INSTANTS:
        read_us = _INSTANTS[column.name]
        return lambda row: None if (at_us := read_us(row)) is None else moment_of(at_us)
    if column.name in _SPECIAL:
        return _SPECIAL[column.name]
    if column.name not in Event.__struct_fields__:
        raise InvalidInput(f"the rows have no column '{column.name}'")
    return lambda row: getattr(row.stored.event, column.name)


_INSTANTS: Final[Mapping[str, Callable[[EventRow], int | None]]] = {
    "received_at": lambda row: row.stored.received_us,
    "occurred_at": lambda row: row.stored.event.occurred_us,
    "matured_at": lambda row: row.matured_us,
    "labelled_at": lambda row: row.labelled_us,
}
_SPECIAL: Final[Mapping[str, Callable[[EventRow], object]]] = {
    "ingest_seq": lambda row: row.stored.seq,
    "kind": lambda row: row.stored.event.kind.value,
    "label": lambda row: row.label,
    "value": lambda row: row.value,
    "unit_or_id": lambda row: row.stored.event.unit or row.stored.event.id,
}
