"""A real MLflow server, asked by the adapter that reads runs (R92).

MLflow brings some hundred packages and is no dependency of the tests; `CARELOOP_MLFLOW` names the `mlflow` of an
environment of its own. Everywhere else the answers that such a server gave are read (`tests/golden/tool_reports`).
"""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from careloop.adapters.mlflow_rest import MlflowRest
from careloop.ports.run_store import RunStore
from careloop.testing.contracts.run_store import RunStoreContract

MLFLOW = os.environ.get("CARELOOP_MLFLOW", "")
pytestmark = pytest.mark.skipif(not MLFLOW, reason="CARELOOP_MLFLOW names no mlflow executable")

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
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url, store = f"http://127.0.0.1:{port}", f"sqlite:///{folder}/mlflow.db"
    command = [MLFLOW, "server", "--backend-store-uri", store, "--port", str(port), "--workers", "1"]
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
    try:
        _answers(url, server)
        python = Path(MLFLOW).parent / "python"
        done = subprocess.run([python, "-c", _LOG, url], cwd=folder, check=True, capture_output=True, text=True)
        yield url, done.stdout.split()[-1]
    finally:
        server.terminate()
        server.wait()


class TestRealServer(RunStoreContract):
    @pytest.fixture(autouse=True)
    def _of_the_server(self, served: tuple[str, str]) -> None:
        self._url, self._run_id = served

    def make_store(self) -> tuple[RunStore, str]:
        return MlflowRest(self._url), self._run_id


def _answers(url: str, server: "subprocess.Popen[bytes]") -> None:
    """Wait until the server answers; it may take half a minute to make its tables."""
    while server.poll() is None:
        try:
            urlopen(f"{url}/health").close()
        except (URLError, OSError):
            time.sleep(0.5)
        else:
            return
    raise AssertionError("the server ended before it answered")
