"""The printed table of JSON fields is what the source writes."""

import subprocess
import sys

from project_files import ROOT

sys.path.insert(0, str(ROOT / "tools"))

from print_json_fields import table


def test_the_printed_table_is_what_the_source_writes() -> None:
    done = subprocess.run(
        [sys.executable, "tools/print_json_fields.py"], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr


def test_a_list_a_dictionary_and_what_comes_from_elsewhere_are_told_apart() -> None:
    """Three rows that are known, so that the reader of source is itself looked at."""
    rows = dict(line.strip("| ").split(" | ", 1) for line in table().splitlines() if line.startswith("| `"))
    assert rows["`careloop/announced/v1`"] == "`dry_run`; `told[]`: `channel`, `happening`, `requests`"
    assert "`readiness`: {`percent`, " in rows["`careloop/audit-pack/v1`"]
    assert rows["`careloop/rollback/v1`"] == "…; `done`"
