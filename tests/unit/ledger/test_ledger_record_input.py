"""Records as people write them: everything wrong is named, with its line and field (R51)."""

import pytest

from careloop.errors import InvalidInput
from careloop.ledger.record_input import read_records
from careloop.ports.ledger import Record
from careloop.testing.contracts.ledger import ADA, BOB, NOON, a_record

ONE = b'{"type": "incident.opened", "data": {"system": "x", "severity": "low"}}'


def read(content: bytes) -> tuple[Record, ...]:
    return read_records(content, actor=ADA, now=NOON, make_id=lambda: a_record(7).id)


@pytest.mark.parametrize("content", [ONE, ONE + b"\n", b"[" + ONE + b"]", ONE.replace(b"{", b"{\n", 1)])
def test_an_object_a_list_and_lines_are_read(content: bytes) -> None:
    (record,) = read(content)
    assert (record.type, record.id, record.actor, record.occurred_at) == (
        "incident.opened",
        a_record(7).id,
        ADA,
        NOON,
    )
    assert len(read(ONE + b"\n\n" + ONE)) == 2
    assert read(b"") == ()


def test_what_is_said_is_kept() -> None:
    (record,) = read(
        b'{"type": "incident.opened", "id": "019d43c3-d207-7000-8000-000000000009", "data": {"system": "x",'
        b' "severity": "low", "n": {"a": [1, null]}}, "occurred_at": "2026-03-31T13:00:00+02:00",'
        b' "actor": {"iss": "https://id.acme.example", "sub": "bob", "kind": "person"},'
        b' "subject": [{"name": "systems/x"}], "controls": ["iso42001:2023/A.8.4"], "refs": ["r"]}'
    )
    assert (record.actor, record.occurred_at.isoformat()) == (BOB, "2026-03-31T11:00:00+00:00")
    assert record.data["n"] == {"a": [1, None]}
    assert (record.subject[0].name, record.controls, record.refs) == ("systems/x", ("iso42001:2023/A.8.4",), ("r",))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "line 1: "),
        (b"[1]", "record 1: "),
        (b"[", "not a list of records"),
        (b'{"typ": "x", "data": {}}', "line 1: Object contains unknown field `typ`"),
        (b'{"type": "incident.opened"}', "line 1: Object missing required field `data`"),
        (b'{"type": "incident.opened", "data": {"system": "x"}}', "data.severity: required by incident.opened"),
        (b'{"type": "weather", "data": {}}', "is not a known record type"),
        (ONE.replace(b'"low"', b"0.5"), "data.severity: a decimal must be written as a string"),
        (ONE[:-1] + b', "occurred_at": "2026-03-31T12:00:00"}', "occurred_at: says no time zone"),
        (ONE[:-1] + b', "actor": {"iss": "i", "sub": "s", "kind": "robot"}}', "actor.kind"),
        (b"\xff", "line 1: "),
    ],
)
def test_what_is_wrong_is_named(content: bytes, said: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read(content)
    assert said in caught.value.message


def test_every_wrong_line_is_named_at_once() -> None:
    with pytest.raises(InvalidInput) as caught:
        read(ONE + b'\n{"type": "x", "data": {}}\n' + ONE + b'\n{"typ": 1}')
    assert [line.partition(":")[0] for line in caught.value.message.splitlines()] == ["line 2", "line 4"]
