"""S3, the retailer: a real repository, ledger, lake and registry in one folder, real models, and days of traffic.

Run as a program it watches the recommender once, as `care monitor run` does; `--die-at N` kills it with SIGKILL at its
N-th append to the ledger, right before it or, with `--after`, right after it is durable. With `--build` it tells the
story up to an unwatched bad day instead, with `--build-good` up to the day before it, from the day on that `S3_START`
names and with windows as long as `S3_WINDOW` says.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import shutil
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from dulwich.repo import Repo

from careloop.adapters.artefact_folder import ArtefactFolder
from careloop.adapters.automation_ports import AutomationPorts, automation_ports
from careloop.adapters.console_pager import ConsolePager
from careloop.adapters.git_history import GitHistory
from careloop.adapters.git_repository import GitRepository
from careloop.adapters.numpy_counts import NumpyCounts
from careloop.adapters.package_standards import PackageStandards
from careloop.adapters.parquet_lake import ParquetLake, open_lake
from careloop.adapters.sqlite_ledger import open_ledger
from careloop.adapters.stored_ledger import StoredLedger
from careloop.documents.event_batch import BatchRow
from careloop.documents.layout import GOVERNED_FOLDERS, MAX_BYTES, ROOT_FILES
from careloop.domain.release_lock import Artefact, ArtefactKind, ReleaseLock
from careloop.ledger.record import uuid7
from careloop.plans.explain import explain_plan
from careloop.ports.ledger import Actor, ActorKind, Receipt, Record, Subject
from careloop.testing.git_folder import GitFolder
from careloop.workflows.run.deploy_release import deploy_release
from careloop.workflows.run.enter_safe_state import Place
from careloop.workflows.run.ingest_events import Intake, event_contracts, ingest_events
from careloop.workflows.run.known_releases import RecordedReleases
from careloop.workflows.run.release_desk import ReleaseDesk, read_governance
from careloop.workflows.run.watch_desk import WatchDesk, hands_of, open_watch
from careloop.workflows.run.watch_system import WatchReport, watch_system

ROOT = Path(__file__).parents[2]
SYSTEM = "product-recommender"
PLACE = Place(system=SYSTEM, environment="production")
ORIGIN = "acme.example/care/dev"
START = datetime.fromisoformat(os.environ.get("S3_START", "2025-09-01T00:00:00+00:00"))
WINDOW = os.environ.get("S3_WINDOW", "P1D")
REGIONS = ("coast", "west", "south", "east", "ireland")
FEATURES = ["basket_size", "days_since_visit", "category_affinity", "discount_share"]
PEOPLE = Actor(iss="governance-repository", sub="ada", kind=ActorKind.PERSON)
MONITORS = """\
owner: product-shop
version: "6"
reviewed: 2026-09-01
monitors:
  - {id: discount-gap-by-region, kind: fairness, measure: dp_difference, by: region, window: WINDOW, reference: evaluation_set, tolerance: 0.08, promise: P5Y, minimum_n: MINIMUM, severity: sev2, response: rollback}
  - {id: conversion-by-region, kind: business, measure: conversion_rate, by: region, window: P1D, reference: previous_period, tolerance: 0.02, promise: P1Y, minimum_n: 200, severity: sev2, response: page}
  - {id: ranking-time, kind: latency, measure: latency_p95_ms, window: PT15M, reference: previous_period, tolerance: 30.0, promise: P1Y, minimum_n: 500, severity: sev2, response: rollback}
