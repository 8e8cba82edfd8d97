"""Registries keep the port's promises about runs of a version: a fake, and a real MLflow server, whose runs become
results for the gate (R92)."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from mlflow_server import MISSING, PYTHON, mlflow_server

from careloop.adapters.mlflow_rest import MlflowRest
from careloop.domain.model_run import RunRole
from careloop.errors import Unavailable
from careloop.ports.model_runs import ModelRuns
from careloop.testing.contracts.model_runs import ModelRunsContract
from careloop.testing.model_runs_fake import ModelRunsFake

ACME = Path(__file__).parents[2] / "examples" / "acme"
_LOG = """
import json, sys, mlflow, pandas
mlflow.set_tracking_uri(sys.argv[1])
mlflow.set_experiment("credit")
client, ids = mlflow.MlflowClient(), {}

class Rule(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return [1] * len(model_input)

def version(name):
    with mlflow.start_run(run_name=name) as run:
        mlflow.log_param("depth", 3)
        mlflow.log_metric("training_accuracy", 0.99)
        made = mlflow.pyfunc.log_model(
            name="model", python_model=Rule(), registered_model_name="credit", pip_requirements=[]
        )
    ids[name] = run.info.run_id
    return made.model_id

first = version("made")
version("later")
client.set_registered_model_alias("credit", "champion", "1")
data = mlflow.data.from_pandas(pandas.DataFrame({"income": range(1200), "label": [True] * 1200}), name="holdout")
for name in ("measured", "deleted"):
    with mlflow.start_run(run_name=name) as run:
        mlflow.set_tag("careloop.lock", "sha256:" + "0" * 64)
        mlflow.log_input(data, context="evaluation")
        mlflow.log_metric("accuracy", 0.9125, dataset=data, model_id=first)
        mlflow.log_metric("broken", float("nan"), model_id=first)
    ids[name] = run.info.run_id
client.delete_run(ids["deleted"])
with mlflow.start_run(run_name="said") as run:
    mlflow.set_tag("careloop.model", "models:/credit/1")
    mlflow.log_param("judge", "people")
ids["said"] = run.info.run_id
print(json.dumps(ids))
"""


class TestFake(ModelRunsContract):
    def make_registry(self) -> tuple[ModelRuns, Mapping[str, str]]:
        ids = {name: name for name in ("made", "measured", "said", "later")}
        first = {"measured": RunRole.MEASURED, "said": RunRole.SAID, "made": RunRole.MADE}
        versions = {"credit/1": first, "credit/2": {"later": RunRole.MADE}}
        return ModelRunsFake(versions, {"credit@champion": "credit/1"}), ids


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Address of a running server, and the ids of its runs."""
    folder = tmp_path_factory.mktemp("mlflow")
    with mlflow_server(folder) as url:
        done = subprocess.run([PYTHON, "-c", _LOG, url], cwd=folder, check=True, capture_output=True, text=True)
        yield url, json.loads(done.stdout.splitlines()[-1])


def care(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from careloop.cli.main import run; run()", "results", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.skipif(MISSING is not None, reason=str(MISSING))
class TestRealServer(ModelRunsContract):
    @pytest.fixture(autouse=True)
    def _of_the_server(self, served: tuple[str, Mapping[str, str]]) -> None:
        self._url, self._ids = served

    def make_registry(self) -> tuple[ModelRuns, Mapping[str, str]]:
        return MlflowRest(self._url), self._ids

    def test_runs_of_a_version_are_listed_with_metrics_parameters_and_tags(self) -> None:
        said = care("runs", f"mlflow:{self._url}", "--model", "models:/credit@champion")
        assert said.returncode == 0, said.stderr
        assert "models:/credit/1: 3 runs" in said.stdout
        assert f"{self._ids['measured']} (measured)  measured it, FINISHED" in said.stdout
        assert "metrics: accuracy=0.9125, broken=no value" in said.stdout
        assert "data: holdout" in said.stdout
        assert "no metric was logged: nothing of it can be evaluated" in said.stdout
        told = json.loads(care("runs", f"mlflow:{self._url}", "--model", "models:/credit/1", "--format", "json").stdout)
        made = next(one for one in told["runs"] if one["role"] == "made")
        assert (made["params"], made["evaluates"]) == ({"depth": "3"}, False), "what it learned from evaluates nothing"
        measured = next(one for one in told["runs"] if one["role"] == "measured")
        assert measured["metrics"] == {"accuracy": 0.9125, "broken": None}

    def test_the_run_that_measured_a_version_becomes_results_for_the_gate(self) -> None:
        words = ("--system", "credit-decision", "--repo", str(ACME), "--format", "json")
        said = care("import", f"mlflow:{self._url}", "--model", "models:/credit/1", *words)
        assert said.returncode == 0, said.stderr
        told = json.loads(said.stdout)
        assert told["lock"] == f"sha256:{'0' * 64}"
        (accuracy,) = told["results"]
        assert (accuracy["measure"], accuracy["value"], accuracy["n"]) == ("accuracy", 0.9125, 1200)

    def test_a_version_without_an_evaluation_has_no_result_which_is_not_0(self) -> None:
        said = care("runs", f"mlflow:{self._url}", "--model", "models:/credit/2")
        assert said.returncode == 1
        words = ("--system", "credit-decision", "--repo", str(ACME))
        said = care("import", f"mlflow:{self._url}", "--model", "models:/credit/2", *words)
        assert said.returncode != 0
        assert "no run evaluated models:/credit/2: 1 runs belong to it" in said.stderr
        assert "next: log the evaluation with `model_id`" in said.stderr


def test_a_registry_that_is_away_is_out_of_reach() -> None:
    with pytest.raises(Unavailable, match="does not answer"):
        MlflowRest("http://127.0.0.1:9").runs_of("models:/credit/1")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("import", "mlflow:mlruns", "--model", "models:/credit/1", "--system", "s"), "mlflow:mlruns is no server"),
        (
            ("import", "mlflow:http://127.0.0.1:9", "--model", "models:/c/1", "--run", "1", "--system", "s"),
            "--model looks for the run that --run names",
        ),
        (("runs", "mlflow:http://127.0.0.1:9", "--model", "credit"), "credit names no version"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_the_way_out(words: tuple[str, ...], told: str) -> None:
    said = care(*words, *(("--repo", str(ACME)) if words[0] == "import" else ()))
    assert (said.returncode, told in said.stderr) == (2, True), said.stderr
