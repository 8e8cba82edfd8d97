"""A data sheet held against real data by the command of a pipeline: Adult, as Acme's sheet describes it (R57-R59)."""

from __future__ import annotations

import csv
import json
from hashlib import sha256
from pathlib import Path
from shutil import copyfile, copytree
from typing import Any

import pytest
import yaml
from acme_releases import Acme, Said

from careloop import wiring
from careloop.cli.demo.adult import Applicant, adult_folder, load_applicants
from careloop.errors import CareloopError

GOLDEN = Path(__file__).parents[1] / "golden" / "tool_reports"
SHEET = "systems/credit-decision/data/adult-census.yaml"
COLUMNS = ("unit", "age", "workclass", "occupation", "hours_per_week", "capital_gain", "sex", "above")
CUT = 99_998.0
QUALITY: list[dict[str, Any]] = [
    {"measure": "completeness", "relation": ">=", "target": 0.93,
     "take": {"measure": "validity", "of": "occupation", "values": ["management", "professional", "clerical", "sales",
                                                                   "service", "craft", "transport", "farming"]}},
    {"measure": "duplicate_rows", "relation": ">=", "target": 0.998, "take": {"measure": "uniqueness", "by": ["unit"]}},
    {"measure": "women", "relation": ">=", "target": 0.3,
     "take": {"measure": "rate", "of": "sex", "values": ["female"]}},
    {"measure": "ages", "relation": ">=", "target": 1.0,
     "take": {"measure": "validity", "of": "age", "least": 17, "most": 90}},
]  # fmt: skip
PREPARATION: list[dict[str, Any]] = [
    {"method": "Missing occupation becomes the category unknown", "criterion": "No row is dropped",
     "accept": [{"take": {"measure": "row_count"}, "before": "joined.csv", "relation": ">=", "target": 0},
                {"take": {"measure": "rate", "of": "sex", "values": ["female"]}, "before": "joined.csv",
                 "relation": "<=", "target": 0.0001}]},
    {"method": "Capital gains above 99 998 are cut", "criterion": "At most 0.6 percent of rows change",
     "accept": [{"take": {"measure": "agreement", "of": "capital_gain", "by": ["unit"]}, "before": "joined.csv",
                 "relation": ">=", "target": 0.994}]},
]  # fmt: skip


@pytest.fixture(scope="module")
def applicants() -> list[Applicant]:
    try:
        return list(load_applicants(adult_folder(wiring.data_folder())))
    except CareloopError as error:
        pytest.skip(f"the Adult data is not here: {error}")


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory, applicants: list[Applicant]) -> Path:
    """Acme whose pipeline made the files that the sheet names, from the very files that Acme's sheet has digests of."""
    folder = tmp_path_factory.mktemp("pipeline")
    made, data = Acme.founded(folder), folder / "data"
    data.mkdir()
    for name in ("adult.data", "adult.test"):
        copyfile(adult_folder(wiring.data_folder()) / name, data / name)
    write(data / "joined.csv", applicants)
    write(data / "prepared.csv", [one._replace(capital_gain=min(one.capital_gain, CUT - 1)) for one in applicants])
    sheet = read(made)
    raw = sheet["provenance"][:2]
    for step, name in zip(raw, ("adult.data", "adult.test"), strict=True):
        step["file"] = name
    steps = [
        *raw,
        step_of("Joined", data / "joined.csv", [one["digest"] for one in raw]),
        step_of("Prepared", data / "prepared.csv", [digest(data / "joined.csv")]),
    ]
    put(made, {**sheet, "quality": QUALITY, "preparation": PREPARATION, "provenance": steps})
    return folder


@pytest.fixture
def acme(tmp_path: Path, founded: Path) -> Acme:
    copytree(founded, tmp_path, dirs_exist_ok=True)
    return Acme(tmp_path / "acme", tmp_path / "keys")


def read(acme: Acme) -> dict[str, Any]:
    """The sheet; PyYAML takes the key `on` for a truth."""

    def mended(value: Any) -> Any:
        if isinstance(value, dict):
            return {"on" if key is True else key: mended(one) for key, one in value.items()}
        return [mended(one) for one in value] if isinstance(value, list) else value

    found: dict[str, Any] = mended(yaml.safe_load((acme.root / SHEET).read_text()))
    return found


