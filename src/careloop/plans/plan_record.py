"""A plan and an alarm as the ledger keeps them, and back: so that whoever continues a plan continues the same one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from careloop.domain.plan_steps import Plan, RaisedAlarm
from careloop.errors import InvalidInput
from careloop.ports.ledger import Json

__all__ = ["alarm_data", "plan_data", "read_alarm", "read_plan"]


@cache
def _plans() -> TypeAdapter[Plan]:
    return TypeAdapter(Plan)


@cache
def _alarms() -> TypeAdapter[RaisedAlarm]:
    return TypeAdapter(RaisedAlarm)


def plan_data(plan: Plan) -> Mapping[str, Json]:
    """The plan as a value for a record; decimals are texts."""
    return _as_object(_plans().dump_python(plan, mode="json"))


def read_plan(data: Mapping[str, Json]) -> Plan:
    """The plan that `plan_data` wrote; raises `InvalidInput` when it is none."""
    try:
        return _plans().validate_python(_plain(data))
    except ValidationError as error:
        raise InvalidInput(f"not a plan: {error.error_count()} fields do not fit") from error


def alarm_data(alarm: RaisedAlarm) -> Mapping[str, Json]:
    """The alarm as a value for a record; decimals are texts."""
    return _as_object(_alarms().dump_python(alarm, mode="json"))


def read_alarm(data: Mapping[str, Json]) -> RaisedAlarm:
    """The alarm that `alarm_data` wrote; raises `InvalidInput` when it is none."""
    try:
        return _alarms().validate_python(_plain(data))
    except ValidationError as error:
        raise InvalidInput(f"not an alarm: {error.error_count()} fields do not fit") from error


def _as_object(value: Any) -> dict[str, Json]:
    found = _without_fractions(value)
    assert isinstance(found, dict)
    return found


def _without_fractions(value: Any) -> Json:
    match value:
        case float():
            return repr(value)
        case dict():
            return {str(key): _without_fractions(item) for key, item in value.items()}
        case list() | tuple():
            return [_without_fractions(item) for item in value]
        case _:
            kept: Json = value
            return kept


def _plain(value: Json) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(item) for item in value]
    return value
