"""A model that MLflow itself wrote, fetched from its real server and looked at (R44, ADR 0019)."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from mlflow_server import MISSING, PYTHON, mlflow_server

from careloop.adapters.model_process import look_at_model
from careloop.domain.model_look import LookAsk, RowsOfModel
from careloop.errors import NotFound, Unavailable, UsageError
from careloop.wiring.models import model_at

pytestmark = [pytest.mark.contract, pytest.mark.skipif(MISSING is not None, reason=str(MISSING))]

_LOG = """
import sys, mlflow, numpy as np
from sklearn.linear_model import LogisticRegression
mlflow.set_tracking_uri(sys.argv[1])
dice = np.random.default_rng(1)
table = dice.normal(size=(400, 3))
model = LogisticRegression().fit(table, table @ [2.0, 1.0, 0.0] > 0)
with mlflow.start_run() as run:
    told = mlflow.sklearn.log_model(model, name="model", registered_model_name="credit")
mlflow.MlflowClient().set_registered_model_alias("credit", "champion", 1)
print(told.model_id)
"""


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Address of a running server, and the id of the model logged there."""
    folder = tmp_path_factory.mktemp("mlflow")
    with mlflow_server(folder) as url:
        done = subprocess.run([PYTHON, "-c", _LOG, url], cwd=folder, check=True, capture_output=True, text=True)
        yield url, done.stdout.split()[-1]


@pytest.fixture
def rows(tmp_path: Path) -> RowsOfModel:
    table = np.random.default_rng(2).normal(size=(300, 3))
    columns = {name: table[:, at] for at, name in enumerate("abc")}
    pq.write_table(pa.table({**columns, "good": (table @ [2.0, 1.0, 0.0] > 0).tolist()}), tmp_path / "rows.parquet")
    path = str(tmp_path / "rows.parquet")
    return RowsOfModel(role="data", files=(path,), columns={name: name for name in "abc"}, label="good")


def test_by_version_by_alias_and_by_id_the_same_model_is_opened_without_trust(
    logged: tuple[str, str], rows: RowsOfModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", logged[0])
    looks = []
    for place in ("models:/credit/1", "models:/credit@champion", f"models:/{logged[1]}"):
        with model_at(place) as model:
            assert (model.name, model.format) == (place, "skops")
            looks.append(look_at_model(LookAsk(model=model, rows=rows, positive=("true",), resamples=3)))
        assert not Path(model.path).exists()
    assert looks[0] == looks[1] == looks[2]
    assert looks[0].repeats[0]["a"] > looks[0].repeats[0]["b"] > abs(looks[0].repeats[0]["c"])


def test_what_is_not_there_is_named(logged: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", logged[0])
    with pytest.raises(NotFound), model_at("models:/credit/7"):
        pass
    with pytest.raises(UsageError, match="names no version"), model_at("models:/credit"):
        pass
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    with pytest.raises(Unavailable, match="cannot be asked"), model_at("models:/credit/1"):
        pass
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    with pytest.raises(UsageError, match="nobody says which"), model_at("models:/credit/1"):
        pass