def write(path: Path, rows: list[Applicant]) -> None:
    with path.open("w", newline="", encoding="utf-8") as stream:
        out = csv.writer(stream)
        out.writerow(COLUMNS)
        out.writerows([getattr(one, name) for name in COLUMNS] for one in rows)


def digest(path: Path) -> str:
    return f"sha256:{sha256(path.read_bytes()).hexdigest()}"


def step_of(what: str, made: Path, takes: list[str]) -> dict[str, Any]:
    told = {"step": what, "by": "Pipeline", "on": "2026-08-24", "takes": takes}
    return {**told, "file": made.name, "digest": digest(made)}


def put(acme: Acme, sheet: dict[str, Any]) -> None:
    acme.write(SHEET, json.dumps(sheet, default=str))
    acme.commit("daniel.osei@acme.example")


def changed(acme: Acme, **fields: Any) -> None:
    put(acme, {**read(acme), **fields})


def check(acme: Acme, *words: str) -> Said:
    return acme.care("data", "check", "adult-census", "--files", str(acme.root.parent / "data"), *words)


def findings(said: Said, part: str) -> list[dict[str, Any]]:
    return [one for one in said.json["findings"] if one["part"] == part]


def test_r57_targets_are_measured_on_the_rows_and_are_what_counting_by_hand_gives(
    acme: Acme, applicants: list[Applicant]
) -> None:
    said = check(acme, "--format", "json")
    assert (said.code, said.json["passed"]) == (0, True), said.out
    known = sum(one.occupation != "unknown" for one in applicants) / len(applicants)
    women = sum(one.sex == "female" for one in applicants) / len(applicants)
    unique = len({one.unit for one in applicants}) / len(applicants)
    values = [one["value"] for one in findings(said, "quality")]
    assert values == pytest.approx([known, unique, women, 1.0], abs=1e-12)
    assert {one["n"] for one in findings(said, "quality")} == {len(applicants)}


def test_r58_every_digest_is_computed_again_and_one_changed_byte_is_found(acme: Acme) -> None:
    assert [one["state"] for one in findings(check(acme, "--format", "json"), "provenance")] == ["passed"] * 5
    joined = acme.root.parent / "data" / "joined.csv"
    raw = bytearray(joined.read_bytes())
    raw[1000] ^= 1
    joined.write_bytes(bytes(raw))
    said = check(acme)
    assert (said.code, "joined.csv has sha256:" in said.out, "and the step made" in said.out) == (1, True, True)


def test_r58_a_step_without_a_digest_breaks_the_chain(acme: Acme) -> None:
    sheet = read(acme)
    del sheet["provenance"][2]["digest"]
    del sheet["provenance"][3]["takes"]
    put(acme, sheet)
    said = check(acme)
    assert (said.code, "the chain breaks" in said.out) == (1, True)


def test_r58_rows_that_no_step_made_are_not_the_data_set(acme: Acme) -> None:
    other = acme.root.parent / "data" / "other.csv"
    other.write_text((other.parent / "prepared.csv").read_text() + "x,1,a,b,1,1,male,False\n")
    said = check(acme, "--data", "other.csv")
    assert (said.code, "which no step of the sheet made" in said.out) == (1, True)


