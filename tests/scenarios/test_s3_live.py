"""S3 with real parts: events over HTTP into `care serve`, `care worker` beside it, and MLflow's alias moved back.

R48: the break of a threshold leads to one rollback, verified by what is served; R49: a retrain is asked for with its
rows; R82: MLflow away during a rollback leads to the safe state and a page, and to nothing twice when it is back.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import pytest
from care_rooms import care
from live_shop import Application, Registry, eventually, records, thirty_days_until_yesterday, workers
from mlflow_server import MISSING, mlflow_server
from paging_services import ROUTING_KEY, PagingServices
from s3_retailer import SYSTEM, Story, ask_for, moved_to
from served import serving

from careloop.adapters.sqlite_ledger_verification import verify_sqlite_ledger
from careloop.domain.deployment import ServeSafeState
from careloop.domain.system import SafeStateKind
from careloop.plans.automation_history import plans_of
from careloop.workflows.run.automation_log import automation_entries

pytestmark = pytest.mark.skipif(MISSING is not None, reason=str(MISSING))


@pytest.fixture(scope="module")
def until_yesterday(tmp_path_factory: pytest.TempPathFactory) -> Story:
    return thirty_days_until_yesterday(tmp_path_factory.mktemp("s3-live"))


@pytest.fixture(scope="module")
def mlflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    with mlflow_server(tmp_path_factory.mktemp("mlflow")) as url:
        yield Registry(url)


def environment(registry: Registry, services: PagingServices) -> dict[str, str]:
    pager = {"CARE_PAGER_URL": f"pagerduty+{services.url}", "CARE_PAGER_SECRET": ROUTING_KEY}
    return {**registry.environment(), **pager}


def pages(services: PagingServices) -> list[str]:
    return [str(sent["payload"]["summary"]) for sent in services.incidents.values()]


def orders_done(story: Story) -> list[str]:
    """How the steps that change what answers went, in the order of the ledger."""
    steps: list[Any] = [
        step for one in records(story, "plan.executed") for step in list(cast("Any", one.data["steps"]))
    ]
    return [f"{one['step']} {one['outcome']}" for one in steps if one["step"] in ("roll_back", "enter_safe_state")]


def test_a_gap_between_regions_moves_the_alias_back_and_the_traffic_shows_it(
    until_yesterday: Story, mlflow: Registry, tmp_path: Path
) -> None:
    story = moved_to(until_yesterday, tmp_path)
    mlflow.register(story)
    with PagingServices() as services, ExitStack() as running:
        told = environment(mlflow, services)
        port = running.enter_context(serving(story.retailer.root, port=None, **told))
        running.enter_context(workers(story.retailer.root, told, many=2))
        shop = running.enter_context(Application(story, mlflow, port))

        eventually(lambda: shop.sent.get(story.fair, 0) >= 3_000, why="5.1 answers")
        assert records(story, "alarm.raised") == [], "ordinary traffic raises no alarm"
        mlflow.deploy(story, story.unfair)
        eventually(lambda: shop.sent.get(story.unfair, 0) > 0, why="6.0 answers")

        eventually(lambda: mlflow.aliased() == story.fair, why="the alias is moved back")
        eventually(lambda: records(story, "rollback.verified"), why="the traffic shows the recovery")
        assert shop.refused == []
    (verified,) = records(story, "rollback.verified")
    assert (verified.data["from"], verified.data["to"]) == (story.unfair, story.fair)
    served, on_target = int(str(verified.data["served"])), int(str(verified.data["on_target"]))
    assert on_target >= 0.99 * served > 0

    (retrain,) = records(story, "retrain.requested")
    rows = retrain.data["rows"]
    assert isinstance(rows, dict)
    assert (rows["by"], rows["group"], rows["release"]) == ("region", "coast", story.unfair)
    assert [text for text in pages(services) if "Rolling back to" in text] == pages(services)[:1]
    assert orders_done(story) == ["roll_back done"], "two workers carried out one rollback"

    found = verify_sqlite_ledger(story.retailer.root / ".care" / "ledger.sqlite")
    assert (found.problems, found.checked) == ((), found.size)
    told_why = care("why", str(records(story, "alarm.raised")[0].id), "--repo", story.retailer.root, at=tmp_path)
    assert told_why.code == 0
    assert "attributed by replay" in told_why.out
    assert "served events carry the target" in told_why.out
    first = next(one for one in records(story, "alarm.raised") if one.id == retrain.data["alarm"])
    listed = care("affected", first.id, "--repo", story.retailer.root, "--format", "json", at=tmp_path).answer
    assert {row["release"] for row in listed["decisions"]} == {story.unfair}
    assert listed["same_as_recorded"] is True


def test_a_gap_with_n_below_the_minimum_only_alerts(until_yesterday: Story, mlflow: Registry, tmp_path: Path) -> None:
    story = moved_to(until_yesterday, tmp_path)
    ask_for(story.retailer.root, minimum_n=1_000_000, at=story_time(story), window="PT1S")
    mlflow.register(story)
    with PagingServices() as services, ExitStack() as running:
        told = environment(mlflow, services)
        port = running.enter_context(serving(story.retailer.root, port=None, **told))
        running.enter_context(workers(story.retailer.root, told))
        shop = running.enter_context(Application(story, mlflow, port))
        mlflow.deploy(story, story.unfair)
        eventually(lambda: records(story, "page.sent"), why="the alarm tells people")
        assert mlflow.aliased() == story.unfair
        assert shop.refused == []
    assert all(record.data["urgency"] == "notice" for record in records(story, "page.sent"))
    assert "fewer than the monitor's least n of 1000000" in str(records(story, "plan.decided")[0].data["because"])
    assert records(story, "incident.opened", "retrain.requested", "evidence.hold", "rollback.verified") == []


def story_time(story: Story) -> datetime:
    with story.retailer.ledger() as ledger:
        return ledger.entry(ledger.size() - 1).recorded_at


def test_mlflow_away_during_the_rollback_leads_to_the_safe_state_and_a_page_once(
    until_yesterday: Story, tmp_path: Path
) -> None:
    story = moved_to(until_yesterday, tmp_path)
    folder = tmp_path / "mlflow"
    folder.mkdir()
    with PagingServices() as services, ExitStack() as running:
        with ExitStack() as first:
            registry = Registry(first.enter_context(mlflow_server(folder)))
            registry.register(story)
            registry.deploy(story, story.unfair)
            told = environment(registry, services)
            port = running.enter_context(serving(story.retailer.root, port=None, **told))
            shop = running.enter_context(Application(story, registry, port))
            eventually(lambda: shop.sent.get(story.unfair, 0) >= 2_000, why="6.0 answers")
        # MLflow is gone; the application goes on with what it loaded
        running.enter_context(workers(story.retailer.root, told, many=2))
        eventually(
            lambda: any("is not contained: the deployer is out of reach" in text for text in pages(services)),
            why="somebody is woken at once",
        )
        listed = care("outbox", "list", "--repo", story.retailer.root, "--format", "json", at=tmp_path).answer
        (order,) = [one for one in listed["messages"] if one["kind"] == "order"][:1]
        assert order["attempts"] >= 1
        eventually(lambda: "roll_back failed" in orders_done(story), why="the rollback is given up")
        tries = care(
            "outbox", "list", "--state", "dead", "--repo", story.retailer.root, "--format", "json", at=tmp_path
        )
        (dead,) = [one for one in tries.answer["messages"] if one["kind"] == "order"]
        assert (dead["attempts"], dead["why"] != "") == (5, True)
        assert records(story, "deploy.done")[-1].data["lock"] == story.unfair, "nothing was said to be done"

        with mlflow_server(folder, port=int(registry.url.rpartition(":")[2])):
            assert registry.aliased() == story.unfair, "MLflow comes back as it was"
            safe = ServeSafeState(SafeStateKind.BASELINE)
            eventually(lambda: registry.answers() == safe, why="the safe state is entered when MLflow is back")
            eventually(lambda: "enter_safe_state done" in orders_done(story), why="it is recorded")
            sent = dict(shop.sent)
            assert sent
            with story.retailer.ledger() as ledger:
                entries = automation_entries(ledger)
            contained = [
                each
                for each in plans_of(entries, system=SYSTEM, environment="production")
                if any(step.step in ("roll_back", "enter_safe_state") for step in each.plan.steps)
            ]
            assert len(contained) == 1, "one plan contains it; nothing flaps"
            assert orders_done(story) == ["roll_back failed", "enter_safe_state done"]
            assert registry.answers() == safe
    assert any("The safe state 'baseline' takes over" in text for text in pages(services))
    found = verify_sqlite_ledger(story.retailer.root / ".care" / "ledger.sqlite")
    assert (found.problems, found.checked) == ((), found.size)
