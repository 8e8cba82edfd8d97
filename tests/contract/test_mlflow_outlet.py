"""What happened stands as tags on the model version of a real MLflow server, the latest word last (R48, R49)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from mlflow_server import MISSING, mlflow_server

from careloop.adapters.json_line import JsonLine
from careloop.adapters.mlflow_deployer import LOCK_TAG
from careloop.adapters.mlflow_outlet import MlflowOutlet
from careloop.domain.happening import HappeningKind
from careloop.errors import CareloopError, NotFound
from careloop.ports.outlet import Outlet
from careloop.testing.contracts.outlet import OutletContract, a_happening

API = "/api/2.0/mlflow"
ONE, TWO = (f"sha256:{digit * 64}" for digit in "12")


@pytest.fixture(scope="module")
def mlflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real MLflow server."""
    if MISSING is not None:
        pytest.skip(MISSING)
    with mlflow_server(tmp_path_factory.mktemp("mlflow")) as url:
        yield url


class TestMlflow(OutletContract):
    @pytest.fixture(autouse=True)
    def _of_the_server(self, mlflow: str) -> None:
        self.line = JsonLine(mlflow)
        with suppress(CareloopError):
            self.line.ask("DELETE", f"{API}/registered-models/delete", {"name": "credit"})
        self.line.ask("POST", f"{API}/registered-models/create", {"name": "credit"})
        for lock in (ONE, TWO):
            tags = [{"key": LOCK_TAG, "value": lock}]
            version = {"name": "credit", "source": f"s3://acme-models/{lock[-4:]}", "tags": tags}
            self.line.ask("POST", f"{API}/model-versions/create", version)

    def make_outlet(self) -> Outlet:
        return MlflowOutlet(self.line)

    def shown(self) -> int:
        return sum(key.startswith("careloop.") and key != LOCK_TAG for lock in ("1", "2") for key in self.tags(lock))

    def go_away(self) -> None:
        raise AssertionError("other tests need this server; the test of absence has an address of its own")

    def tags(self, version: str) -> dict[str, str]:
        asked = self.line.ask("GET", f"{API}/model-versions/get?name=credit&version={version}")
        return {row["key"]: row["value"] for row in asked["model_version"].get("tags") or ()}

    def said(self, version: str, key: str) -> Any:
        return json.loads(self.tags(version)[key])

    def test_what_happened_elsewhere_shows_beside_it(self) -> None:
        outlet = self.make_outlet()
        outlet.tell(a_happening())
        outlet.tell(replace(a_happening(number=2), release=TWO))
        assert (self.said("1", "careloop.alarm")["entry"], self.said("2", "careloop.alarm")["entry"]) == (1, 2)

    def test_a_tool_that_is_away_is_out_of_reach_and_told_later(self) -> None:
        with pytest.raises(CareloopError, match="cannot be reached"):
            MlflowOutlet(JsonLine("http://127.0.0.1:9")).tell(a_happening())

    def test_a_rollback_stands_on_the_version_that_was_left_and_on_the_one_that_took_over(self) -> None:
        self.make_outlet().tell(a_happening(HappeningKind.ROLLBACK))
        assert self.said("2", "careloop.rollback")["id"] == a_happening().id
        assert self.said("1", "careloop.took_over")["environment"] == "production"
        assert set(self.tags("1")) == {LOCK_TAG, "careloop.took_over"}

    def test_a_safe_state_stands_on_the_version_that_was_left(self) -> None:
        self.make_outlet().tell(replace(a_happening(HappeningKind.SAFE_STATE), release=None))
        assert (set(self.tags("1")), set(self.tags("2"))) == ({LOCK_TAG}, {LOCK_TAG, "careloop.safe_state"})

    def test_of_two_decisions_of_the_gate_the_later_stands_in_whatever_order_they_come(self) -> None:
        outlet = self.make_outlet()
        first = replace(a_happening(HappeningKind.GATE), facts={"decision": "wait"})
        later = replace(first, id="b", at=first.at + timedelta(seconds=1), facts={"decision": "allow"})
        for one in (later, first):
            outlet.tell(one)
        assert self.said("1", "careloop.gate")["said"] == "allow"

    def test_a_tag_by_hand_is_written_over(self) -> None:
        by_hand = {"name": "credit", "version": "1", "key": "careloop.alarm", "value": "looked at by Ada"}
        self.line.ask("POST", f"{API}/model-versions/set-tag", by_hand)
        self.make_outlet().tell(a_happening())
        assert self.said("1", "careloop.alarm")["because"].startswith("evidence")

    def test_a_release_that_is_not_registered_is_waited_for_by_name(self) -> None:
        with pytest.raises(NotFound, match=r"careloop\.lock sha256:3333"):
            self.make_outlet().tell(replace(a_happening(), release=f"sha256:{'3' * 64}"))
