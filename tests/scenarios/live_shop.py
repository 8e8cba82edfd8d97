"""S3 as it runs: a real MLflow whose alias says which release answers, an application that follows it, real processes.

The application asks MLflow for the alias, lets that release's model answer shoppers drawn from the population, and
posts its events to `care serve`, again and again, whatever careloop does meanwhile.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from s3_retailer import FEATURES, PEOPLE, PLACE, SYSTEM, USUAL, Retailer, Story, shoppers
from served import TOKEN, Visitor, care_command

from careloop.adapters.automation_ports import automation_ports
from careloop.adapters.json_line import JsonLine
from careloop.adapters.mlflow_deployer import LOCK_TAG, MlflowDeployer
from careloop.domain.deployment import Served
from careloop.errors import CareloopError
from careloop.ports.ledger import Record
from careloop.workflows.run.deploy_release import deploy_release
from careloop.workflows.run.watch_desk import hands_of

API = "/api/2.0/mlflow"
PLAYED = Path(__file__).with_name("s3_retailer.py")


def thirty_days_until_yesterday(folder: Path) -> Story:
    """The retailer's thirty good days under 5.1, in windows of a second; 6.0 has standing and waits."""
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(days=31)
    environ = {**os.environ, "S3_START": start.isoformat(), "S3_WINDOW": "PT1S"}
    command = [sys.executable, str(PLAYED), str(folder), "0", "--build-good"]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    return Story(Retailer(Path(made["root"])), made["oldest"], made["fair"], made["unfair"])


@dataclass
class Registry:
    """The registered model in MLflow, as a team keeps it."""

    url: str

    @property
    def line(self) -> JsonLine:
        return JsonLine(self.url)

    def register(self, story: Story) -> None:
        """Three versions with the digests of their locks; the alias of production is on 5.1."""
        with suppress(CareloopError):
            self.line.ask("DELETE", f"{API}/registered-models/delete", {"name": SYSTEM})
        self.line.ask("POST", f"{API}/registered-models/create", {"name": SYSTEM})
        for number, lock in enumerate((story.oldest, story.fair, story.unfair), start=1):
            tags = [{"key": LOCK_TAG, "value": lock}]
            version = {"name": SYSTEM, "source": f"s3://acme-models/recommender-{number}", "tags": tags}
            self.line.ask("POST", f"{API}/model-versions/create", version)
        alias = {"name": SYSTEM, "alias": "production", "version": "2"}
        self.line.ask("POST", f"{API}/registered-models/alias", alias)

    def aliased(self) -> str | None:
        """The lock of the version that the alias names, as an application that loads by alias gets it."""
        asked = f"{API}/registered-models/alias?name={SYSTEM}&alias=production"
        try:
            tags = JsonLine(self.url, timeout_s=5).ask("GET", asked)["model_version"]["tags"]
        except CareloopError:
            return None
        return next(str(tag["value"]) for tag in tags if tag["key"] == LOCK_TAG)

    def answers(self) -> Served | None:
        return MlflowDeployer(self.line).serves(SYSTEM, "production")

    def environment(self) -> dict[str, str]:
        """What careloop is told about it."""
        return {"CARE_DEPLOYER_URL": f"mlflow+{self.url}"}

    def deploy(self, story: Story, lock: str) -> None:
        """People let a release take over, through careloop, which moves the alias."""
        now = datetime.now(UTC)
        with story.retailer.ledger() as ledger, story.retailer.lake() as lake:
            deployer = automation_ports(story.retailer.root, environ=self.environment()).deployer
            desk = replace(story.retailer.desk(ledger, lake), deployer=deployer)
            deploy_release(lock, PLACE, hands_of(desk, PLACE, now=now, actor=PEOPLE), now=now, because="the plan")


@dataclass
class Application:
    """The shop's own process, here a thread: it knows MLflow and careloop's address, and nothing else of careloop."""

    story: Story
    registry: Registry
    port: int
    rows: int = 500
    every_s: float = 0.4
    sent: dict[str, int] = field(default_factory=dict)
    """Events that were accepted, by the release that answered."""
    refused: list[str] = field(default_factory=list)
    _last: str | None = None
    _number: int = 0

    def __post_init__(self) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(60)

    def _run(self) -> None:
        while not self._stop.wait(self.every_s):
            # while the registry is away, what was loaded last goes on answering
            self._last = self.registry.aliased() or self._last
            if self._last is not None:
                self._answer(self._last)

    def _answer(self, lock: str) -> None:
        self._number += 1
        events = answers_of(self.story, lock, self._number, self.rows)
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
        with suppress(OSError):
            answer = Visitor(self.port).ask("POST", "/api/v1/events", json.dumps(events).encode(), headers)
            if answer.status == 200 and answer.json["accepted"] == self.rows:
                self.sent[lock] = self.sent.get(lock, 0) + self.rows
            else:
                self.refused.append(answer.text)


@cache
def _model(path: Path) -> Any:
    return importlib.import_module("joblib").load(path)


def answers_of(story: Story, lock: str, number: int, rows: int) -> list[dict[str, Any]]:
    """The events of so many answers that a release gives now, by its own model."""
    folder = story.retailer.root / ".care" / "registry" / "artefacts" / lock.removeprefix("sha256:")
    (path,) = folder.rglob("*.joblib")
    seed = 50_000 + number
    regions, people = shoppers(USUAL, rows, seed=seed)
    answers = _model(path).predict([[person[name] for name in FEATURES] for person in people])
    chance, at = np.random.default_rng(seed), datetime.now(UTC).isoformat()
    return [
        {
            "id": f"live-{number}-{row}",
            "system": SYSTEM,
            "release": lock,
            "kind": "inference",
            "occurred_at": at,
            "features": person,
            "prediction": str(answer),
            "segment": {"region": region, "town_size": "town", "channel": "app"},
            "business": {"converted": bool(chance.random() < 0.2)},
            "unit": f"shopper-{number}-{row}",
        }
        for row, (region, person, answer) in enumerate(zip(regions, people, answers, strict=True))
    ]


@contextmanager
def workers(root: Path, environment: Mapping[str, str], *, many: int = 1, every_s: float = 0.3) -> Iterator[None]:
    """`care worker`, once or several times at once."""
    command = care_command("worker", "--repo", str(root), "--every", str(every_s))
    with (root.parent / "worker.log").open("ab") as log:
        started = [
            subprocess.Popen(command, env={**os.environ, **environment}, stdout=log, stderr=log, start_new_session=True)
            for _ in range(many)
        ]
        try:
            yield
        finally:
            for one in started:
                one.terminate()
            for one in started:
                one.wait(30)


def records(story: Story, *kinds: str) -> list[Record]:
    """What stands in the ledger of these types."""
    with story.retailer.ledger() as ledger:
        return [entry.record for kind in kinds for entry in ledger.query(type=kind)]


def eventually(what: Callable[[], object], *, why: str, patience_s: float = 150) -> None:
    """Wait until it is so."""
    until = time.monotonic() + patience_s
    while time.monotonic() < until:
        if what():
            return
        time.sleep(0.3)
    raise AssertionError(f"it did not come about: {why}")
