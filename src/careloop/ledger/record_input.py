"""Records as people and scripts write them, for `care ledger append`: JSON in, records or every error out.

One object, a list of objects, or one object a line. `type` and `data` are needed; `id` and `occurred_at` are filled in.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Annotated

import msgspec

from careloop.errors import InvalidInput
from careloop.ledger.canonical import read_canonical
from careloop.ledger.record import seal
from careloop.ports.ledger import Actor, ActorKind, Json, Record, Subject

__all__ = ["read_records"]

_Name = Annotated[str, msgspec.Meta(min_length=1)]


class _ActorInput(msgspec.Struct, forbid_unknown_fields=True):
    iss: _Name
    sub: _Name
    kind: ActorKind = ActorKind.SERVICE


class _SubjectInput(msgspec.Struct, forbid_unknown_fields=True):
    name: _Name
    digest: str | None = None


class _RecordInput(msgspec.Struct, forbid_unknown_fields=True):
    type: _Name
    data: dict[str, object]
    id: str | None = None
    occurred_at: datetime | None = None
    actor: _ActorInput | None = None
    subject: list[_SubjectInput] = []
    controls: list[str] = []
    refs: list[str] = []


def read_records(content: bytes, *, actor: Actor, now: datetime, make_id: Callable[[], str]) -> tuple[Record, ...]:
    """The records of a file; `actor` is whoever sends those that name none.

    Raises `InvalidInput` that names, for every record that does not fit, its line or place and the field.
    """
    records: list[Record] = []
    problems: list[str] = []
    for where, text in _parts(content):
        try:
            given = msgspec.json.decode(text, type=_RecordInput)
            record = _record(given, actor, now, make_id)
            seal(record, recorded_at=now)
            records.append(record)
        except (msgspec.DecodeError, UnicodeDecodeError, InvalidInput) as error:
            problems.append(f"{where}: {error}")
    if problems:
        raise InvalidInput("\n".join(problems), hint="Nothing was recorded: mend the named fields, then send it again.")
    return tuple(records)


def _parts(content: bytes) -> list[tuple[str, bytes]]:
    """Each record's text, and what to call its place."""
    if content.lstrip()[:1] == b"[":
        try:
            items = msgspec.json.decode(content, type=list[msgspec.Raw])
        except msgspec.DecodeError as error:
            raise InvalidInput(f"not a list of records: {error}") from error
        return [(f"record {number}", bytes(item)) for number, item in enumerate(items, start=1)]
    lines = [(f"line {number}", line) for number, line in enumerate(content.split(b"\n"), start=1) if line.strip()]
    if len(lines) > 1 and not _stands_alone(lines[0][1]):
        return [("the record", content)]
    return lines


def _stands_alone(line: bytes) -> bool:
    try:
        msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    return True


def _record(given: _RecordInput, actor: Actor, now: datetime, make_id: Callable[[], str]) -> Record:
    at = given.occurred_at or now
    if at.tzinfo is None:
        raise InvalidInput("occurred_at: says no time zone")
    return Record(
        id=given.id or make_id(),
        type=given.type,
        actor=Actor(iss=given.actor.iss, sub=given.actor.sub, kind=given.actor.kind) if given.actor else actor,
        occurred_at=at.astimezone(UTC),
        data=_data(given.data),
        subject=tuple(Subject(name=one.name, digest=one.digest) for one in given.subject),
        controls=tuple(given.controls),
        refs=tuple(given.refs),
    )


def _data(value: Mapping[str, object]) -> Mapping[str, Json]:
    """The data as it stands in a record; what has no place in one is found by `seal`."""
    try:
        found = read_canonical(msgspec.json.encode(value, order="sorted"))
    except InvalidInput as error:
        raise InvalidInput(f"data: {error.message.replace('$.', 'data.')}") from error
    if not isinstance(found, Mapping):
        raise InvalidInput("data: not an object")
    return found
