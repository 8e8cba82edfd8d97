"""Entries of the ledger as happenings, and happenings as bodies of messages and back. Values in, values out."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Final

from careloop.domain.happening import Happening, HappeningKind
from careloop.domain.incident import DataSlice
from careloop.domain.plan_steps import RaisedAlarm
from careloop.errors import InvalidInput
from careloop.ledger.canonical import instant_text, read_instant
from careloop.plans.plan_record import read_alarm
from careloop.ports.ledger import Entry, Json

__all__ = ["happening_body", "happening_of", "read_happening"]

_SHORT: Final = 19
"""Signs of a digest that people are shown: `sha256:` and twelve more."""


def happening_of(entry: Entry) -> Happening | None:
    """What an entry tells; None for a record that no tool is told of, or that has not the shape it should have."""
    reader = _READERS.get(entry.record.type)
    data = entry.record.data
    if reader is None or not isinstance(data.get("system"), str):
        return None
    try:
        return reader(entry)
    except (InvalidInput, KeyError, TypeError, ValueError):
        return None  # a record by hand need not have the fields of ours; nobody waits for it


def happening_body(happening: Happening) -> Mapping[str, str]:
    """As the body of a message; `text` is what the list of messages shows."""
    told = asdict(happening) | {"kind": happening.kind.value, "at": instant_text(happening.at)}
    return {"text": happening.title, "happening": json.dumps(told, ensure_ascii=False, separators=(",", ":"))}


def read_happening(body: Mapping[str, str]) -> Happening:
    """What `happening_body` wrote; raises `InvalidInput` when it is none."""
    try:
        told = json.loads(body["happening"])
        rows = told.pop("rows")
        return Happening(
            **told
            | {
                "kind": HappeningKind(told["kind"]),
                "at": read_instant(told["at"]),
                "rows": None if rows is None else DataSlice(**rows),
            }
        )
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidInput(f"a message's body is no happening: {error}") from error


def _alarm(entry: Entry) -> Happening:
    record = entry.record
    alarm = read_alarm(_object(record.data["alarm"]))
    signal = alarm.signal
    who = f" for {signal.group}" if signal.group is not None else ""
    return Happening(
        id=record.id,
        kind=HappeningKind.ALARM,
        system=alarm.system,
        environment=alarm.environment,
        at=record.occurred_at,
        entry=entry.index,
        title=f"{alarm.system}: {signal.monitor}{who} moved {signal.moved.value} under {signal.release[:_SHORT]}",
        release=signal.release,
        severity=alarm.severity,
        rows=alarm.rows,
        facts=_measured(alarm)
        | {"may act": _yes(record.data.get("may_act")), "because": _text(record.data, "because")},
    )


def _measured(alarm: RaisedAlarm) -> dict[str, str]:
    signal = alarm.signal
    found = {"monitor": signal.monitor, "severity": alarm.severity, "response": alarm.response.value}
    found["observed"] = f"{signal.observed.hits} of {signal.observed.n} rows"
    if signal.compared is not None:
        found["compared with"] = f"{signal.compared.hits} of {signal.compared.n} rows of the other groups"
    found["limit"] = repr(signal.limit)
    if signal.amount is not None:
        found["observed"] = f"a mean of {signal.amount.observed:.6g} {signal.amount.unit} over {signal.observed.n} rows"
        found["limit"] = f"{signal.amount.limit:.6g} {signal.amount.unit}".strip()
    found["evidence"] = f"{signal.statistic:.4g} of {signal.threshold:.4g} needed"
    return found


def _deploy(entry: Entry) -> Happening:
    record, data = entry.record, entry.record.data
    lock, by_plan = _word(data["lock"]), isinstance(data.get("plan"), str)
    return Happening(
        id=record.id,
        kind=HappeningKind.ROLLBACK if by_plan else HappeningKind.DEPLOY,
        system=_word(data["system"]),
        environment=_word(data["environment"]),
        at=record.occurred_at,
        entry=entry.index,
        title=f"{data['system']}: {'rolled back to' if by_plan else 'release'} {lock[:_SHORT]}",
        release=lock,
        left=_left(data),
        facts=_given(data, ("plan", "alarm", "because")) | {"by": record.actor.sub},
    )


def _safe_state(entry: Entry) -> Happening:
    record, data = entry.record, entry.record.data
    return Happening(
        id=record.id,
        kind=HappeningKind.SAFE_STATE,
        system=_word(data["system"]),
        environment=_word(data["environment"]),
        at=record.occurred_at,
        entry=entry.index,
        title=f"{data['system']}: safe state {_word(data['state']).replace('_', ' ')}",
        release=None,
        left=_left(data),
        facts={"safe state": _word(data["state"])}
        | _given(data, ("plan", "alarm", "because"))
        | {"by": record.actor.sub},
    )


def _gate(entry: Entry) -> Happening:
    record, data = entry.record, entry.record.data
    lock, said = _word(data["lock"]), _word(data["decision"])
    reasons = data.get("reasons")
    count = len(reasons) if isinstance(reasons, list | tuple) else 0
    return Happening(
        id=record.id,
        kind=HappeningKind.GATE,
        system=_word(data["system"]),
        environment=_word(data["environment"]),
        at=record.occurred_at,
        entry=entry.index,
        title=f"{data['system']}: gate says {said} to {lock[:_SHORT]}",
        release=lock,
        facts={"decision": said, "reasons": str(count)} | _given(data, ("request", "commit")),
    )


def _retrain(entry: Entry) -> Happening:
    record, data = entry.record, entry.record.data
    rows = DataSlice(**{str(name): value for name, value in _object(data["rows"]).items()})  # type: ignore[arg-type]
    return Happening(
        id=record.id,
        kind=HappeningKind.RETRAIN,
        system=_word(data["system"]),
        environment=_text(data, "environment") or "production",
        at=record.occurred_at,
        entry=entry.index,
        title=f"{data['system']}: a new model is wanted, {rows.monitor} is out of its limits",
        release=rows.release,
        rows=rows,
        facts=_given(data, ("reason", "plan", "alarm")),
    )


_READERS: Final[Mapping[str, Callable[[Entry], Happening]]] = {
    "alarm.raised": _alarm,
    "deploy.done": _deploy,
    "safe_state.entered": _safe_state,
    "gate.decision": _gate,
    "retrain.requested": _retrain,
}


def _left(data: Mapping[str, Json]) -> str | None:
    """The release that answered before, where the record names just one."""
    over = data.get("over")
    named = [data.get("replaced"), *(over if isinstance(over, list | tuple) else ())]
    locks = {str(one["release"]) for one in named if isinstance(one, Mapping) and "release" in one}
    return locks.pop() if len(locks) == 1 else None


def _given(data: Mapping[str, Json], names: tuple[str, ...]) -> dict[str, str]:
    return {name: text for name in names if (text := _text(data, name))}


def _text(data: Mapping[str, Json], name: str) -> str:
    value = data.get(name)
    return value if isinstance(value, str) else ""


def _yes(value: Json) -> str:
    return "yes" if value is True else "no"


def _word(value: Json) -> str:
    if not isinstance(value, str):
        raise InvalidInput("a word is missing")
    return value


def _object(value: Json) -> Mapping[str, Json]:
    if not isinstance(value, Mapping):
        raise InvalidInput("an object is missing")
    return value
