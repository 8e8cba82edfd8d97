"""R57-R59: where it cannot be told whether a data set is good enough, the check fails, and says why."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from careloop.documents.tool_reports.read import read_tool_report
from careloop.domain.data_check import CheckState, DataCheck, DataFinding, DataPart
from careloop.domain.dataset import Dataset
from careloop.domain.repository import Document, Repository
from careloop.domain.tool_report import ToolReport
from careloop.errors import InvalidInput, NotFound
from careloop.ledger.record import MAX_BODY
from careloop.testing.ledger_fake import LedgerFake
from careloop.wiring.rows import data_folder
from careloop.workflows.run.check_data import DataAsk, check_data, find_sheet
from careloop.workflows.run.record_data_check import record_data_check

GOLDEN = Path(__file__).parents[3] / "golden" / "tool_reports"
TODAY, MOMENT = date(2026, 11, 28), datetime(2026, 11, 20, tzinfo=UTC)
NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


def lay(folder: Path, name: str, **columns: Any) -> Path:
    kinds = {"at": pa.timestamp("us", "UTC"), "sex": pa.string()}
    pq.write_table(pa.table({key: pa.array(value, kinds.get(key)) for key, value in columns.items()}), folder / name)
    return folder / name


def sheet(rows: Path, *targets: dict[str, Any], of: str = "loans", system: str = "credit") -> Document:
    digest = f"sha256:{sha256(rows.read_bytes()).hexdigest()}" if rows.is_file() else f"sha256:{'0' * 64}"
    step = {"step": "Written", "by": "A. Sommer", "on": "2026-02-16", "file": rows.name, "digest": digest}
    told = {
        "id": of, "name": "Loans", "owner": "data-lead", "purpose": "Try it", "used_for": ["evaluation"],
        "personal": False, "source": "Loan book", "licence": "Own", "rights": "Contract",
        "quality": targets, "provenance": [step],
    }  # fmt: skip
    noun = Dataset.model_validate_json(json.dumps(told))
    return Document(path=f"systems/{system}/data/{of}.yaml", kind="dataset", noun=noun, folder=system)


def target(relation: str, limit: float, **more: Any) -> dict[str, Any]:
    return {"measure": "it", "relation": relation, "target": limit, **more}


def checked(
    folder: Path, document: Document, reference: tuple[str, ...] = (), reports: tuple[ToolReport, ...] = ()
) -> DataCheck:
    files = data_folder(folder)
    return check_data(
        DataAsk(
            sheet=document, raw=b"", repository=Repository((document,)), files=files, data=(), reference=reference,
            reports=reports, today=TODAY,
        )
    )  # fmt: skip


def quality(found: DataCheck) -> DataFinding:
    (one,) = found.of(DataPart.QUALITY)
    return one


def test_rows_that_are_gone_fail_every_requirement_and_are_not_a_wrong_call(tmp_path: Path) -> None:
    take = {"measure": "completeness", "of": "sex"}
    found = checked(tmp_path, sheet(tmp_path / "gone.parquet", target(">=", 0, take=take)))
    assert [one.state for one in found.findings] == [CheckState.UNTOLD, CheckState.UNTOLD]
    assert quality(found).because == "gone.parquet, which its last step made, is not here"
    assert not found.passed()


@pytest.mark.parametrize("dated", range(1, 5))
def test_a_row_without_a_moment_is_not_current(tmp_path: Path, dated: int) -> None:
    rows = lay(tmp_path, "rows.parquet", at=[MOMENT] * dated + [None] * (4 - dated))
    take = {"measure": "currentness", "of": "at", "days": 30}
    found = quality(checked(tmp_path, sheet(rows, target(">=", 1, take=take))))
    assert (found.value, found.n) == (dated / 4, 4)
    assert found.passed == (dated == 4)


def compared(folder: Path, women: int, of: int, limit: float) -> DataFinding:
    rows = lay(folder, "rows.parquet", sex=["f"] * women + ["m"] * (of - women))
    lay(folder, "people.parquet", sex=["f", "m"] * (of // 2))
    take = {"measure": "representativeness", "of": "sex", "values": ["f", "m"]}
    return quality(checked(folder, sheet(rows, target("<=", limit, take=take)), ("people.parquet",)))


def test_so_few_rows_that_they_may_be_alike_or_not_cannot_be_told(tmp_path: Path) -> None:
    few = compared(tmp_path, women=4, of=10, limit=0.1)
    assert few.value is not None
    assert few.value <= 0.1
    assert (few.state, few.because[:21]) == (CheckState.UNTOLD, "with so few rows it m")
    assert compared(tmp_path, women=2000, of=5000, limit=0.1).state is CheckState.PASSED
    assert compared(tmp_path, women=500, of=5000, limit=0.1).state is CheckState.FAILED


def test_two_sheets_of_one_id_are_not_checked_since_the_ledger_could_not_tell_them_apart(tmp_path: Path) -> None:
    first, second = (sheet(tmp_path / "rows.parquet", system=system) for system in ("credit", "support"))
    for name in ("loans", second.path):
        with pytest.raises(InvalidInput, match=f"{first.path} and {second.path} have the same id"):
            find_sheet(Repository((first, second)), name)
    assert find_sheet(Repository((first,)), "loans") is first
    with pytest.raises(NotFound, match="no data sheet 'laons'"):
        find_sheet(Repository((first,)), "laons")


def expectations(*successes: bool) -> ToolReport:
    one = {
        "expectation_config": {"type": "expect_column_values_to_be_between", "kwargs": {"column": "age"}},
        "result": {}, "exception_info": {"raised_exception": False},
    }  # fmt: skip
    told = {"success": all(successes), "results": [{**one, "success": each} for each in successes],
            "statistics": {"evaluated_expectations": len(successes)}}  # fmt: skip
    found = read_tool_report(json.dumps(told).encode(), "r.json")
    assert found is not None
    return found


def test_a_figure_that_stands_twice_in_a_report_is_none(tmp_path: Path) -> None:
    rows = lay(tmp_path, "rows.parquet", sex=["f"])
    known = [{"tool": "great_expectations", "name": "expect_column_values_to_be_between.age"}]
    document = sheet(rows, target(">=", 1, reports=known))
    assert quality(checked(tmp_path, document, reports=(expectations(True),))).passed
    twice = quality(checked(tmp_path, document, reports=(expectations(True, False),)))
    assert (twice.state, "stands 2 times" in twice.because) == (CheckState.UNTOLD, True)


def event(kind: str, *held: bool) -> bytes:
    whole = json.loads((GOLDEN / "openlineage-1.54.0.json").read_bytes())
    facet = {"assertions": [{"assertion": "not_null", "success": one} for one in held]}
    dataset = {"namespace": "file", "name": "loans", "facets": {"dataQualityAssertions": facet}}
    return json.dumps({**whole, "eventType": kind, "inputs": [dataset], "outputs": []}).encode()


@pytest.mark.parametrize(("kind", "passes"), [("COMPLETE", True), ("FAIL", False), ("ABORT", False)])
def test_a_run_that_failed_does_not_pass_by_the_checks_that_it_came_to(tmp_path: Path, kind: str, passes: bool) -> None:
    report = read_tool_report(event(kind, True, True), "event.json")
    assert report is not None
    take = {"measure": "completeness", "of": "sex"}
    rows = lay(tmp_path, "rows.parquet", sex=["f"])
    found = checked(tmp_path, sheet(rows, target(">=", 1, take=take)), reports=(report,))
    assert found.passed() == passes


def test_an_event_before_the_end_of_a_run_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"event\.json:1: eventType: a run that is at RUNNING"):
        read_tool_report(event("RUNNING", True), "event.json")


WORDS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=3)


def many(states: Iterable[CheckState], words: str) -> DataCheck:
    findings = tuple(
        DataFinding(part=DataPart.QUALITY, name=words * 400, state=state, because=words * 900) for state in states
    )
    zero = f"sha256:{'0' * 64}"
    files = tuple((f"part-{place}.parquet", zero) for place in range(len(findings)))
    return DataCheck(dataset="loans", system="credit", path="p", sheet=zero, data=files, findings=findings)


@given(words=WORDS, passing=st.integers(0, 400))
def test_a_record_fits_whatever_was_found_and_names_what_failed_first(words: str, passing: int) -> None:
    ledger = LedgerFake()
    found = many([CheckState.PASSED] * passing + [CheckState.FAILED] * 3, words)
    record_data_check(found, ledger, commit="c", now=NOW)
    (entry,) = ledger.query()
    assert len(entry.body) <= MAX_BODY
    kept = entry.record.data["findings"]
    assert isinstance(kept, list)
    assert entry.record.data["of"] == passing + 3
    assert sum(isinstance(one, dict) and one["state"] == "failed" for one in kept) == 3
