"""R39, R40: what CI shows of a check and a gate: golden files, published schemas, texts that try to break out."""

import json
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from ci_builders import NASTY, a_check, a_finding, an_answer
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator
from junitparser import JUnitXml
from markdown_it import MarkdownIt

from careloop import __version__
from careloop.domain.check import CheckResult, TreeCheck
from careloop.domain.decision import Verdict
from careloop.errors import Unavailable
from careloop.reports.check_markdown import CHECK_MARK, check_markdown
from careloop.reports.check_report import check_json, check_lines
from careloop.reports.gate_markdown import closed_gate_markdown, gate_mark, gate_markdown
from careloop.reports.gate_remarks import closed_gate_remarks, gate_remarks
from careloop.reports.github_annotations import annotation_lines
from careloop.reports.gitlab_code_quality import code_quality_text
from careloop.reports.junit import junit_text
from careloop.reports.markdown_cells import code, plain
from careloop.reports.remarks import RemarkList, check_remarks
from careloop.reports.sarif import sarif_text

ROOT = Path(__file__).parents[3]
GOLDEN = ROOT / "tests" / "golden" / "ci"
SCHEMA = ROOT / ".cache/npm/node_modules/@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json"
TOLD = {
    "check": check_remarks(a_check()),
    "gate-block": gate_remarks(an_answer(Verdict.BLOCK)),
    "gate-wait": gate_remarks(an_answer(Verdict.WAIT)),
    "gate-allow": gate_remarks(an_answer(Verdict.ALLOW)),
    "gate-closed": closed_gate_remarks(Unavailable("the ledger is locked"), system="credit", environment="production"),
}
WRITERS: dict[str, Callable[[RemarkList], str]] = {
    "sarif": lambda told: sarif_text(told, folder="aims/"),
    "xml": lambda told: junit_text(told, folder="aims/"),
    "annotations": lambda told: "".join(f"{line}\n" for line in annotation_lines(told, folder="aims/")),
    "code-quality": lambda told: code_quality_text(told, folder="aims/"),
}
MARKDOWN = {
    "check": lambda: check_markdown(a_check(), folder="aims/"),
    "gate-block": lambda: gate_markdown(an_answer(Verdict.BLOCK)),
    "gate-wait": lambda: gate_markdown(an_answer(Verdict.WAIT)),
    "gate-allow": lambda: gate_markdown(an_answer(Verdict.ALLOW)),
}


@pytest.mark.parametrize("name", TOLD)
@pytest.mark.parametrize("form", WRITERS)
def test_each_format_says_what_its_golden_file_says(name: str, form: str) -> None:
    golden = (GOLDEN / f"{name}.{form}").read_bytes().decode()
    assert WRITERS[form](TOLD[name]) == golden.replace("VERSION", __version__)


@pytest.mark.parametrize("name", MARKDOWN)
def test_each_comment_says_what_its_golden_file_says(name: str) -> None:
    assert "\n".join(MARKDOWN[name]()) + "\n" == (GOLDEN / f"{name}.md").read_bytes().decode()


# --- SARIF ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sarif_schema() -> Draft7Validator:
    if not SCHEMA.is_file():
        pytest.skip("the npm tools are not installed: run `make setup` where Node.js is")
    return Draft7Validator(json.loads(SCHEMA.read_text()))


@pytest.mark.parametrize("name", TOLD)
def test_the_log_fits_the_schema_of_sarif(name: str, sarif_schema: Draft7Validator) -> None:
    log = json.loads(sarif_text(TOLD[name], folder="aims/"))
    assert [error.message for error in sarif_schema.iter_errors(log)] == []


def test_the_schema_refuses_a_log_that_is_wrong(sarif_schema: Draft7Validator) -> None:
    log = json.loads(sarif_text(TOLD["check"]))
    log["runs"][0]["results"][0]["level"] = "fatal"
    assert not sarif_schema.is_valid(log)


