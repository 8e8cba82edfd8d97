"""Registries of models keep the port's promises: what MLflow 3.17 wrote as files, as tables, and over HTTP (R80, R91).

tests/golden/mlflow was made by that MLflow; only addresses of the machine were taken out.
"""

import json
import pickle
import shutil
import sqlite3
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import joblib  # type: ignore[import-untyped]
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]
from sklearn.pipeline import make_pipeline  # type: ignore[import-untyped]
from sklearn.preprocessing import OneHotEncoder  # type: ignore[import-untyped]

from careloop.adapters.mlflow_files import MlflowFiles
from careloop.adapters.mlflow_rest import MlflowRest
from careloop.adapters.mlflow_sqlite import MlflowSqlite
from careloop.adapters.published_card import PublishedCard
from careloop.adapters.sklearn_file import SklearnFile
from careloop.domain.model_facts import ModelFacts
from careloop.errors import CareloopError, InvalidInput, NotFound, Unavailable
from careloop.ports.model_registry import ModelRegistry
from careloop.testing.contracts.model_registry import CREDIT, ModelRegistryContract
from careloop.testing.model_registry_fake import ModelRegistryFake

GOLDEN = Path(__file__).parents[1] / "golden" / "mlflow"


class TestFake(ModelRegistryContract):
    def make_registry(self) -> ModelRegistry:
        return ModelRegistryFake(
            ModelFacts(**{**{name: getattr(CREDIT, name) for name in CREDIT.__slots__}, "source": "memory"}),
            ModelFacts(name="Churn Forecast v2", source="memory"),
        )


class TestFiles(ModelRegistryContract):
    def make_registry(self) -> ModelRegistry:
        return MlflowFiles(GOLDEN)


class TestDatabase(ModelRegistryContract):
    def make_registry(self) -> ModelRegistry:
        return MlflowSqlite(a_database(Path(tempfile.mkdtemp())))


class TestServer(ModelRegistryContract):
    @pytest.fixture(autouse=True)
    def _server(self) -> Iterator[None]:
        with a_server() as self._url:
            yield

    def make_registry(self) -> ModelRegistry:
        return MlflowRest(self._url)


def a_database(folder: Path) -> Path:
    """The database, built from what was kept of it."""
    file = folder / "mlflow.db"
    with closing(sqlite3.connect(file)) as database:
        database.executescript((GOLDEN / "database.sql").read_text(encoding="utf-8"))
    return file


@contextmanager
def a_server(asked: list[str] | None = None) -> Iterator[str]:
    """A server that answers as MLflow's did, a page of one row at a time."""
    recorded = json.loads((GOLDEN / "rest.json").read_text(encoding="utf-8"))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if asked is not None:
                asked.append(self.headers.get("Authorization", ""))
            name = self.path.removeprefix("/api/2.0/mlflow/").replace("max_results=100", "max_results=1")
            answer = recorded.get(name)
            self.send_response(404 if answer is None else 200)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_server_is_shown_the_token_and_a_silent_one_is_told() -> None:
    asked: list[str] = []
    with a_server(asked) as url:
        MlflowRest(url, token="t0ken").models()
    assert set(asked) == {"Bearer t0ken"}
    with pytest.raises(Unavailable, match="does not answer"):
        MlflowRest(url).models()


def test_a_folder_and_a_file_that_are_none_are_told(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="holds no MLflow registry"):
        MlflowFiles(tmp_path).models()
    (tmp_path / "x.db").write_bytes(b"no database at all, but long enough to be looked at")
    with pytest.raises(InvalidInput, match="is no MLflow database"):
        MlflowSqlite(tmp_path / "x.db").models()
    shutil.copytree(GOLDEN / "mlruns", tmp_path / "mlruns")
    (tmp_path / "mlruns" / "models" / "credit-scoring" / "meta.yaml").write_text("[unclosed")
    with pytest.raises(InvalidInput, match=r"meta\.yaml cannot be read"):
        MlflowFiles(tmp_path).models()


