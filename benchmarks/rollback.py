"""Event to alarm to rollback, with windows of a second, a real server and a real worker. One JSON row.

Row: rollback_1s_windows. In each round a fair recommender has thirty days of history; then a release that withholds
discounts from one region takes over, and its answers are posted to `care serve`, `--rows` a second. `care worker` looks
again and again; the registry is the file registry. Measured is from the acknowledgement of the event with which the
evidence sufficed (the last one of the window that raised the alarm: the earliest moment at which anybody could know) to
the moment at which another release answers. Beside it stands the statistical delay: from the first event of the bad
release to that window's end, which no faster machine shortens. There is no peer.
"""

import argparse
import json
import os
import platform
import shutil
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(PROJECT / "tests" / "scenarios"), str(PROJECT / "tests" / "contract")]

from ingest_rooms import a_server  # noqa: E402 - the same parts that the tests are made of
from live_shop import answers_of, records, thirty_days_until_yesterday, workers  # noqa: E402
from s3_retailer import PEOPLE, PLACE, SYSTEM, Retailer, Story  # noqa: E402

from careloop.domain.deployment import ServeRelease  # noqa: E402
from careloop.workflows.run.deploy_release import deploy_release  # noqa: E402
from careloop.workflows.run.watch_desk import hands_of  # noqa: E402

MACHINE = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
PATIENCE_S = 120


def main() -> None:
    """Rounds, one after the other, then the row."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--rows", type=int, default=1000, help="events a second")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        story = thirty_days_until_yesterday(Path(name) / "base")
        bodies = [answers_of(story, story.unfair, number, options.rows // 4) for number in range(400)]
        rounds = [one_round(story, Path(name) / f"round-{number}", bodies) for number in range(options.rounds)]
    print(json.dumps(row_of(rounds, options)))


def one_round(base: Story, folder: Path, bodies: list[list[dict[str, Any]]]) -> tuple[float, float, float]:
    """Seconds from knowable to rolled back, from the first bad event to knowable, and from alarm to rollback."""
    folder.mkdir()
    shutil.copytree(base.retailer.root, folder / "acme")
    story = Story(Retailer(folder / "acme"), base.oldest, base.fair, base.unfair)
    acknowledged: list[float] = []
    with ExitStack() as running:
        server = running.enter_context(a_server(story.retailer.root))
        running.enter_context(workers(story.retailer.root, {}, every_s=0.2))
        beats = story.retailer.root / ".care" / "worker.json"
        wait_for(beats.exists)
        deploy(story)
        began, due = time.time(), time.monotonic()
        for body in bodies:
            stamp = datetime.now(UTC).isoformat()
            batch = json.dumps([{**event, "occurred_at": stamp} for event in body]).encode()
            assert server.post(batch).body["accepted"] == len(body)
            acknowledged.append(time.time())
            if answers(story) != base.unfair:
                break
            due += 0.25
            time.sleep(max(0.0, due - time.monotonic()))
        wait_for(lambda: answers(story) != base.unfair)
    (back,) = [one for one in records(story, "deploy.done") if one.data.get("plan")]
    alarm = next(one for one in records(story, "alarm.raised") if one.id == back.data["alarm"])
    end = int(str(alarm.data["window"])) + 1
    knowable = max(at for at in acknowledged if at <= end + 0.05) if acknowledged[0] <= end else acknowledged[0]
    done = registry_changed_at(story)
    shutil.rmtree(folder)
    return done - knowable, end - began, done - alarm.occurred_at.timestamp()


def answers(story: Story) -> str | None:
    """The lock of what the registry says answers."""
    serving = story.retailer.ports.registry.serving(SYSTEM, "production")
    return serving.served.lock if serving is not None and isinstance(serving.served, ServeRelease) else None


def registry_changed_at(story: Story) -> float:
    """When the file that the platform follows was put in place."""
    return (story.retailer.root / ".care" / "registry" / "production" / f"{SYSTEM}.json").stat().st_mtime


def deploy(story: Story) -> None:
    """People let the bad release take over."""
    now = datetime.now(UTC)
    with story.retailer.ledger() as ledger, story.retailer.lake() as lake:
        hands = hands_of(story.retailer.desk(ledger, lake), PLACE, now=now, actor=PEOPLE)
        deploy_release(story.unfair, PLACE, hands, now=now, because="a round of the benchmark")


def wait_for(what: Any) -> None:
    """Wait until it is so."""
    until = time.monotonic() + PATIENCE_S
    while not what():
        if time.monotonic() > until:
            raise TimeoutError(f"not within {PATIENCE_S} s")
        time.sleep(0.01)


def at(values: list[float], share: float) -> float:
    """The value below which that share of the rounds lies."""
    return round(values[min(len(values) - 1, int(len(values) * share))], 2)


def row_of(rounds: list[tuple[float, float, float]], options: Any) -> dict[str, object]:
    """What is printed."""
    took, statistical, acted = (sorted(each) for each in zip(*rounds, strict=True))
    return {
        "name": "rollback_1s_windows",
        "ours": at(took, 0.95),
        "peer": None,
        "ratio": None,
        "unit": "s, p95, from the last event that was needed to another release answering",
        "p50_s": at(took, 0.5),
        "worst_s": at(took, 1.0),
        "alarm_recorded_to_rollback_p95_s": at(acted, 0.95),
        "statistical_delay_s": {"p50": at(statistical, 0.5), "p95": at(statistical, 0.95)},
        "window_s": 1,
        "rows_per_s": options.rows,
        "n": len(rounds),
        "mean_s": round(statistics.mean(took), 2),
        "load_at_end": [round(each, 1) for each in os.getloadavg()],
        "machine": MACHINE,
    }


if __name__ == "__main__":
    main()
