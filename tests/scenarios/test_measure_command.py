"""`care measure` as people type it: on real data, on each engine, and with every mistake named (issue 7; R42-R46)."""

from __future__ import annotations

import io
import json
import re
from contextlib import redirect_stderr, redirect_stdout, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from acme_releases import care

from careloop.cli.main import run

SPEC = """\
outcome: {column: decision, values: [approve]}
label: {column: repaid, values: ["true"]}
score: score
by: [sex]
unit: person
measures:
  - {measure: impact_ratio}
  - {measure: equalised_odds_difference}
  - {measure: calibration_by_group}
  - {measure: f1, by: []}
  - {measure: psi, of: income, bins: 5}
  - {measure: chi_square, of: region, values: [north, south]}
  - {measure: latency_p95, of: latency_us, by: []}
  - {measure: validity, of: income, least: 0, most: 100, by: []}
  - {id: refused, measure: rate, of: decision, values: [refuse], by: [sex, region]}
  - {measure: consistency, of: income, least: 30, when: [{column: region, values: [north]}], by: []}
  - {measure: currentness, of: confirmed_at, as_of: 2026-11-28, days: 30, by: []}
  - {measure: query_concentration, by: []}
  - {measure: revenue, of: latency_us, by: [region], digits: 6}
  - id: problems
    measure: problematic_response_rate
    of: decision
    values: [refuse]
    by: []
    judge: {found: {right: 95, of: 100}, passed: {right: 990, of: 1000}}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, shift in (("old", 0), ("new", 7)):
        for part in range(2):
            rows = [
                {
                    "decision": "approve" if (n * 31 + shift) % 7 > 2 else "refuse",
                    "repaid": None if n % 11 == 0 else (n * 17) % 5 > 1,
                    "score": (n * 37 % 101) / 101,
                    "sex": ["F", "M", None][n % 3 if n % 9 == 2 else n % 2],
                    "region": ["north", "south", "elsewhere"][n % 3],
                    "income": float(n * 13 % 90 + shift),
                    "latency_us": 1_000 + n * 791 % 50_000,
                    "person": f"person-{n % 60}",
                    "confirmed_at": datetime(2026, 11, 28, tzinfo=UTC) - timedelta(days=n % 60),
                }
                for n in range(part * 400, part * 400 + 400)
            ]
            pq.write_table(pa.Table.from_pylist(rows), tmp_path / f"{name}-{part}.parquet")
    (tmp_path / "measures.yaml").write_text(SPEC)
    return tmp_path


def test_r42_r43_all_engines_print_the_same_answer_to_the_byte(folder: Path) -> None:
    said = {
        engine: care("measure", "run", "measures.yaml", "--data", "new-*.parquet", "--reference", "old-*.parquet",
                     "--engine", engine, "--format", "json")
        for engine in ("duckdb", "polars", "stream", "auto")
    }  # fmt: skip
    assert {each.code for each in said.values()} == {0}, [each.err for each in said.values()]
    assert len({each.out for each in said.values()}) == 1
    answer = {one["measure"]: one for one in json.loads(said["auto"].out)}
    assert list(answer)[-1] == "problems"
    assert answer["problems"]["value"] == pytest.approx((0.42875 + 0.99 - 1) / (0.95 + 0.99 - 1))
    assert answer["currentness:confirmed_at"]["value"] == 423 / 800
    assert answer["consistency:income"]["n"] == 267
    assert {one["group"] for one in answer["revenue:latency_us"]["groups"]} == {"north", "south", "elsewhere"}
    assert {one["group"] for one in answer["refused"]["groups"]} >= {"F & north", "M & south", "(unknown)"}
    assert all(len(one["digest"]) == 64 for one in answer.values())
    assert answer["psi:income"]["reference_digest"] not in (None, answer["psi:income"]["digest"])
    assert answer["impact_ratio"]["n"] == sum(g["n"] for g in answer["impact_ratio"]["groups"] if g["used"])


def test_edges_that_an_answer_printed_cut_the_next_period_alike(folder: Path) -> None:
    words = ("--data", "new-*.parquet", "--format", "json")
    first = care("measure", "run", "measures.yaml", "--reference", "old-*.parquet", *words)
    cut = {one["measure"]: one for one in json.loads(first.out)}["psi:income"]
    assert len(cut["edges"]) == 4
    spec = SPEC.replace("of: income, bins: 5", f"of: income, edges: {cut['edges']}")
    (folder / "measures.yaml").write_text(spec)
    second = care("measure", "run", "measures.yaml", "--reference", "old-0.parquet", *words)
    kept = {one["measure"]: one for one in json.loads(second.out)}["psi:income"]
    assert (kept["edges"], kept["digest"]) == (cut["edges"], cut["digest"])
    assert kept["reference_digest"] != cut["reference_digest"]


def test_people_read_value_interval_n_and_groups(folder: Path) -> None:
    said = care("measure", "run", "measures.yaml", "--data", "new-0.parquet", "--reference", "old-0.parquet")
    assert said.code == 0, said.err
    assert "left out: these rows do not say their group" in said.out
    assert max(map(len, said.out.splitlines())) < 160


@pytest.mark.parametrize(
    ("change", "words", "told"),
    [
        (("by: [sex]", "by: [sx]"), (), "impact_ratio: by: the rows have no column 'sx'"),
        (("score: score", "scroe: score"), (), "measures.yaml:3:1: the key 'scroe' is not known here"),
        (("measure: f1", "measure: f2"), (), "there is no measure 'f2'"),
        (("bins: 5", "bins: 1"), (), "measures.yaml:11"),
        (('values: ["true"]', 'values: ["1"]'), (), "label: 'repaid' holds flag, and '1' is none"),
        (("of: latency_us", "of: income"), (), "'income' holds real, and integer is needed"),
        (("bins: 5", "edges: [3.0, 1.0]"), (), "the edges of 'income' must be finite and strictly rising"),
        (("as_of: 2026-11-28, ", ""), (), "currentness:confirmed_at: the file does not say `as_of`"),
        (("when: [{column: region, values: [north]}], ", ""), (), "the file does not say `when`"),
        (("unit: person\n", ""), (), "query_concentration: the file does not say `unit`"),
        (("right: 95, of: 100", "right: 95, of: 10"), (), "95 of 10 cannot be right"),
        (("by: [sex]", "by: [score]"), (), "'score' holds real, which tells no groups apart"),
        (("of: region, values: [north, south]", "of: region"), (), "chi_square:region: the file does not say `values`"),
        (("{measure: f1, by: []}", "{measure: impact_ratio}"), (), "asked for twice"),
        (("", ""), ("--data", "no-*.parquet"), "no file matches no-*.parquet"),
        (("", ""), ("--data", "gone.parquet"), "there is no file gone.parquet"),
        (("", ""), ("--data", "measures.yaml"), "measures.yaml cannot be read as rows"),
    ],
)
def test_each_mistake_is_named_with_exit_2(
    folder: Path, change: tuple[str, str], words: tuple[str, ...], told: str
) -> None:
    (folder / "measures.yaml").write_text(SPEC.replace(*change, 1))
    said = care("measure", "run", "measures.yaml", "--data", "new-0.parquet", "--reference", "old-0.parquet", *words)
    assert (said.code, told in said.err) == (2, True), said.err


class Terminal(io.StringIO):
    """What a terminal is to a command."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("engine", ["duckdb", "polars", "stream"])
def test_on_a_terminal_a_bar_shows_how_far_it_is_and_is_wiped(
    engine: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["care", "measure", "run", "measures.yaml", "--data", "new-*.parquet", "--reference", "old-0.parquet"]
    monkeypatch.setattr("sys.argv", [*words, "--engine", engine])
    with redirect_stdout(io.StringIO()), redirect_stderr(Terminal()) as shown, suppress(SystemExit):
        run()
    shares = [int(share) for share in re.findall(r"(\d+)%", shown.getvalue())]
    assert shares[0] == 0
    assert shares == sorted(shares)
    assert max(shares) > 0
    assert shown.getvalue().endswith("\r\x1b[K")


def test_drift_without_a_reference_says_what_to_give(folder: Path) -> None:
    said = care("measure", "run", "measures.yaml", "--data", "new-0.parquet")
    assert (said.code, "psi:income: it compares with a reference" in said.err) == (2, True)
    assert "--reference FILE" in said.err


def test_the_list_says_what_each_measure_needs() -> None:
    said = care("measure", "list")
    assert said.code == 0
    assert "impact_ratio" in said.out
    assert {one["family"] for one in care("measure", "list", "--format", "json").json} >= {"fairness", "drift"}  # type: ignore[index]
