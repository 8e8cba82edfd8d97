"""Recording around a model or a function changes nothing of what they answer, and never stands in the way."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd  # type: ignore[import-untyped]
import pytest
from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]

from careloop.errors import UsageError
from careloop.sdk.recorded_model import RecordedModel, recorded
from careloop.sdk.recorder import Recorder, RecorderLimits

ROWS = np.array([[1.0, 20.0], [3.0, 40.0], [5.0, 60.0], [0.0, 5.0]])
ANSWERS = np.array(["no", "yes", "yes", "no"])


@pytest.fixture
def recorder(tmp_path: Path) -> Recorder:
    return Recorder("credit", "v1", spool=tmp_path / "spool", limits=RecorderLimits(heartbeat_s=0))


def events(recorder: Recorder, tmp_path: Path) -> list[dict[str, Any]]:
    recorder.close()
    return [json.loads(line) for line in (tmp_path / "spool").read_bytes().splitlines()]


@pytest.fixture
def model() -> LogisticRegression:
    return LogisticRegression().fit(ROWS, ANSWERS)


def test_a_recorded_model_answers_alike_and_each_row_is_an_event(
    model: LogisticRegression, recorder: Recorder, tmp_path: Path
) -> None:
    watched = RecordedModel(model, recorder, features=["income", "age"], score_of="yes")
    answers, ids = watched.predict_with_ids(ROWS)
    assert list(answers) == list(model.predict(ROWS))
    assert list(watched.classes_) == ["no", "yes"], "all else is the model's own"
    rows = events(recorder, tmp_path)
    assert [row["id"] for row in rows] == list(ids)
    assert [row["features"] for row in rows] == [{"income": a, "age": b} for a, b in ROWS]
    assert [row["prediction"] for row in rows] == list(answers)
    assert [row["score"] for row in rows] == pytest.approx(model.predict_proba(ROWS)[:, 1])
    assert all(row["latency_ms"] > 0 for row in rows)


def test_a_frame_brings_its_own_names_and_describe_adds_fields(
    model: LogisticRegression, recorder: Recorder, tmp_path: Path
) -> None:
    frame = pd.DataFrame(ROWS, columns=["income", "age"])
    plain = LogisticRegression().fit(frame, ANSWERS)

    def describe(features: Mapping[str, object], answer: object) -> Mapping[str, object]:
        return {"segment": {"channel": "web"}, "groups": {"old": features["age"] == 60.0}, "unit": str(answer)}

    assert list(RecordedModel(plain, recorder, describe=describe).predict(frame)) == list(plain.predict(frame))
    rows = events(recorder, tmp_path)
    assert [row["groups"]["old"] for row in rows] == [False, False, True, False]
    assert [row["unit"] for row in rows] == list(ANSWERS)
    assert rows[0]["features"] == {"income": 1.0, "age": 20.0}


def test_what_cannot_be_recorded_does_not_stop_the_model(model: LogisticRegression, recorder: Recorder) -> None:
    def describe(features: Mapping[str, object], answer: object) -> Mapping[str, object]:
        raise RuntimeError("a fault of the application's own")

    nameless = RecordedModel(model, recorder)
    assert list(nameless.predict(ROWS)) == list(model.predict(ROWS)), "features have no names here"
    assert RecordedModel(model, recorder, features=["income", "age"], describe=describe).predict(ROWS) is not None
    recorder.close()


def test_a_model_that_cannot_do_what_is_asked_is_refused_at_once(recorder: Recorder) -> None:
    with pytest.raises(UsageError, match="has no predict"):
        RecordedModel(object(), recorder)

    class OnlyPredicts:
        def predict(self, rows: object) -> object:
            return rows

    with pytest.raises(UsageError, match="predict_proba"):
        RecordedModel(OnlyPredicts(), recorder, score_of="yes")
    recorder.close()


def test_a_function_is_recorded_and_one_that_raises_is_not(recorder: Recorder, tmp_path: Path) -> None:
    @recorded(recorder, features="case")
    def decide(bound: float, *, case: dict[str, float]) -> str:
        """Decide."""
        return "approve" if case["income"] > bound else "refuse"

    assert decide.__doc__ == "Decide."
    assert decide(2.0, case={"income": 3.0}) == "approve"
    with pytest.raises(KeyError):
        decide(2.0, case={})
    (row,) = events(recorder, tmp_path)
    assert (row["prediction"], row["features"]) == ("approve", {"income": 3.0})


def test_a_coroutine_is_awaited_and_its_time_counted(recorder: Recorder, tmp_path: Path) -> None:
    @recorded(recorder)
    async def decide(case: dict[str, float]) -> str:
        await asyncio.sleep(0.02)
        return "approve"

    assert asyncio.run(decide({"income": 3.0})) == "approve"
    (row,) = events(recorder, tmp_path)
    assert row["features"] == {"income": 3.0}
    assert row["latency_ms"] >= 20
