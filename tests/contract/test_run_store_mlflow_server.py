"""A real MLflow server, asked by the adapter that reads runs (R92)."""

import subprocess
from collections.abc import Iterator

import pytest
from mlflow_server import MISSING, PYTHON, mlflow_server

from careloop.adapters.mlflow_rest import MlflowRest
from careloop.ports.run_store import RunStore
from careloop.testing.contracts.run_store import RunStoreContract

pytestmark = pytest.mark.skipif(MISSING is not None, reason=str(MISSING))

_LOG = """
import sys, mlflow, pandas
mlflow.set_tracking_uri(sys.argv[1])
mlflow.set_experiment("credit")
data = mlflow.data.from_pandas(pandas.DataFrame({"income": range(1200), "label": [True] * 1200}), name="holdout")
with mlflow.start_run() as run:
    mlflow.set_tag("careloop.lock", "sha256:" + "0" * 64)
    mlflow.log_input(data, context="evaluation")
    mlflow.log_metric("accuracy", 0.9, dataset=data)
    mlflow.log_metric("accuracy", 0.9125, step=1, dataset=data)
    mlflow.log_metric("roc_auc", 0.95)
    mlflow.log_metric("broken", float("nan"))
print(run.info.run_id)
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Address of a running server, and the id of the run that it holds."""
    folder = tmp_path_factory.mktemp("mlflow")
    with mlflow_server(folder) as url:
        done = subprocess.run([PYTHON, "-c", _LOG, url], cwd=folder, check=True, capture_output=True, text=True)
        yield url, done.stdout.split()[-1]


class TestRealServer(RunStoreContract):
    @pytest.fixture(autouse=True)
    def _of_the_server(self, served: tuple[str, str]) -> None:
        self._url, self._run_id = served

    def make_store(self) -> tuple[RunStore, str]:
        return MlflowRest(self._url), self._run_id