def test_r59_criteria_of_preparation_are_held_against_the_rows_before_and_after(acme: Acme) -> None:
    found = findings(check(acme, "--format", "json"), "preparation")
    assert [(one["state"], one["value"]) for one in found[:2]] == [("passed", 0.0), ("passed", 0.0)]
    assert 0.99 < found[2]["value"] < 1  # 244 rows are at the top, as the census coded them
    changed(acme, preparation=[{**PREPARATION[1], "accept": [{**PREPARATION[1]["accept"][0], "target": 0.9999}]}])
    said = check(acme)
    assert (said.code, "asked: >= 0.9999" in said.out) == (1, True)
    changed(acme, preparation=[{"method": "Scaled to mean zero", "criterion": "Mean is within 0.01 of zero"}])
    said = check(acme)
    assert (said.code, "only people can read its criterion" in said.out) == (1, True)


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ({**QUALITY[0], "target": None}, "nobody has said what is good enough"),
        ({"measure": "accuracy", "relation": ">=", "target": 0.9}, "nothing says how it is taken"),
        ({**QUALITY[0], "take": {"measure": "completeness", "of": "salary"}}, "the rows have no column 'salary'"),
        ({**QUALITY[0], "take": {"measure": "completenes", "of": "age"}}, "did you mean completeness?"),
        ({**QUALITY[0], "take": None, "reports": [{"tool": "pandera", "name": "failures"}]}, "no report gives it"),
    ],
)
def test_r57_what_has_no_target_and_what_cannot_be_told_fails(acme: Acme, target: dict[str, Any], words: str) -> None:
    changed(acme, quality=[target, *QUALITY[1:]])
    said = check(acme)
    assert (said.code, words in said.out) == (1, True), said.out + said.err


def test_r57_reports_of_tools_that_the_pipeline_runs_count_as_the_sheet_says(acme: Acme) -> None:
    reports = [str(GOLDEN / f"{name}.json") for name in ("great_expectations-1.24.1", "pandera-0.35.0")]
    words = [word for report in reports for word in ("--results", report)]
    said = check(acme, *words)
    assert said.code == 1
    assert "3 of 4 expectations are met, 1 ended in an error" in said.out
    name = "expect_column_values_to_not_be_null.age"
    target = {"measure": "ages_known", "relation": ">=", "target": 0.8}
    spoken = {**target, "reports": [{"tool": "great_expectations", "name": name}]}
    failures = {"measure": "schema_violations", "relation": "<=", "target": 5}
    changed(acme, quality=[spoken, {**failures, "reports": [{"tool": "pandera", "name": "failures"}]}])
    said = check(acme, *words, "--format", "json")
    assert said.code == 1
    aged, violated, silent = findings(said, "quality")
    assert [aged["value"], violated["value"]] == [0.875, 5.0]
    assert (silent["state"], silent["because"]) == ("untold", "it ended in an error, and no target speaks of it")
    whole = {"measure": "expectations_met", "relation": ">=", "target": 0.7}
    changed(acme, quality=[spoken, {**whole, "reports": [{"tool": "great_expectations", "name": "all"}]}])
    assert check(acme, *words[:2], "--dry-run").code == 0


def test_r57_a_test_of_dbt_that_failed_and_that_the_sheet_is_silent_about_fails(acme: Acme) -> None:
    """A target that speaks of one test takes nothing from the others."""
    run, manifest = (str(GOLDEN / f"dbt-1.10.23-{name}.json") for name in ("run_results", "manifest"))
    words = ("--results", run, "--manifest", manifest, "--dry-run", "--format", "json")
    bad = [one for one in json.loads(Path(run).read_text())["results"] if one["status"] in ("fail", "warn")]
    assert bad
    target = {"measure": "ids_unknown", "relation": "<=", "target": 0}
    changed(acme, quality=[{**target, "reports": [{"tool": "dbt", "name": "clean.id.not_null"}]}])
    said = check(acme, *words)
    assert said.code == 1
    silent = [one for one in findings(said, "quality") if one["name"].startswith("dbt: ")]
    assert len(silent) == len(bad)
    assert {one["state"] for one in silent} == {"failed"}


def test_r57_tests_of_dbt_count_by_model_and_column_where_the_manifest_is_given(acme: Acme) -> None:
    run, manifest = (str(GOLDEN / f"dbt-1.10.23-{name}.json") for name in ("run_results", "manifest"))
    target = {"measure": "ids_unknown", "relation": "<=", "target": 0}
    changed(acme, quality=[{**target, "reports": [{"tool": "dbt", "name": "clean.id.not_null"}]}])
    said = check(acme, "--results", run, "--dry-run")
    assert (said.code, "no report gives it (dbt: clean.id.not_null)" in said.out) == (1, True), said.out
    said = check(acme, "--results", run, "--manifest", manifest, "--dry-run")
    assert "as dbt reports it (not_null on column id of clean, severity error)" in said.out
    alone = check(acme, "--manifest", manifest, "--dry-run")
    assert (alone.code, "--results target/run_results.json" in alone.err) == (2, True), alone.err


