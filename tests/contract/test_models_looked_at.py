"""Models of every format are looked at alike: scikit-learn's own figures, in a process with limits (R44)."""

from __future__ import annotations

import json
import os
import pickle
import sys
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from careloop.adapters.model_child import look
from careloop.adapters.model_process import look_at_model, model_file
from careloop.adapters.permutation_importance import importance_of_columns, ranking
from careloop.domain.model_look import LookAsk, ModelLimits, ModelLook, RowsOfModel
from careloop.errors import InvalidInput, NotFound

pytestmark = pytest.mark.contract

INPUTS = ("age", "income", "years", "noise")
SKLEARN = {name: import_module(f"sklearn.{name}") for name in ("inspection", "linear_model", "metrics", "tree")}


def people(n: int = 600, *, seed: int = 1) -> tuple[Any, Any]:
    chance = np.random.default_rng(seed)
    table = chance.normal(size=(n, 4))
    table[:, 1] = np.round(table[:, 1])
    label = table @ np.array([0.4, 1.5, -0.8, 0.0]) + chance.normal(size=n) > 0
    return table, label


class Rooms:
    """A model trained on some rows, and a file of others."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.trained, self.known = people(seed=1)
        self.table, self.labels = people(seed=2)
        self.model = SKLEARN["linear_model"].LogisticRegression().fit(self.trained, self.known)
        self.rows = self.file("rows", self.table, self.labels)
        self.older = self.file("older", self.trained, self.known)

    def file(self, name: str, table: Any, labels: Any) -> RowsOfModel:
        path = self.folder / f"{name}.parquet"
        columns = {one: table[:, at] for at, one in enumerate(INPUTS)}
        pq.write_table(pa.table({**columns, "good": labels.tolist()}), path)
        return RowsOfModel(role=name, files=(str(path),), columns={one: one for one in INPUTS}, label="good")

    def skops(self, model: Any = None) -> Path:
        import_module("skops.io").dump(model or self.model, self.folder / "model.skops")
        return self.folder / "model.skops"

    def onnx(self) -> Path:
        graph = import_module("skl2onnx").to_onnx(
            self.model, np.zeros((1, 4), np.float64), options={"zipmap": False}, target_opset=17
        )
        (self.folder / "model.onnx").write_bytes(graph.SerializeToString())
        return self.folder / "model.onnx"

    def joblib(self, model: Any = None) -> Path:
        import_module("joblib").dump(model or self.model, self.folder / "model.joblib")
        return self.folder / "model.joblib"

    def ask(self, path: Path, **more: Any) -> LookAsk:
        whole = LookAsk(model=model_file(path), rows=self.rows, positive=("true",), inputs=INPUTS, resamples=3)
        return replace(whole, **more)

    def look(self, path: Path, **more: Any) -> ModelLook:
        """In this process: a child starts slowly, and what it adds is tested by itself."""
        return look_at_model(self.ask(path, **more), through=here)

    def look_in_child(self, path: Path, **more: Any) -> ModelLook:
        return look_at_model(self.ask(path, **more))


def here(_: LookAsk, asked: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(look(json.loads(json.dumps(asked)))))
    return found


@pytest.fixture(scope="module")
def rooms(tmp_path_factory: pytest.TempPathFactory) -> Rooms:
    return Rooms(tmp_path_factory.mktemp("rooms"))


@pytest.mark.parametrize("form", [Rooms.skops, Rooms.onnx, Rooms.joblib], ids=["skops", "onnx", "joblib"])
def test_every_format_gives_scikit_learns_own_importance(rooms: Rooms, form: Callable[[Rooms], Path]) -> None:
    found = rooms.look(form(rooms), trust_pickle=True, seed=7, score=rooms.rows, reference=rooms.older)
    theirs = SKLEARN["inspection"].permutation_importance(
        rooms.model, rooms.table, rooms.labels, scoring="roc_auc", n_repeats=5, random_state=7
    )
    ours = np.array([[one[name] for one in found.repeats] for name in INPUTS])
    assert ours == pytest.approx(theirs.importances, abs=1e-12)
    chances = rooms.model.predict_proba(rooms.table)[:, 1]
    assert found.score == pytest.approx(SKLEARN["metrics"].roc_auc_score(rooms.labels, chances), abs=1e-12)
    assert found.scores == pytest.approx(chances.tolist(), abs=1e-6)
    assert found.training_scores == pytest.approx(rooms.model.predict_proba(rooms.trained)[:, 1].tolist(), abs=1e-6)
    assert [len(one) for one in (found.repeats, found.resamples, found.of_reference)] == [5, 3, 3]
    mean = {name: np.mean([one[name] for one in found.resamples]) for name in INPUTS}
    assert mean["income"] > mean["years"] > mean["age"] > mean["noise"]


def test_one_that_names_answers_only_is_held_to_its_accuracy(rooms: Rooms) -> None:
    model = SKLEARN["linear_model"].RidgeClassifier().fit(rooms.trained, rooms.known)
    found = rooms.look(rooms.skops(model), seed=3)
    theirs = SKLEARN["inspection"].permutation_importance(
        model, rooms.table, rooms.labels, scoring="accuracy", n_repeats=5, random_state=3
    )
    assert found.scoring == "accuracy"
    ours = np.array([[one[name] for one in found.repeats] for name in INPUTS])
    assert ours == pytest.approx(theirs.importances, abs=1e-12)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 4)), min_size=2, max_size=40))
def test_ranking_is_scikit_learns(rows: list[tuple[bool, int]]) -> None:
    labels, scores = np.array([one for one, _ in rows]), np.array([one for _, one in rows])
    if len(set(labels.tolist())) < 2:
        assert np.isnan(ranking(labels, scores))
    else:
        assert ranking(labels, scores) == pytest.approx(SKLEARN["metrics"].roc_auc_score(labels, scores), abs=1e-12)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31 - 1), st.integers(1, 4))
def test_an_input_that_is_not_read_has_no_importance_and_order_of_columns_changes_nothing(
    seed: int, repeats: int
) -> None:
    table, labels = people(60, seed=4)
    columns = {name: table[:, at] for at, name in enumerate(INPUTS)}

    def ask(some: Any) -> Any:
        return some["age"] + 2 * some["income"]

    whole, found = importance_of_columns(ask, columns, labels, by=ranking, repeats=repeats, seed=seed)
    assert whole == ranking(labels, ask(columns))
    assert all(one["noise"] == one["years"] == 0 for one in found)
    turned = dict(reversed(columns.items()))
    assert importance_of_columns(ask, turned, labels, by=ranking, repeats=repeats, seed=seed)[1] == found


class Burglar:
    """What a hostile pickle is: somebody's code, run while it is loaded."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.mark),)


