"""Flags say what answers, in every state of a system, and their tag changes when and only when they do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from careloop.domain.deployment import Served, ServeRelease, ServeSafeState, Serving
from careloop.domain.system import SafeStateKind
from careloop.reports.flag_report import FLAGS, flag_json, flags_etag, system_flags

NOON = datetime(2026, 3, 31, 12, tzinfo=UTC)
LOCK = f"sha256:{'1' * 64}"


def a_serving(served: Served, *, since: datetime = NOON) -> Serving:
    return Serving(system="credit", environment="production", served=served, since=since, order="o", replaced=None)


STATES: list[tuple[Serving | None, str | None, tuple[object, ...]]] = [
    (None, None, (False, "", "", "", "nothing")),
    (a_serving(ServeRelease(LOCK)), "2.0", (True, LOCK, "2.0", "", "release")),
    (a_serving(ServeRelease(LOCK)), None, (True, LOCK, "", "", "release")),
    (a_serving(ServeSafeState(SafeStateKind.HUMAN)), "2.0", (False, "", "", "human", "safe_state")),
]


@pytest.mark.parametrize(("serving", "version", "values"), STATES)
def test_every_state_has_its_values(serving: Serving | None, version: str | None, values: tuple[object, ...]) -> None:
    flags = system_flags("credit", serving, version)
    assert tuple(one.value for one in flags) == values
    assert [one.key for one in flags] == [f"credit.{name}" for name in FLAGS]
    assert {one.variant for one in flags} == {values[-1]}


def test_a_value_that_cannot_be_renewed_is_said_to_be_stale() -> None:
    (flag, *_) = system_flags("credit", a_serving(ServeRelease(LOCK)), None)
    assert flag_json(flag, stale=True)["reason"] == "STALE"
    assert flag_json(flag, stale=False)["metadata"] == {"since": "2026-03-31T12:00:00.000000Z", "stale": False}


def test_the_tag_of_an_answer_is_that_of_its_flags() -> None:
    def tag(serving: Serving, *, stale: bool = False) -> str:
        return flags_etag({"flags": [flag_json(one, stale=stale) for one in system_flags("credit", serving, None)]})

    one = a_serving(ServeRelease(LOCK))
    assert tag(one) == tag(a_serving(ServeRelease(LOCK)))
    others = (
        tag(one, stale=True),
        tag(a_serving(ServeSafeState(SafeStateKind.HUMAN))),
        tag(a_serving(ServeRelease(LOCK), since=NOON + timedelta(seconds=1))),
    )
    assert len({tag(one), *others}) == 4