def test_sarif_names_rule_place_and_fingerprint_and_suppresses_what_is_set_aside() -> None:
    run = json.loads(sarif_text(TOLD["check"], folder="aims/"))["runs"][0]
    by_rule = {one["ruleId"]: one for one in run["results"]}
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert {rules[one["ruleIndex"]] == name for name, one in by_rule.items()} == {True}
    card = by_rule["card-complete"]
    where = card["locations"][0]["physicalLocation"]
    assert where["artifactLocation"]["uri"] == "aims/systems/credit/card.md"
    assert where["region"] == {"startLine": 14, "startColumn": 3}
    assert card["partialFingerprints"] == {"careloopFindingId/v1": a_finding().id}
    assert (card["level"], card["baselineState"]) == ("error", "new")
    aside = by_rule["jurisdictions-stated"]
    assert aside["suppressions"] == [{"kind": "external", "justification": "baseline until 2027-03-31"}]
    assert "suppressions" not in by_rule["owner-named"], "what was there before is no decision of anybody"
    assert by_rule["owner-named"]["baselineState"] == "unchanged"
    uri = by_rule["yaml-syntax"]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri == "aims/rules/%C3%BCbung%201,a%3Ab.yaml"
    assert run["invocations"][0] == {"executionSuccessful": False, "exitCode": 2}


# --- JUnit ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TOLD)
def test_a_reader_of_junit_counts_what_the_suite_says(name: str, tmp_path: Path) -> None:
    path = tmp_path / "care.xml"
    path.write_text(junit_text(TOLD[name]), encoding="utf-8")
    suites = JUnitXml.fromfile(str(path))
    said = (suites.tests, suites.failures, suites.errors, suites.skipped)
    (suite,) = list(suites)
    suite.update_statistics()  # type: ignore[no-untyped-call]
    assert said == (suite.tests, suite.failures, suite.errors, suite.skipped)
    assert suite.tests >= 1, "a suite without a test is shown as nothing at all"
    stops = suite.failures + suite.errors > 0
    assert stops == (TOLD[name].exit_code != 0), "green exactly when the command ends with 0"


def test_junit_holds_text_that_xml_cannot_say() -> None:
    root = ElementTree.fromstring(junit_text(TOLD["check"]))
    (error,) = root.iter("error")
    assert "\ufffd" in error.attrib["message"]
    assert "]]>" in error.attrib["message"]


# --- annotations ------------------------------------------------------------------------------------------------------


def test_no_text_of_a_document_starts_a_command_of_the_runner() -> None:
    lines = list(annotation_lines(TOLD["check"]))
    assert "\n".join(lines).splitlines() == lines
    assert [line.split(" ")[0] for line in lines if line.startswith("::")] == [
        "::error", "::error", "::error", "::warning", "::notice",
    ]  # fmt: skip
    assert not any("##[" in line for line in lines if not line.startswith("::"))
    broken = next(line for line in lines if "yaml-syntax" in line)
    assert "file=rules/übung 1%2Ca%3Ab.yaml,line=2,col=1,title=yaml-syntax::" in broken
    assert "%0A::stop-commands::z" in broken
    assert "100%25," in broken, "commas and colons stay as they are in the message"


@given(st.text(max_size=200), st.text(min_size=1, max_size=60))
def test_whatever_is_said_stays_on_its_line(message: str, file: str) -> None:
    found = a_finding(file=file, message=message)
    told = check_remarks(CheckResult(checked=TreeCheck(1, (), (found,)), commit=None, dirty=None, standards_digest=""))
    first, last = annotation_lines(told)
    assert not {"\n", "\r"} & set(first + last)
    assert first.startswith("::error file=")
    assert last.startswith("care check: ")
    name = first.removeprefix("::error file=").partition(",")[0]
    assert (
        name.replace("%3A", ":").replace("%2C", ",").replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")
        == file
    )


def test_what_is_known_gets_no_annotation_but_a_line() -> None:
    lines = list(annotation_lines(TOLD["check"]))
    known = [line for line in lines if line.startswith("known: ")]
    assert [line.rpartition("(")[2] for line in known] == ["baseline until 2027-03-31)", "was there before)"]
    assert lines[-1] == "care check: something cannot be read: 5 told, 2 known; 214 documents"


# --- GitLab -----------------------------------------------------------------------------------------------------------