def test_a_pickle_is_not_opened_unless_somebody_says_so(rooms: Rooms, tmp_path: Path) -> None:
    mark, path = tmp_path / "was-here", tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps(Burglar(mark)))
    with pytest.raises(InvalidInput, match="runs whatever code its author put into it") as refused:
        rooms.look(path)
    assert "--trust-pickle" in (refused.value.hint or "")
    assert not mark.exists()
    with pytest.raises(InvalidInput, match="NoneType, which predicts nothing"):
        rooms.look(path, trust_pickle=True)
    assert mark.exists()  # which is what the flag says


def test_a_skops_file_with_other_types_names_them(rooms: Rooms) -> None:
    tree = SKLEARN["tree"].DecisionTreeClassifier(max_depth=3).fit(rooms.trained, rooms.known)
    with pytest.raises(InvalidInput, match=r"sklearn\.tree\._tree\.Tree") as refused:
        rooms.look(rooms.skops(tree))
    assert "--trust-type sklearn.tree._tree.Tree" in (refused.value.hint or "")
    found = rooms.look(rooms.skops(tree), trusted_types=("sklearn.tree._tree.Tree",))
    assert found.kind == "skops: DecisionTreeClassifier"


def test_a_pickle_that_calls_itself_skops_or_onnx_is_not_run(rooms: Rooms, tmp_path: Path) -> None:
    mark = tmp_path / "was-here"
    for name in ("model.skops", "model.onnx"):
        (tmp_path / name).write_bytes(pickle.dumps(Burglar(mark)))
        with pytest.raises(InvalidInput, match=r"is no (skops|ONNX) file"):
            rooms.look(tmp_path / name, trust_pickle=True)
    assert not mark.exists()


class Hog:
    """Takes memory without end; loaded by name from this very file."""

    classes_ = np.array([False, True])

    def predict(self, table: Any) -> Any:
        return [bytearray(1 << 28) for _ in range(64)]


class Sloth(Hog):
    """Never comes back."""

    def predict(self, table: Any) -> Any:
        while True:
            pass


class Writer(Hog):
    """Tries to leave something behind, and says its secrets."""

    def predict(self, table: Any) -> Any:
        sys.stdout.write("a model that talks\n")
        try:
            Path("left-behind").write_text("x")
            wrote = "wrote"
        except OSError:
            wrote = "could not write"
        raise RuntimeError(f"{wrote}; secret {os.environ.get('CARE_SECRET', 'unknown')}")


