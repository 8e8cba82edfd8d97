"""Figures that NannyML publishes for its car loan data come out of ours, from the files to the printed value.

Its documentation cuts 50,000 newer rows into ten chunks and holds them against 50,000 older ones (R42-R45, issue 7).
"""

from __future__ import annotations

import csv
import io
import json
import os
from contextlib import redirect_stdout, suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from careloop.cli.main import run

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("CARELOOP_DATA") or ROOT / ".cache" / "data")
FOLDER = DATA / "nannyml" / "nannyml" / "datasets" / "data"
CHUNK = 5_000

pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="the data of nannyml 0.13.1 is not here; `make setup` fetches it"
)

SPEC = """\
outcome: {column: y_pred, values: ["1"]}
label: {column: repaid, values: ["1"]}
score: y_pred_proba
measures:
  - {measure: roc_auc}
  - {measure: accuracy}
  - {measure: estimated_roc_auc}
  - {measure: estimated_accuracy}
  - {measure: exact_ks, of: debt_to_income_ratio}
  - {measure: ks_distance, of: debt_to_income_ratio, bins: 200}
"""


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, dict[str, Any]]]:
    """What `care measure run` prints for each chunk, by measure."""
    folder = tmp_path_factory.mktemp("car-loan")
    (folder / "measures.yaml").write_text(SPEC)
    newer = pyarrow.csv.read_csv(FOLDER / "synthetic_car_loan_analysis.csv")
    labels = pyarrow.csv.read_csv(FOLDER / "synthetic_car_loan_analysis_target.csv")
    assert newer["id"].equals(labels["id"])
    newer = newer.append_column("repaid", labels["repaid"].cast(pa.float64()))
    pq.write_table(pyarrow.csv.read_csv(FOLDER / "synthetic_car_loan_reference.csv"), folder / "older.parquet")
    return [printed(folder, newer.slice(chunk * CHUNK, CHUNK)) for chunk in range(10)]


def printed(folder: Path, rows: pa.Table) -> dict[str, dict[str, Any]]:
    pq.write_table(rows, folder / "chunk.parquet")
    words = ["--data", str(folder / "chunk.parquet"), "--reference", str(folder / "older.parquet"), "--format", "json"]
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(io.StringIO()) as out:
        patch.setattr("sys.argv", ["care", "measure", "run", str(folder / "measures.yaml"), *words])
        with suppress(SystemExit):
            run()
    return {one["measure"]: one for one in json.loads(out.getvalue())}


@pytest.mark.parametrize(
    ("chunk", "roc_auc", "accuracy"), [(0, 0.970962, 0.9422), (1, 0.970248, 0.9422), (9, 0.957556, 0.9122)]
)
def test_realised_performance_by_chunk(
    answers: list[dict[str, dict[str, Any]]], chunk: int, roc_auc: float, accuracy: float
) -> None:
    assert round(answers[chunk]["roc_auc"]["value"], 6) == roc_auc
    assert answers[chunk]["accuracy"]["value"] == accuracy
    assert answers[chunk]["accuracy"]["n"] == CHUNK


def test_exact_distance_of_debt_to_income_by_chunk(answers: list[dict[str, dict[str, Any]]]) -> None:
    found = [round(each["exact_ks:debt_to_income_ratio"]["value"], 5) for each in answers]
    assert found == [0.01576, 0.01272, 0.01746, 0.01282, 0.01922, 0.00824, 0.01068, 0.01002, 0.01070, 0.00700]


def test_distance_at_edges_of_bins_is_never_more_and_hardly_less(answers: list[dict[str, dict[str, Any]]]) -> None:
    for each in answers:
        exact = each["exact_ks:debt_to_income_ratio"]["value"]
        assert 0 <= exact - each["ks_distance:debt_to_income_ratio"]["value"] <= 1 / 200


def test_the_estimate_without_labels_follows_the_fall_that_came(answers: list[dict[str, dict[str, Any]]]) -> None:
    for each in answers:
        assert each["estimated_accuracy"]["value"] == pytest.approx(each["accuracy"]["value"], abs=0.015)
        assert each["estimated_roc_auc"]["value"] == pytest.approx(each["roc_auc"]["value"], abs=0.01)
        assert (each["estimated_accuracy"]["estimated"], each["estimated_accuracy"]["digest"]) == (True, None)
    assert answers[9]["estimated_accuracy"]["value"] < answers[0]["estimated_accuracy"]["value"] - 0.02


def test_the_files_are_those_that_the_documentation_describes() -> None:
    for name in ("reference", "analysis", "analysis_target"):
        with (FOLDER / f"synthetic_car_loan_{name}.csv").open(encoding="utf-8") as file:
            assert sum(1 for _ in csv.reader(file)) == 50_001
