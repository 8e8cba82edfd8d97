"""Replaying releases: a real scikit-learn model answers again as it did, and only while it is what was locked."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from careloop.adapters.joblib_replayer import JoblibReplayer
from careloop.adapters.release_store import ReleaseStore
from careloop.domain.release_lock import Artefact, ArtefactKind, ReleaseLock
from careloop.errors import InvalidInput, NotFound, Refused
from careloop.testing.replayer_fake import ReplayerFake

# No types are published with these.
joblib: Any = importlib.import_module("joblib")
pd: Any = importlib.import_module("pandas")
DictVectorizer: Any = importlib.import_module("sklearn.feature_extraction").DictVectorizer
LogisticRegression: Any = importlib.import_module("sklearn.linear_model").LogisticRegression
make_pipeline: Any = importlib.import_module("sklearn.pipeline").make_pipeline

ROWS = [{"age": float(age), "hours": float(hours)} for age, hours in np.random.default_rng(1).uniform(20, 60, (200, 2))]
LABELS = ["approve" if row["age"] + row["hours"] > 80 else "refuse" for row in ROWS]
TABLE = [[row["age"], row["hours"]] for row in ROWS]


def stored(folder: Path, model: Any, parameters: dict[str, Any]) -> tuple[ReleaseStore, str]:
    path = folder / "model.joblib"
    joblib.dump(model, path)
    raw = path.read_bytes()
    weights = Artefact(
        name="models/model.joblib", kind=ArtefactKind.WEIGHTS, sha256=sha256(raw).hexdigest(), size=len(raw)
    )
    lock = ReleaseLock(system="credit", version="1", artefacts=(weights,), parameters=parameters)
    store = ReleaseStore(folder / "artefacts")
    return store, store.store(lock, {"models/model.joblib": path})


def of_columns() -> tuple[Any, dict[str, Any], list[str]]:
    model = LogisticRegression(max_iter=500).fit(TABLE, LABELS)
    return model, {"features": ["age", "hours"]}, list(model.predict(TABLE))


def of_a_frame() -> tuple[Any, dict[str, Any], list[str]]:
    frame = pd.DataFrame(TABLE, columns=["age", "hours"])
    model = LogisticRegression(max_iter=500).fit(frame, LABELS)
    return model, {"features": ["age", "hours"]}, list(model.predict(frame))


def of_mappings() -> tuple[Any, dict[str, Any], list[str]]:
    model = make_pipeline(DictVectorizer(), LogisticRegression(max_iter=500)).fit(ROWS, LABELS)
    return model, {}, list(model.predict(ROWS))


def of_a_threshold() -> tuple[Any, dict[str, Any], list[str]]:
    model = LogisticRegression(max_iter=500).fit(TABLE, [label == "approve" for label in LABELS])
    parameters = {"features": ["age", "hours"], "threshold": 0.8, "positive": "approve", "negative": "refer"}
    chances = model.predict_proba(TABLE)[:, 1]
    return model, parameters, ["approve" if chance >= 0.8 else "refer" for chance in chances]


@pytest.mark.parametrize("make", [of_columns, of_a_frame, of_mappings, of_a_threshold])
def test_a_model_answers_as_it_did(tmp_path: Path, make: Callable[[], tuple[Any, dict[str, Any], list[str]]]) -> None:
    model, parameters, expected = make()
    store, digest = stored(tmp_path, model, parameters)
    assert list(JoblibReplayer(store).predict(digest, ROWS)) == expected
    assert len(set(expected)) == 2


def test_whole_numbers_are_answered_in_the_text_of_events(tmp_path: Path) -> None:
    model = LogisticRegression(max_iter=500).fit(TABLE, [int(label == "approve") for label in LABELS])
    store, digest = stored(tmp_path, model, {"features": ["age", "hours"]})
    assert set(JoblibReplayer(store).predict(digest, ROWS)) == {"0", "1"}


def test_an_altered_model_is_never_loaded(tmp_path: Path) -> None:
    store, digest = stored(tmp_path, of_columns()[0], {"features": ["age", "hours"]})
    path = store.path(digest, "models/model.joblib")
    path.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(Refused):
        JoblibReplayer(store).predict(digest, ROWS)


def test_a_release_that_is_not_there_cannot_be_asked(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        JoblibReplayer(ReleaseStore(tmp_path)).predict("sha256:" + "0" * 64, ROWS)


@pytest.mark.parametrize("row", [{"age": 30.0}, {"age": 30.0, "hours": "many"}, {"age": 30.0, "hours": float("nan")}])
def test_rows_that_it_cannot_answer_are_said_to_be_so(tmp_path: Path, row: dict[str, Any]) -> None:
    store, digest = stored(tmp_path, of_columns()[0], {"features": ["age", "hours"]})
    with pytest.raises(InvalidInput, match="cannot answer these rows"):
        JoblibReplayer(store).predict(digest, [row])


def test_a_file_that_is_no_model_is_said_to_be_so(tmp_path: Path) -> None:
    raw = b"not a pickle"
    (tmp_path / "model.joblib").write_bytes(raw)
    weights = Artefact(name="m", kind=ArtefactKind.WEIGHTS, sha256=sha256(raw).hexdigest(), size=len(raw))
    store = ReleaseStore(tmp_path / "artefacts")
    digest = store.store(
        ReleaseLock(system="credit", version="1", artefacts=(weights,)), {"m": tmp_path / "model.joblib"}
    )
    with pytest.raises(InvalidInput, match="cannot be loaded"):
        JoblibReplayer(store).predict(digest, ROWS)


def test_no_rows_need_no_answer(tmp_path: Path) -> None:
    store, digest = stored(tmp_path, of_columns()[0], {"features": ["age", "hours"]})
    assert list(JoblibReplayer(store).predict(digest, [])) == []


def test_the_fake_answers_by_the_release_that_is_asked() -> None:
    fake = ReplayerFake({"a": lambda row: "yes" if row["age"] else "no", "b": lambda _: "no"})
    assert list(fake.predict("a", [{"age": 1}, {"age": 0}])) == ["yes", "no"]
    assert list(fake.predict("b", [{"age": 1}])) == ["no"]
    with pytest.raises(NotFound):
        fake.predict("c", [])
