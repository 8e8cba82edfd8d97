"""R40: what is printed and written is what was asked for; a check loads no writer that nobody asked for."""

import subprocess
import sys
from pathlib import Path

import pytest

from careloop.cli.report_formats import ReportFormat, Wanted, Writers, read_wanted, write_reports
from careloop.errors import Unavailable, UsageError
from careloop.reports.remarks import RemarkList

SILENT = RemarkList(
    command="check", about="2 documents", headline="nothing blocks", remarks=(), commit=None, standards_digest=None,
    exit_code=0,
)  # fmt: skip
WRITERS = Writers(
    remarks=lambda: SILENT,
    text=lambda: [("summary", "all is well")],
    json=lambda: "{}",
    markdown=lambda mark: ["<!-- mark -->"] * mark + ["### well"],
)


def test_a_check_loads_no_model_library_and_no_writer_that_nobody_asked_for() -> None:
    program = (
        "import sys, careloop.cli.check\n"
        "heavy = {'pydantic', 'cel_expr_python', 'xml.etree.ElementTree', 'careloop.reports.sarif'}\n"
        "sys.exit(', '.join(heavy & sys.modules.keys()) or 0)\n"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")


def test_each_format_has_a_writer_and_ends_its_last_line() -> None:
    said = {form: WRITERS.said(form) for form in ReportFormat}
    assert all(text.endswith("\n") for text in said.values())
    assert len(set(said.values())) == len(said)


def test_files_are_replaced_but_a_step_summary_is_added_to(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wanted = read_wanted(ReportFormat.TEXT, [f"markdown={tmp_path}/new/care.md", f"step-summary={tmp_path}/summary"])
    for _ in range(2):
        write_reports(WRITERS, wanted)
    assert (tmp_path / "new/care.md").read_text() == "<!-- mark -->\n### well\n"
    assert (tmp_path / "summary").read_text() == "### well\n### well\n"
    assert capsys.readouterr().out == "all is well\nall is well\n"


def test_a_file_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="cannot be written"):
        write_reports(WRITERS, Wanted(ReportFormat.TEXT, ((ReportFormat.JSON, tmp_path),)))


@pytest.mark.parametrize("text", ["sarif", "sarif=", "=x", "pdf=x", ""])
def test_a_report_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is not FORMAT=FILE"):
        read_wanted(ReportFormat.TEXT, [text])