def test_code_quality_has_stable_unique_fingerprints_and_gitlabs_severities() -> None:
    rows = json.loads(code_quality_text(TOLD["check"], folder="aims/"))
    assert {frozenset(row) for row in rows} == {
        frozenset({"description", "check_name", "fingerprint", "severity", "location"})
    }
    assert {row["check_name"]: row["severity"] for row in rows} == {
        "yaml-syntax": "blocker", "card-complete": "critical", "review-due": "major", "plain-words": "minor",
        "jurisdictions-stated": "info", "owner-named": "info", "worth-knowing": "info",
    }  # fmt: skip
    again = [a_finding(message="first"), a_finding(message="second")]
    twice = CheckResult(checked=TreeCheck(1, (), tuple(again)), commit=None, dirty=None, standards_digest="")
    prints = [row["fingerprint"] for row in json.loads(code_quality_text(check_remarks(twice)))]
    assert len(set(prints)) == 2
    assert prints[0] == next(row["fingerprint"] for row in rows if row["check_name"] == "card-complete")
    assert rows[0]["location"] == {"path": "aims/rules/übung 1,a:b.yaml", "lines": {"begin": 2}}


# --- Markdown ---------------------------------------------------------------------------------------------------------

GFM = MarkdownIt("gfm-like", {"linkify": False})
HARMLESS = {f"{part}_{end}" for part in ("table", "thead", "tbody", "tr", "th", "td") for end in ("open", "close")}


@given(
    st.lists(
        st.one_of(st.text(max_size=40), st.sampled_from([*NASTY.split(" "), "**b**", "<!--", "&lt;", "\\", "~~s~~"])),
        max_size=8,
    ).map(" ".join)
)
def test_no_text_of_a_document_brings_formatting_links_or_html(text: str) -> None:
    tokens = GFM.parse(f"| a | b |\n|---|---|\n| {plain(text)} | {code(text)} |\n")
    assert {token.type for token in tokens} <= HARMLESS | {"inline"}
    cells = [token for token in tokens if token.type == "inline"]
    assert len(cells) == 4, "no text ends its cell"
    kinds = {child.type for child in cells[2].children or ()}
    assert kinds <= {"text", "text_special"}
    shown = "".join(child.content for child in cells[2].children or ())
    assert "".join(shown.replace("\u200b", "").split()) == "".join(
        text.replace("\u200b", "").replace("\x00", "\ufffd").split()
    )
    assert {child.type for child in cells[3].children or ()} <= {"text", "code_inline"}


def test_mentions_references_and_bare_links_are_taken_apart() -> None:
    shown = plain("ask @ada about #12, !7, %3 and GH-9 at https://x.example or www.x.example")
    for sign in ("@ada", "#12", "!7", "%3", "GH-9", "://", "www."):
        assert sign not in shown


def test_a_comment_begins_with_its_mark_and_a_step_summary_has_none() -> None:
    assert next(check_markdown(a_check())) == CHECK_MARK
    assert next(gate_markdown(an_answer(Verdict.WAIT))) == gate_mark("credit", "production")
    assert gate_mark("credit", "staging") != gate_mark("credit", "production")
    assert next(check_markdown(a_check(), mark=False)).startswith("### ")
    closed = list(closed_gate_markdown(Unavailable("locked"), system="credit", environment="production"))
    assert closed[1] == "### care gate: credit into production is blocked"


def test_a_long_comment_says_how_much_it_leaves_out() -> None:
    many = tuple(a_finding(file=f"systems/s{number}/card.md") for number in range(60))
    result = CheckResult(checked=TreeCheck(60, (), many), commit=None, dirty=None, standards_digest="")
    lines = list(check_markdown(result))
    assert sum(line.startswith("| `systems/") for line in lines) == 50
    assert "… and 10 more: run `care check`" in lines


# --- for people -------------------------------------------------------------------------------------------------------


def test_what_is_new_is_told_apart_from_what_is_known() -> None:
    """R80: after `care baseline` the debt stands grey at the end, and the summary counts it apart."""
    lines = [line for _, line in check_lines(a_check(errors=False), seconds=0.44)]
    places = [line.partition("[")[2].rstrip("]") for line in lines if line.endswith("]")]
    assert places == [
        "card-complete", "plain-words", "review-due", "worth-knowing", "jurisdictions-stated", "owner-named",
    ]  # fmt: skip
    assert lines[-1] == (
        "4 findings (3 must, 1 should); known: 1 in the baseline, 1 there before in 214 documents, 0.4 s"
    )
    summary = check_json(a_check(errors=False))["summary"]
    assert (summary["findings"], summary["blocking"], summary["set_aside"], summary["there_before"]) == (6, 2, 1, 1)
