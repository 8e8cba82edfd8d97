"""`care monitor init` in a repository: proposed, written once, never over what somebody wrote (R65)."""

from __future__ import annotations

import csv
import random
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from care_rooms import care

from careloop.testing.git_folder import GitFolder

ACME = Path(__file__).parents[2] / "examples" / "acme"
DOCUMENT = "systems/product-recommender/monitors.yaml"


@pytest.fixture
def acme(tmp_path: Path) -> Path:
    folder = tmp_path / "acme"
    shutil.copytree(ACME, folder)
    chance, start = random.Random(5), datetime(2026, 10, 1, tzinfo=UTC)
    with (folder / "served.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        names = "occurred_at basket_size discount_share region town_size shown converted latency_ms"
        rows.writerow(names.split())
        for i in range(1500):
            rows.writerow(
                [
                    (start + timedelta(minutes=28 * i)).isoformat(),
                    chance.randint(1, 9),
                    0 if chance.random() < 0.8 else round(chance.random(), 3),
                    chance.choice(["coast", "west", "south", "east", "ireland"]),
                    chance.choice(["city", "town", "village"]),
                    chance.choice(["shown", "hidden"]),
                    str(chance.random() < 0.1).lower(),
                    round(chance.lognormvariate(3, 0.4), 1),
                ]
            )
    return folder


def init(acme: Path, *more: object) -> tuple[object, ...]:
    return (
        "monitor", "init", "product-recommender", "--from-data", "served.csv", "--column", "shown=prediction", *more
    )  # fmt: skip


def test_what_somebody_wrote_is_compared_and_stays_until_force_is_given(acme: Path) -> None:
    before = (acme / DOCUMENT).read_text(encoding="utf-8")
    said = care(*init(acme), at=acme)
    assert said.code == 1, said.err
    assert f"--- {DOCUMENT}" in said.out
    assert "--force" in said.out
    assert (acme / DOCUMENT).read_text(encoding="utf-8") == before
    assert care(*init(acme, "--force"), at=acme).code == 0
    after = (acme / DOCUMENT).read_text(encoding="utf-8")
    assert "# drift" not in after
    assert "- id: gap-by-region" in after
    assert care("check", at=acme).code == 0, "the proposal passes as it is"
    again = care(*init(acme), at=acme)
    assert again.code == 0, "the same proposal again changes nothing"


def test_a_proposal_in_an_empty_place_can_be_simulated_at_once(acme: Path) -> None:
    (acme / DOCUMENT).unlink()
    told = care(*init(acme, "--format", "json"), at=acme)
    assert (told.code, told.answer["written"]) == (0, True)
    ids = {each["monitor"]["id"] for each in told.answer["monitors"]}
    assert {"gap-by-region", "gap-by-town_size", "drift-of-discount_share", "converted-rate", "latency-p95"} <= ids
    GitFolder(acme).commit(datetime(2026, 11, 1, tzinfo=UTC))
    said = care(
        "monitor", "simulate", "product-recommender", "converted-rate", "--runs", "1", "--format", "json", at=acme
    )
    assert said.answer["monitors"][0]["cases"]


def test_a_dry_run_prints_the_document_and_writes_nothing(acme: Path) -> None:
    before = (acme / DOCUMENT).read_text(encoding="utf-8")
    said = care(*init(acme, "--dry-run"), at=acme)
    assert said.code == 0
    assert said.out.startswith("# yaml-language-server")
    assert (acme / DOCUMENT).read_text(encoding="utf-8") == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nosuch", "--from-data", "served.csv"), "there is no system 'nosuch'"),
        (("product-recommender", "--from-data", "nothing.csv"), "there is no file nothing.csv"),
        (("product-recommender", "--from-data", "served.csv", "--column", "shown"), "names no field"),
        (("product-recommender", "--from-data", "served.csv", "--column", "hidden=prediction"), "no column 'hidden'"),
    ],
)
def test_bad_input_is_told(acme: Path, arguments: tuple[str, ...], said: str) -> None:
    told = care("monitor", "init", *arguments, at=acme)
    assert told.code in (1, 2)
    assert said in told.err