def test_what_was_found_goes_into_the_ledger_and_a_bad_word_replaces_a_good_one(acme: Acme) -> None:
    good = check(acme, "--format", "json")
    assert good.json["recorded"] == [0, 1, 2]
    assert claims(acme) == {"a.7.4-measured": True, "a.7.5-chain": True, "a.7.6-met": True}
    changed(acme, quality=[{**QUALITY[0], "target": 0.99}])
    assert check(acme).code == 1
    assert claims(acme) == {"a.7.4-measured": False, "a.7.5-chain": True, "a.7.6-met": True}
    verified = acme.care("ledger", "verify")
    assert verified.code == 0, verified.out


def test_r57_rows_that_are_gone_fail_and_take_away_what_an_earlier_check_showed(acme: Acme) -> None:
    assert check(acme).code == 0
    (acme.root.parent / "data" / "prepared.csv").unlink()
    said = check(acme, "--format", "json")
    assert (said.code, {one["state"] for one in findings(said, "quality")}) == (1, {"untold"}), said.err
    assert claims(acme) == {"a.7.4-measured": False, "a.7.5-chain": False, "a.7.6-met": False}


def claims(acme: Acme) -> dict[str, bool]:
    """Which claims speak of the data set as one that holds them; other sets of Acme are never checked here."""
    found = acme.care("status", "--format", "json").json
    rows = [one for row in found["requirements"] for one in row["claims"]]
    wanted = ("a.7.4-measured", "a.7.5-chain", "a.7.6-met")
    return {one["id"]: "adult-census" not in one["because"] for one in rows if one["id"] in wanted}


def test_the_event_that_is_written_is_read_by_our_own_reader_of_openlineage(acme: Acme, tmp_path: Path) -> None:
    event = tmp_path / "event.json"
    assert check(acme, "--openlineage", str(event), "--dry-run").code == 0
    told = json.loads(event.read_text())
    assert (told["eventType"], [one["name"] for one in told["inputs"]]) == ("COMPLETE", ["prepared.csv"])
    said = check(acme, "--results", str(event), "--dry-run")
    assert (said.code, "12 of 12 expectations are met" in said.out) == (0, True), said.out


def test_without_a_record_the_sheet_may_be_uncommitted_and_nothing_is_written(acme: Acme) -> None:
    sheet = read(acme)
    acme.write(SHEET, json.dumps({**sheet, "quality": []}, default=str))
    assert check(acme, "--dry-run").code == 1
    assert not (acme.root / ".care" / "ledger").exists()
    assert check(acme).code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["data", "check", "nosuch"], "known are adult-census"),
        (["data", "check", "adult-census", "--files", "nowhere"], "there is no folder nowhere"),
        (["data", "check", "adult-census", "--files", ".", "--data", "*.parquet"], "matches *.parquet"),
        (["data", "check", "adult-census", "--files", ".", "--data", "../data/adult.test"], "leads out of the folder"),
        (["data", "check", "adult-census", "--files", ".", "--data", "care.yaml"], "care.yaml"),
    ],
)
def test_what_cannot_be_read_says_so_with_the_next_step(acme: Acme, words: list[str], said: str) -> None:
    told = acme.care(*words)
    assert (told.code, said in told.err) == (2, True), told.err + told.out


def test_r59_rows_before_a_step_that_cannot_be_read_tell_nothing_and_spoil_no_other_finding(acme: Acme) -> None:
    (acme.root.parent / "data" / "joined.csv").write_bytes(b"unit,age\n1,2,3\n")
    said = check(acme, "--dry-run", "--format", "json")
    states = [one["state"] for one in findings(said, "preparation")]
    assert (said.code, states) == (1, ["untold"] * 3)
    assert {one["state"] for one in findings(said, "quality")} == {"passed"}