@pytest.mark.parametrize(
    ("model", "limits", "told"),
    [
        (Hog(), ModelLimits(memory_mb=2048), "wanted more than 2048 MB"),
        (Sloth(), ModelLimits(seconds=4), "still at work after 4 s|killed"),
        (Writer(), ModelLimits(), "could not write; secret unknown"),
    ],
)
def test_limits_hold_whatever_the_model_does(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch, model: Any, limits: ModelLimits, told: str
) -> None:
    monkeypatch.setenv("PYTHONPATH", f"{Path(__file__).parent}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    monkeypatch.setenv("CARE_SECRET", "hush")
    path = rooms.joblib(model)
    with pytest.raises(InvalidInput, match=told):
        rooms.look_in_child(path, trust_pickle=True, limits=limits)


def test_the_child_says_what_this_process_would(rooms: Rooms, tmp_path: Path) -> None:
    path = rooms.skops()
    more = {"score": rooms.rows, "reference": rooms.older}
    assert rooms.look_in_child(path, **more) == rooms.look(path, **more)
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(Burglar(tmp_path / "was-here")))
    with pytest.raises(InvalidInput, match="runs whatever code") as refused:
        rooms.look_in_child(tmp_path / "model.pkl")
    assert refused.value.hint


def test_a_file_that_changes_meanwhile_is_refused(rooms: Rooms) -> None:
    ask = rooms.ask(rooms.skops())
    Path(ask.model.path).write_bytes(b"another")
    with pytest.raises(InvalidInput, match="changed while it was being looked at"):
        look_at_model(ask, through=here)


def test_few_rows_are_drawn_and_the_same_seed_draws_the_same(rooms: Rooms) -> None:
    path = rooms.skops()
    some = rooms.look(path, most_rows=200)
    assert (some.rows, some.sampled_from) == (200, 600)
    assert some == rooms.look(path, most_rows=200)
    assert some.resamples != rooms.look(path, most_rows=200, seed=1).resamples


def test_mistakes_about_rows_are_named_with_the_next_step(rooms: Rooms, tmp_path: Path) -> None:
    path = rooms.skops()
    with pytest.raises(InvalidInput, match="takes 'colour'"):
        rooms.look(path, inputs=("colour", *INPUTS[1:]))
    with pytest.raises(InvalidInput, match="positive labels are maybe"):
        rooms.look(
            path, positive=("maybe",), rows=rooms.file("odd", rooms.table, np.where(rooms.labels, "maybe", "no"))
        )
    with pytest.raises(InvalidInput, match="of both kinds"):
        rooms.look(path, rows=rooms.file("one-kind", rooms.table, np.ones(600, dtype=bool)))
    with pytest.raises(InvalidInput, match="takes 4 columns and is given 2"):
        rooms.look(rooms.onnx(), inputs=INPUTS[:2])
    with pytest.raises(NotFound, match="cannot be read"):
        model_file(tmp_path / "nothing.skops")
    with pytest.raises(InvalidInput, match=r"no format of models ends with '\.txt'"):
        model_file(tmp_path / "model.txt")


def test_a_model_folder_of_mlflow_names_the_file_that_is_opened(rooms: Rooms, tmp_path: Path) -> None:
    raw = rooms.skops().read_bytes()
    (tmp_path / "inner.skops").write_bytes(raw)
    listing = tmp_path / "MLmodel"
    flavour = {"pickled_model": "inner.skops", "serialization_format": "skops"}
    listing.write_text(json.dumps({"flavors": {"python_function": {}, "sklearn": flavour}}))
    assert rooms.look(tmp_path).digest == model_file(rooms.folder / "model.skops").digest
    flavour["serialization_format"] = "cloudpickle"
    listing.write_text(json.dumps({"flavors": {"sklearn": flavour}}))
    assert model_file(tmp_path).format == "pickle"
    listing.write_text(json.dumps({"flavors": {"sklearn": {"pickled_model": "../other.pkl"}}}))
    with pytest.raises(InvalidInput, match="outside of its folder"):
        model_file(tmp_path)
    listing.write_text(json.dumps({"flavors": {"pytorch": {}}}))
    with pytest.raises(InvalidInput, match="no flavour that can be looked at: pytorch"):
        model_file(tmp_path)
    listing.unlink()
    with pytest.raises(NotFound, match="is no MLflow model"):
        model_file(tmp_path)
