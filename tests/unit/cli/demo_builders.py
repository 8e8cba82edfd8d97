"""What the tests of the demonstration share: the real people, read once, and the models made of them, trained once."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from careloop.cli.demo.adult import Pools, adult_folder, load_applicants, split
from careloop.cli.demo.models import CreditModel, Recipe, train
from careloop.domain.counts import Tally, bucket_of
from careloop.errors import NotFound
from careloop.monitors.promise import AlarmTerms, Promise
from careloop.monitors.window import Cell, WindowCounts

ROOT = Path(__file__).parents[3]
LOCK = "sha256:" + "5e" * 32
MEASURED_AT = datetime(2026, 9, 1, 8, tzinfo=UTC)
DAY = 86_400

GAP_TERMS = AlarmTerms(monitor="approval-gap-by-sex", tolerance=0.05, promise=Promise(days=5 * 365), window_seconds=DAY)
"""As Acme's monitors.yaml has it."""


def the_pools() -> Pools:
    """The real people; the test is skipped where they are not."""
    pools = _pools()
    if pools is None:
        pytest.skip("the census extract Adult is not here; `make setup` fetches it")
    return pools


@lru_cache
def _pools() -> Pools | None:
    data = os.environ.get("CARELOOP_DATA")
    try:
        return split(load_applicants(adult_folder(Path(data) if data else ROOT / ".cache" / "data")))
    except NotFound:
        return None


def the_model(recipe: Recipe) -> CreditModel:
    """The model that a recipe makes of the real training pool."""
    if not all(find_spec(name) for name in ("sklearn", "joblib", "numpy")):
        pytest.skip("scikit-learn and joblib are not installed; they come with careloop[demo]")
    the_pools()
    return _model(recipe)


@lru_cache
def _model(recipe: Recipe) -> CreditModel:
    return train(recipe, the_pools().training)


def a_line(**changes: str) -> str:
    """One line of the extract as it is published."""
    cells = {
        "age": "39",
        "workclass": "State-gov",
        "weight": "77516",
        "education": "Bachelors",
        "education_num": "13",
        "marital_status": "Never-married",
        "occupation": "Adm-clerical",
        "relationship": "Not-in-family",
        "race": "White",
        "sex": "Female",
        "capital_gain": "2174",
        "capital_loss": "0",
        "hours": "40",
        "country": "United-States",
        "income": "<=50K",
    }
    assert changes.keys() <= cells.keys()
    return ", ".join((cells | changes).values())


def an_extract(folder: Path, *lines: str, test: Sequence[str] = ()) -> Path:
    """A folder with both files of the extract, as they are published."""
    (folder / "adult.data").write_text("\n".join(lines) + "\n\n", encoding="utf-8")
    head = ["|1x3 Cross validator"]
    (folder / "adult.test").write_text("\n".join([*head, *(f"{line}." for line in test)]) + "\n", encoding="utf-8")
    return folder


def a_window(events: Sequence[dict[str, Any]], answers: Sequence[str] | None = None) -> WindowCounts:
    """One day of events as a closed window by sex; `answers` stand in for what was answered."""
    cells: dict[tuple[str, int], Tally] = {}
    given = answers if answers is not None else [event["prediction"] for event in events]
    for event, answer in zip(events, given, strict=True):
        key = (event["groups"].get("sex", "(unknown)"), bucket_of(event["unit"]))
        cells[key] = cells.get(key, Tally(0, 0)).pooled(Tally(int(answer == "approve"), 1))
    moment = datetime.fromisoformat(events[0]["occurred_at"])
    return WindowCounts(
        window=int(moment.timestamp()) // DAY * DAY,
        release=str(events[0]["release"]),
        cells=tuple(Cell(group, bucket, tally) for (group, bucket), tally in sorted(cells.items())),
    )