# --- files of scikit-learn --------------------------------------------------------------------------------------------


class Bomb:
    """An object whose pickle runs something when it is loaded."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self._path,)


@pytest.mark.parametrize("packed", [0, 3, ("gzip", 3), ("bz2", 3), ("lzma", 3)])
def test_a_model_of_scikit_learn_is_read_without_loading_it(tmp_path: Path, packed: object) -> None:
    rows = np.array([["a"], ["b"], ["a"], ["c"]], dtype=object)
    model = make_pipeline(OneHotEncoder(), LogisticRegression(C=0.25)).fit(rows, [0, 1, 0, 1])
    joblib.dump(model, tmp_path / "credit.joblib", compress=packed)
    (facts,) = SklearnFile(tmp_path / "credit.joblib").models()
    assert facts.name == "credit"
    assert (facts.kind or "").startswith("LogisticRegression behind OneHotEncoder (scikit-learn ")
    assert facts.parameters["C"] == "0.25"


def test_names_of_inputs_are_found(tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    rows = pandas.DataFrame({"income": [1.0, 2.0, 3.0], "age": [20, 30, 40]})
    (tmp_path / "m.pkl").write_bytes(pickle.dumps(LogisticRegression().fit(rows, [0, 1, 1])))
    assert SklearnFile(tmp_path / "m.pkl").models()[0].inputs == ("income", "age")


def test_what_a_file_wants_to_run_is_not_run(tmp_path: Path) -> None:
    touched = tmp_path / "touched"
    for bomb in (Bomb(touched), [Bomb(touched)], np.array([Bomb(touched)], dtype=object)):
        joblib.dump(bomb, tmp_path / "bomb.joblib")
        with pytest.raises(InvalidInput, match="not a model of scikit-learn"):
            SklearnFile(tmp_path / "bomb.joblib").models()
    assert not touched.exists()
    joblib.load(tmp_path / "bomb.joblib")
    assert touched.exists(), "it would have run"


@pytest.mark.parametrize(
    "content", [b"", b"not a pickle", b"\x80\x04\x95", b"\x1f\x8bxx", b"\x78\x9cxx", b"\x80\x04N."]
)
def test_a_file_that_holds_no_model_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "m.joblib").write_bytes(content)
    with pytest.raises(CareloopError):
        SklearnFile(tmp_path / "m.joblib").models()


def test_a_model_cut_off_in_an_array_is_told(tmp_path: Path) -> None:
    joblib.dump(LogisticRegression().fit([[0.0] * 400, [1.0] * 400], [0, 1]), tmp_path / "m.joblib")
    whole = (tmp_path / "m.joblib").read_bytes()
    for length in range(40, len(whole), 211):
        (tmp_path / "cut.joblib").write_bytes(whole[:length])
        with pytest.raises(InvalidInput):
            SklearnFile(tmp_path / "cut.joblib").models()


# --- published cards --------------------------------------------------------------------------------------------------


def test_a_published_card_gives_its_words_and_the_names_of_its_measures(tmp_path: Path) -> None:
    text = (
        "---\nlicense: mit\nmetrics: [accuracy]\nmodel-index:\n  - name: m\n    results:\n"
        "      - {task: {type: x}, metrics: [{type: f1, value: 0.93}]}\n---\n# Model Card for Tiny\n\n"
        "## Limitations\n\nIt fails on long texts.\n"
    )
    (tmp_path / "README.md").write_text(text)
    (facts,) = PublishedCard(tmp_path / "README.md").models()
    assert (facts.name, facts.licence, facts.measures) == ("Tiny", "mit", ("accuracy", "f1"))
    assert "It fails on long texts." in facts.sections["limitations"]


def test_a_published_card_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        PublishedCard(tmp_path / "none.md").models()
    for text in ("---\nlicense: [\n---\n", "---\nno end"):
        (tmp_path / "README.md").write_text(text)
        with pytest.raises(InvalidInput):
            PublishedCard(tmp_path / "README.md").models()
