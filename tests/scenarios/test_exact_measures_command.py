"""`care measure run` on measures of the exact kind: from rows, by group, before labels are there (issue 7; R42-R45)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from acme_releases import care

SPEC = """\
outcome: {column: decision, values: [approve]}
label: {column: repaid, values: ["true"]}
score: score
by: [sex]
measures:
  - {measure: roc_auc}
  - {measure: impact_ratio}
  - {measure: estimated_accuracy}
  - {measure: estimated_roc_auc}
  - {measure: exact_ks, of: score}
  - {measure: schema_drift}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    dice = np.random.default_rng(11)
    for name, power in (("old", 1.0), ("new", 0.5)):
        score = dice.random(3_000) ** power
        pq.write_table(
            pa.table(
                {
                    "score": score,
                    "decision": np.where(score > 0.5, "approve", "refuse"),
                    "repaid": dice.random(3_000) < score,
                    "sex": dice.choice(["F", "M", "X"], 3_000, p=[0.5, 0.495, 0.005]),
                }
            ),
            tmp_path / f"{name}.parquet",
        )
    (tmp_path / "measures.yaml").write_text(SPEC)
    return tmp_path


def measured(*words: str) -> dict[str, dict[str, Any]]:
    said = care("measure", "run", "measures.yaml", *words, "--reference", "old.parquet", "--format", "json")
    assert said.code == 0, said.err
    return {one["measure"]: one for one in json.loads(said.out)}


def test_both_kinds_come_in_the_order_asked_and_only_counts_have_a_digest(folder: Path) -> None:
    answer = measured("--data", "new.parquet")
    assert list(answer) == ["roc_auc", "impact_ratio", "estimated_accuracy", "estimated_roc_auc", "exact_ks:score",
                            "schema_drift"]  # fmt: skip
    assert {name for name, one in answer.items() if one["digest"]} == {"impact_ratio"}
    assert answer["roc_auc"]["tolerance"] == 1e-12
    groups = {one["group"]: one for one in answer["roc_auc"]["groups"]}
    assert set(groups) == {"F", "M", "X"}
    assert (groups["X"]["used"], "fewer than the least n of 30" in groups["X"]["reason"]) == (False, True)
    assert answer["exact_ks:score"]["value"] == pytest.approx(0.25, abs=0.03)


def test_before_labels_are_there_performance_is_estimated_and_called_so(folder: Path) -> None:
    rows = pq.read_table(folder / "new.parquet")
    truth = measured("--data", "new.parquet")["roc_auc"]["value"]
    pq.write_table(rows.drop_columns(["repaid"]), folder / "unlabelled.parquet")
    (folder / "measures.yaml").write_text(SPEC.replace("  - {measure: roc_auc}\n", ""))
    answer = measured("--data", "unlabelled.parquet")
    assert answer["estimated_roc_auc"]["value"] == pytest.approx(truth, abs=0.02)
    assert answer["estimated_roc_auc"]["estimated"] is True
    assert answer["schema_drift"]["note"] == "repaid: gone"
    said = care("measure", "run", "measures.yaml", "--data", "unlabelled.parquet", "--reference", "old.parquet")
    assert "estimated: it warns, and decides nothing" in said.out


def test_a_condition_picks_rows_on_both_sides(folder: Path) -> None:
    spec = "measures: [{measure: exact_ks, of: score, when: [{column: sex, values: [F]}]}]\n"
    (folder / "measures.yaml").write_text(spec)
    women = sum(sex == "F" for sex in pq.read_table(folder / "new.parquet")["sex"].to_pylist())
    assert measured("--data", "new.parquet")["exact_ks:score"]["n"] == women


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("score: score", "score: sex"), "roc_auc: score: 'sex' holds text, and real is needed"),
        (('label: {column: repaid, values: ["true"]}\n', ""), "roc_auc: the file does not say `label`"),
        (("of: score", "of: decision"), "exact_ks:decision: of: 'decision' holds text, and real is needed"),
        (("measure: roc_auc", "measure: roc_acu"), "there is no measure 'roc_acu'"),
        (("measure: roc_auc", "measure: schema_drift"), "asked for twice"),
    ],
)
def test_each_mistake_is_named_with_exit_2(folder: Path, change: tuple[str, str], told: str) -> None:
    (folder / "measures.yaml").write_text(SPEC.replace(*change, 1))
    said = care("measure", "run", "measures.yaml", "--data", "new.parquet", "--reference", "old.parquet")
    assert (said.code, told in said.err) == (2, True), said.err


def test_what_compares_asks_for_the_reference(folder: Path) -> None:
    said = care("measure", "run", "measures.yaml", "--data", "new.parquet")
    assert (said.code, "estimated_accuracy: it compares with a reference" in said.err) == (2, True)