"""  # noqa: E501


def at_day(day: float) -> datetime:
    """A moment of the story."""
    return START + timedelta(days=day)


@dataclass(frozen=True)
class Retailer:
    """The folder, and what lies in it."""

    root: Path

    @contextmanager
    def ledger(self) -> Iterator[StoredLedger]:
        with open_ledger(self.root / ".care" / "ledger.sqlite", origin=ORIGIN, create=True) as ledger:
            yield ledger

    @property
    def source(self) -> GitRepository:
        return GitRepository(self.root, folders=GOVERNED_FOLDERS, files=ROOT_FILES, limit=MAX_BYTES)

    @property
    def ports(self) -> AutomationPorts:
        return automation_ports(self.root, environ={})

    @contextmanager
    def lake(self) -> Iterator[ParquetLake]:
        with closing(open_lake(self.root / ".care" / "lake")) as lake:
            yield lake

    def desk(self, ledger: StoredLedger, lake: ParquetLake) -> WatchDesk:
        ports = self.ports
        return WatchDesk(
            ledger=ledger,
            lake=lake,
            deployer=ports.deployer,
            pager=ConsolePager(sys.stderr),
            presence=ports.registry.artefacts.presence,
            counting=NumpyCounts,
            replayer=ports.replayer,
        )

    def watch(self, now: datetime, ledger: StoredLedger, *, dry_run: bool = False) -> WatchReport:
        """What `care monitor run product-recommender` does."""
        with self.lake() as lake:
            release_desk = ReleaseDesk(
                source=self.source,
                history=GitHistory(self.root),
                ledger=ledger,
                standards=PackageStandards(),
                artefacts=ArtefactFolder(self.root),
            )
            opened = open_watch(read_governance(release_desk, now), PLACE, self.desk(ledger, lake))
            return watch_system(opened.watch, opened.using, now=now, dry_run=dry_run)

    def stand(self, model: Any, *, version: str, day: float) -> str:
        """Lock a trained model, keep it in the registry, and give it standing as the gate would."""
        joblib = importlib.import_module("joblib")
        path = self.root / "models" / "recommender" / f"{version}.joblib"
        path.parent.mkdir(parents=True, exist_ok=True)
        joblib.dump(model, path)
        raw, name = path.read_bytes(), f"models/recommender/{version}.joblib"
        weights = Artefact(name=name, kind=ArtefactKind.WEIGHTS, sha256=sha256(raw).hexdigest(), size=len(raw))
        lock = ReleaseLock(
            system=SYSTEM, version=version, artefacts=(weights,), parameters={"features": list(FEATURES)}
        )
        digest = self.ports.registry.artefacts.store(lock, {name: path})
        data = {"system": SYSTEM, "lock": digest, "environment": "production", "request": None, "version": version}
        with self.ledger() as ledger:
            record = Record(
                id=uuid7(int(at_day(day).timestamp() * 1000), sha256(digest.encode()).digest()[:10]),
                type="release.standing",
                actor=PEOPLE,
                occurred_at=at_day(day),
                data={**data, "approvals": 2},
                subject=(Subject(name=f"systems/{SYSTEM}"), Subject(name=f"releases/{digest}", digest=digest)),
            )
            ledger.append([record], recorded_at=at_day(day))
        return digest

    def deploy(self, lock: str, *, day: float) -> None:
        with self.ledger() as ledger, self.lake() as lake:
            hands = hands_of(self.desk(ledger, lake), PLACE, now=at_day(day), actor=PEOPLE)
            deploy_release(lock, PLACE, hands, now=at_day(day), because="the release plan")

    def serve(self, model: Any, lock: str, days: range, *, population: Population, rows: int = 800) -> None:
        """Let a model answer for some days: real predictions on shoppers drawn from the population."""
        with self.ledger() as ledger, self.lake() as lake:
            intake = Intake(lake=lake, contracts=event_contracts(self.source), releases=RecordedReleases(ledger))
            for day in days:
                events = list(_events(model, lock, day, population=population, rows=rows))
                now = at_day(day + 0.5)
                batch = [BatchRow(at, event) for at, event in enumerate(events)]
                report = ingest_events(batch, intake, now=now, system=SYSTEM)
                assert report.accepted == rows, report
            lake.close_segments(even_if_small=True)
            lake.compact()


@dataclass(frozen=True)
class Population:
    """Who comes: how much shoppers of a region care for the category, and how much they buy at a discount."""

    affinity: dict[str, float]
    discount_share: dict[str, float]


USUAL = Population(affinity=dict.fromkeys(REGIONS, 0.5), discount_share={**dict.fromkeys(REGIONS, 0.5), "coast": 0.15})
SHIFTED = Population(affinity={**USUAL.affinity, "coast": 0.15}, discount_share=USUAL.discount_share)
"""People of the coast lose interest: no release could show them as many offers as others."""


def shoppers(population: Population, rows: int, seed: int) -> tuple[list[str], list[dict[str, Any]]]:
    chance = np.random.default_rng(seed)
    regions = [REGIONS[at] for at in chance.integers(0, len(REGIONS), rows)]
    people = [
        {
            "basket_size": int(chance.integers(1, 30)),
            "days_since_visit": int(chance.integers(0, 60)),
            "category_affinity": float(np.clip(chance.normal(population.affinity[region], 0.15), 0, 1)),
            "discount_share": float(np.clip(chance.normal(population.discount_share[region], 0.15), 0, 1)),
        }
        for region in regions
    ]
    return regions, people


def _events(model: Any, lock: str, day: int, *, population: Population, rows: int) -> Iterator[dict[str, Any]]:
    regions, people = shoppers(population, rows, seed=1000 + day)
    answers = model.predict([[person[name] for name in FEATURES] for person in people])
    chance = np.random.default_rng(2000 + day)
    for at, (region, person, answer) in enumerate(zip(regions, people, answers, strict=True)):
        yield {
            "id": f"{day}-{at}",
            "system": SYSTEM,
            "release": lock,
            "kind": "inference",
            "occurred_at": at_day(day + 0.25).isoformat(),
            "features": person,
            "prediction": str(answer),
            "segment": {"region": region, "town_size": "town", "channel": "app"},
            "business": {"converted": bool(chance.random() < 0.2)},
            "unit": f"shopper-{day}-{at}",
        }


def trained(*, on: Sequence[str], seed: int) -> Any:
    """A logistic regression that learns to show a discount to those who took it, from the named features alone."""
    linear = importlib.import_module("sklearn.linear_model")
    compose = importlib.import_module("sklearn.compose")
    pipeline = importlib.import_module("sklearn.pipeline")
    _, people = shoppers(USUAL, 4000, seed)
    chance = np.random.default_rng(seed)
    table = [[person[name] for name in FEATURES] for person in people]
    wants = [sum(person[name] for name in on) / len(on) + chance.normal(0, 0.1) for person in people]
    labels = ["shown" if want > np.median(wants) else "hidden" for want in wants]
    columns = compose.ColumnTransformer([("taken", "passthrough", [FEATURES.index(name) for name in on])])
    return pipeline.make_pipeline(columns, linear.LogisticRegression(max_iter=500)).fit(table, labels)


@dataclass(frozen=True)
class Story:
    """The retailer with its releases: 5.0 and 5.1 are fair, 6.0 prefers who buys at a discount anyway."""

    retailer: Retailer
    oldest: str
    fair: str
    unfair: str


def a_story(folder: Path) -> Story:
    """Thirty days under the fair release 5.1; release 6.0 has standing and waits."""
    root = folder / "acme"
    shutil.copytree(ROOT / "examples" / "acme", root)
    (root / ".gitignore").write_text(".care/\nmodels/\n")
    GitFolder(root)
    ask_for(root, minimum_n=120, at=START)
    retailer = Retailer(root)
    (root / ".care").mkdir()
    fair = trained(on=["category_affinity"], seed=2)
    oldest = retailer.stand(trained(on=["category_affinity"], seed=1), version="5.0", day=-30)
    lock = retailer.stand(fair, version="5.1", day=-1)
    retailer.deploy(lock, day=-1)
    retailer.serve(fair, lock, range(30), population=USUAL)
    unfair = retailer.stand(trained(on=["discount_share"], seed=3), version="6.0", day=29.9)
    return Story(retailer, oldest, lock, unfair)


def a_bad_day(story: Story) -> Story:
    """Release 6.0 took over and has answered for a day; nobody has looked."""
    story.retailer.deploy(story.unfair, day=30)
    story.retailer.serve(trained(on=["discount_share"], seed=3), story.unfair, range(30, 31), population=USUAL)
    return story


def ask_for(root: Path, *, minimum_n: int, at: datetime, window: str = WINDOW) -> None:
    """Commit monitors that ask for so many rows before anything is done."""
    path = f"systems/{SYSTEM}/monitors.yaml"
    (root / path).write_text(MONITORS.replace("MINIMUM", str(minimum_n)).replace("WINDOW", window))
    with Repo(str(root)) as repo:
        tree, who = repo.get_worktree(), b"Ada Byron <ada@acme.example>"
        found = (each for each in root.rglob("*") if each.is_file() and not {".git", ".care", "models"} & {*each.parts})
        tree.stage(sorted(str(each.relative_to(root)) for each in found))
        tree.commit(
            message=b"Monitors",
            author=who,
            committer=who,
            commit_timestamp=at.timestamp(),
            author_timestamp=at.timestamp(),
            commit_timezone=0,
            author_timezone=0,
        )


def moved_to(story: Story, folder: Path) -> Story:
    """The whole folder, copied elsewhere: nothing in it knows where it lies."""
    root = folder / "moved"
    shutil.copytree(story.retailer.root, root)
    return Story(Retailer(root), story.oldest, story.fair, story.unfair)


class _Mortal:
    """Counts appends, and kills this very process at one of them."""

    def __init__(self, ledger: StoredLedger, *, at: int, after: bool) -> None:
        self._append, self._left, self._after = ledger.append, at, after

    def __call__(self, records: Sequence[Record], *, recorded_at: datetime) -> tuple[Receipt, ...]:
        self._left -= 1
        if self._left == 0 and not self._after:
            os.kill(os.getpid(), signal.SIGKILL)
        receipts = self._append(records, recorded_at=recorded_at)
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return receipts


def told(report: WatchReport) -> str:
    """What a look found, in words."""
    lines = [line for each in report.answered for line in explain_plan(each.plan)]
    return "\n".join([*lines, f"{len(report.answered)} answered, {len(report.continued)} continued", ""])


def main() -> None:
    """Look once and say what was found."""
    parser = argparse.ArgumentParser()
    parser.add_argument("root", type=Path)
    parser.add_argument("day", type=float)
    parser.add_argument("--die-at", type=int, default=0)
    parser.add_argument("--after", action="store_true")
    parser.add_argument("--build", action="store_true")
    parser.add_argument("--build-good", action="store_true")
    given = parser.parse_args()
    if given.build or given.build_good:
        story = a_story(given.root) if given.build_good else a_bad_day(a_story(given.root))
        locks = {"oldest": story.oldest, "fair": story.fair, "unfair": story.unfair}
        sys.stdout.write(json.dumps({"root": str(story.retailer.root), **locks}))
        return
    retailer = Retailer(given.root)
    with retailer.ledger() as ledger:
        if given.die_at:
            ledger.append = _Mortal(ledger, at=given.die_at, after=given.after)  # type: ignore[method-assign]
        report = retailer.watch(at_day(given.day), ledger)
    sys.stdout.write(told(report))


if __name__ == "__main__":
    main()
