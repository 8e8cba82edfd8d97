"""`care status` as a person or CI runs it: its rows, past days, and when it fails."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from care_rooms import FIRST_DAY, a_folder, a_repository, care

from careloop.testing.source_tree_builder import small_repository

ROOT = Path(__file__).parents[2]
ROW = ["id", "kind", "title", "phase", "status", "degraded", "care_status", "claims"]
CLAIM = ["text", "basis", "state", "because", "evidence", "fresh_until", "remedy"]


def test_acme_has_every_row_of_the_contract_in_its_shape(tmp_path: Path) -> None:
    answer = care("status", ROOT / "examples" / "acme", "--format", "json", at=tmp_path).answer
    assert answer["schema"] == "careloop/status/v1"
    head = ["careloop_version", "standards_digest", "commit", "dirty", "ledger_size", "lake_watermark", "as_of"]
    assert {*head, "in_force_by", "programme", "requirements"} <= set(answer)
    rows = answer["requirements"]
    kinds = Counter((row["id"].split("/")[0], row["kind"]) for row in rows)
    assert kinds == {
        ("iso42001:2023", "clause"): 32,
        ("iso42001:2023", "control"): 38,
        ("own", "control"): 2,
        ("care", "care"): 36,
    }
    assert all(set(ROW) <= set(row) for row in rows)
    assert all(set(CLAIM) <= set(claim) for row in rows for claim in row["claims"])
    assert all(("level" in row) == (row["kind"] == "care") for row in rows)
    assert {row["level"] for row in rows if row["kind"] == "care"} <= {0, 1, 2, 3, 4}
    assert all(set(one) == {"rule", "owner", "due", "acting", "message", "file"} for one in answer["programme"])


def test_what_needs_a_ledger_is_unknown_where_there_is_none_and_no_such_row_is_complete(tmp_path: Path) -> None:
    a_folder(tmp_path / "shop")
    answer = care("status", "shop", "--format", "json", at=tmp_path).answer
    assert (answer["ledger_size"], answer["commit"], answer["dirty"]) == (None, None, None)
    unknown = [row for row in answer["requirements"] if any(claim["state"] == "unknown" for claim in row["claims"])]
    assert len(unknown) > 10
    assert "complete" not in {row["care_status"] for row in unknown}


@pytest.mark.parametrize(("fail_on", "code"), [((), 0), (("missing",), 1)])
def test_rows_fail_the_command_only_when_asked(tmp_path: Path, fail_on: tuple[str, ...], code: int) -> None:
    a_folder(tmp_path / "shop")
    options = ["--fail-on", *fail_on] if fail_on else []
    told = care("status", "shop", *options, at=tmp_path)
    assert (told.code, told.err) == (code, "")
    assert " missing" in told.out
    assert "\x1b" not in told.out


def test_a_document_that_cannot_be_read_is_told_and_ends_with_two(tmp_path: Path) -> None:
    a_folder(tmp_path / "shop", {**small_repository(), "risk/criteria.yaml": b"owner: [\n"})
    told = care("status", "shop", at=tmp_path)
    assert told.code == 2
    assert told.err.startswith("risk/criteria.yaml:")
    assert "ISO/IEC 42001 clauses" in told.out, "what can be said is still said"


# --- past days --------------------------------------------------------------------------------------------------------


def test_before_the_first_commit_nothing_was_in_force(tmp_path: Path) -> None:
    a_repository(tmp_path / "shop")
    told = care("status", "shop", "--as-of", "2026-03-09", at=tmp_path)
    assert (told.code, told.out) == (2, "")
    assert told.err == "error: nothing was in force on 2026-03-09\n  next: the first commit of the branch is later\n"


def test_a_past_day_takes_the_last_commit_of_that_day_whatever_the_folder_holds_now(tmp_path: Path) -> None:
    shop = a_repository(tmp_path / "shop")
    shop.delete("risk/register/odd-advice.yaml")
    second = shop.commit(FIRST_DAY + timedelta(hours=2))
    shop.write("care.yaml", small_repository()["care.yaml"] + b"# later\n")
    third = shop.commit(FIRST_DAY + timedelta(days=2))
    shop.delete("roles.yaml")
    for day, commit in (("2026-03-10", second), ("2026-03-11", second), ("2026-03-12", third)):
        answer = care("status", "shop", "--as-of", day, "--format", "json", at=tmp_path).answer
        said = (answer["commit"], answer["as_of"], answer["in_force_by"], answer["dirty"])
        assert said == (commit, day, "history", False)


def test_an_instant_is_finer_than_a_day(tmp_path: Path) -> None:
    shop = a_repository(tmp_path / "shop")
    shop.write("care.yaml", small_repository()["care.yaml"] + b"# later\n")
    second = shop.commit(FIRST_DAY + timedelta(hours=2))
    before = care("status", "shop", "--as-of", "2026-03-10T13:59:59Z", "--format", "json", at=tmp_path).answer
    after = care("status", "shop", "--as-of", "2026-03-10T15:00:00+01:00", "--format", "json", at=tmp_path).answer
    assert before["commit"] != second
    assert after["commit"] == second


def test_a_commit_of_a_merged_branch_was_in_force_only_from_its_merge(tmp_path: Path) -> None:
    shop = a_repository(tmp_path / "shop")
    first = care("check", "shop", "--format", "json", at=tmp_path).answer["commit"]
    shop.write("care.yaml", small_repository()["care.yaml"] + b"# on a branch\n")
    branch = shop.commit(FIRST_DAY + timedelta(days=1))
    shop.go_to(first)
    merged = shop.commit(FIRST_DAY + timedelta(days=5), merging=branch)
    days = [("2026-03-12", first), ("2026-03-15", merged)]
    for day, commit in days:
        assert care("status", "shop", "--as-of", day, "--format", "json", at=tmp_path).answer["commit"] == commit


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("2999-01-01", "is still to come"),
        ("2026-02-30", "is neither a day nor an instant"),
        ("yesterday", "is neither a day nor an instant"),
        ("2026-03-10T12:00:00", "says no time zone"),
    ],
)
def test_a_day_that_cannot_be_meant_is_told(tmp_path: Path, given: str, why: str) -> None:
    a_repository(tmp_path / "shop")
    told = care("status", "shop", "--as-of", given, at=tmp_path)
    assert (told.code, told.out) == (2, "")
    assert why in told.err
    assert "  next: " in told.err
