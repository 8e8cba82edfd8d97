"""`care soa` on Acme: 38 controls and its own, in every form; refused while something stands against it (R6-R8)."""

from __future__ import annotations

import csv
import io
import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from acme_releases import Acme, Said
from trestle.oscal.ssp import SystemSecurityPlan

PLAN = "risk/register/credit-drift.yaml"


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Acme:
    """For tests that only read."""
    return Acme.founded(tmp_path_factory.mktemp("soa"))


def written(acme: Acme, form: str, *words: str) -> Path:
    out = acme.keys.parent / f"soa.{form}"
    said = acme.care("soa", "--format", form, "--out", str(out), *words)
    assert said.code == 0, said.err
    return out


def rows_of(said: Said) -> dict[str, dict[str, object]]:
    return {row["control"]: row for row in said.json["controls"]}


def test_every_control_is_there_with_its_reason_and_what_evidence_says(acme: Acme) -> None:
    """R6: 38 reference controls; R7: and our own."""
    said = acme.care("soa", "--format", "json")
    rows = rows_of(said)
    assert said.code == 0, said.err
    assert sum(one.startswith("iso42001:2023/A.") for one in rows) == 38
    assert {"own/X-1", "own/X-2"} <= set(rows)
    assert all(row["justification"] for row in rows.values())
    assert (rows["iso42001:2023/A.10.4"]["applies"], rows["iso42001:2023/A.10.4"]["status"]) == (False, "excluded")
    assert rows["iso42001:2023/A.2.2"]["status"] == "complete"
    assert rows["iso42001:2023/A.7.5"]["plan"] == {
        "owner": "data-lead", "due": "2027-02-26", "interim_accepted": {"by": "chief-risk-officer", "on": "2026-09-18"},
    }  # fmt: skip
    risks = rows["iso42001:2023/A.6.2.6"]["risks"]
    assert isinstance(risks, list)
    assert "credit-drift" in {one["id"] for one in risks}
    assert "conform" not in acme.care("soa").out.replace("Whether it conforms is an auditor's finding.", "")


def test_implementation_is_computed_and_equals_the_status(acme: Acme) -> None:
    status = {row["id"]: row["status"] for row in acme.care("status", "--format", "json").json["requirements"]}
    assert {one: row["status"] for one, row in rows_of(acme.care("soa", "--format", "json")).items()} == {
        one: status[one] for one in rows_of(acme.care("soa", "--format", "json"))
    }


def test_a_spreadsheet_reads_back_what_the_comma_separated_form_says(acme: Acme) -> None:
    book = openpyxl.load_workbook(written(acme, "xlsx"))
    assert book.sheetnames == ["Statement of Applicability", "About"]
    sheet = [[cell.value or "" for cell in row] for row in book.worksheets[0].iter_rows()]
    text = written(acme, "csv").read_bytes().decode()
    assert sheet == list(csv.reader(io.StringIO(text, newline="")))
    assert (len(sheet), sheet[0][0], book.worksheets[0].freeze_panes) == (41, "Control", "B2")
    assert not any(cell.data_type == "f" for row in book.worksheets[0].iter_rows() for cell in row)


def test_the_oscal_form_is_a_security_plan_that_oscals_own_models_read(acme: Acme) -> None:
    path = written(acme, "oscal")
    plan: Any = SystemSecurityPlan.model_validate(json.loads(path.read_text())["system-security-plan"])
    met = {one.control_id: one for one in plan.control_implementation.implemented_requirements}
    assert len(met) == 40
    assert [one.implementation_status.state for one in met["A.10.4"].by_components] == ["not-applicable"]
    again = json.loads(written(acme, "oscal").read_text())["system-security-plan"]
    assert again["uuid"] == str(plan.uuid), "the same statement has the same ids"
    roles = {one.id for one in plan.metadata.roles}
    assert {role.role_id for one in met.values() for role in one.responsible_roles} <= roles


class _Page(HTMLParser):
    """What a page is made of, as far as the promises about it go."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs


def test_the_page_stands_alone_and_its_table_has_heads(acme: Acme) -> None:
    text = written(acme, "html").read_text()
    page = _Page()
    page.feed(text)
    names = [name for name, _ in page.attributes]
    assert (page.tags.count("style"), page.tags.count("caption"), page.tags.count("table")) == (1, 1, 1)
    assert not {"script", "link", "img", "iframe"} & set(page.tags)
    assert not {"style", "src", "href"} & set(names)
    assert (names.count("scope"), page.tags.count("tr")) == (15 + 40, 41)
    assert "prefers-color-scheme: dark" in text


def test_markdown_keeps_each_control_in_one_row(acme: Acme) -> None:
    lines = written(acme, "markdown").read_text().splitlines()
    table = [line for line in lines if line.startswith("|")]
    assert len(table) == 42
    assert {line.replace("\\|", "").count("|") for line in table} == {16}


def test_for_one_system_evidence_is_judged_on_it_alone(acme: Acme) -> None:
    said = acme.care("soa", "--system", "credit-decision", "--format", "json")
    rows = rows_of(said)
    assert said.json["system"] == "credit-decision"
    shown = json.dumps(rows)
    assert "product-recommender" not in shown
    assert "recommender-regional-gap" not in shown
    assert acme.care("soa", "--system", "credit").code == 2


def test_a_workbook_is_not_printed(acme: Acme) -> None:
    said = acme.care("soa", "--format", "xlsx")
    assert (said.code, "--out soa.xlsx" in said.err) == (2, True)


REASON = (
    "Security, privacy, lending and procurement policies already speak about AI; they must not contradict each other."
)
CONTROL = f"""  - control: "iso42001:2023/A.2.3"
    applicable: true
    ground: objective
    justification: "{REASON}"
    owner: responsible-ai-lead
"""
BROKEN = {
    "37 rows": ("controls.yaml", CONTROL, "", 1, "iso42001:2023/A.2.3 is not decided   [soa-complete]"),
    "decided twice": ("controls.yaml", CONTROL, CONTROL + CONTROL, 2, "A.2.3' stands here twice   [duplicate-id]"),
    "decided twice for one system": (
        "controls.yaml",
        CONTROL,
        CONTROL + 2 * CONTROL.replace("ground:", "systems: [credit-decision]\n    ground:"),
        1,
        "A.2.3 is decided twice for credit-decision   [soa-complete]",
    ),
    "decided for one system only": (
        "controls.yaml",
        CONTROL,
        CONTROL.replace("ground:", "systems: [credit-decision]\n    ground:"),
        1,
        "A.2.3 is not decided for product-recommender, support-assistant",
    ),
    "no justification": (
        "controls.yaml",
        'justification: "Laws on AI changed twice in 2026; the policy is reviewed yearly and after each such change."',
        'justification: ""',
        2,
        "controls.yaml:19:5  error  justification: it is empty",
    ),
    "an excluded control is counted on": (
        PLAN,
        '{control: "iso42001:2023/A.6.2.6", likelihood: 2}',
        '{control: "iso42001:2023/A.10.4", likelihood: 2}',
        1,
        "which controls.yaml says does not apply   [credit-applicable]",
    ),
    "retained above appetite without approval": (
        PLAN,
        "  option: modify",
        "  option: retain",
        1,
        "retained only when designated management has accepted it.   [retain-within-appetite]",
    ),
    "accepted by somebody not designated": (
        PLAN,
        "accepted: {by: chief-risk-officer",
        "accepted: {by: product-credit",
        1,
        "'product-credit' is not designated to accept a risk of level medium",
    ),
}


@pytest.mark.parametrize("name", sorted(BROKEN))
def test_while_something_stands_against_it_no_statement_is_built(name: str, tmp_path: Path) -> None:
    path, old, new, code, says = BROKEN[name]
    acme = Acme.founded(tmp_path)
    acme.edit(path, old, new)
    if name.startswith("retained"):
        acme.edit(path, "  accepted: {by: chief-risk-officer, on: 2026-09-18}\n", "")
    out = tmp_path / "soa.html"
    said = acme.care("soa", "--format", "html", "--out", str(out))
    assert (said.code, out.exists()) == (code, False), said.out + said.err
    assert says in said.err
    assert "mend: " in said.err or code == 2
    assert "the statement is not built" in said.err


def test_a_risk_without_a_decision_stops_the_statement(tmp_path: Path) -> None:
    """R5: a risk with no decision fails the build."""
    acme = Acme.founded(tmp_path)
    text = (acme.root / PLAN).read_text()
    acme.write(PLAN, text.partition("treatment:")[0])
    said = acme.care("soa", "--format", "json")
    assert said.code == 1
    assert [one["rule"] for one in said.json["findings"]] == ["risk-decided"]
    assert said.json["findings"][0]["remedy"].startswith("add `treatment`")


def test_an_exclusion_that_ran_out_counts_as_unplanned(tmp_path: Path) -> None:
    acme = Acme.founded(tmp_path)
    acme.edit("controls.yaml", "expires: 2027-06-30", "expires: 2026-10-31")
    row = rows_of(acme.care("soa", "--format", "json"))["iso42001:2023/A.10.4"]
    assert (row["applies"], row["exclusion_expired"], row["unplanned"]) == (True, True, True)
    owed = acme.care("status", "--format", "json").json["programme"]
    assert "exclusion-in-date" in {one["rule"] for one in owed}


def test_without_decisions_there_is_no_statement(tmp_path: Path) -> None:
    acme = Acme.founded(tmp_path)
    (acme.root / "controls.yaml").unlink()
    assert acme.care("soa").code == 1


def test_a_control_may_be_excluded_for_one_system_and_apply_to_the_others(tmp_path: Path) -> None:
    """SEMANTICS 3: applicability may differ by system."""
    acme = Acme.founded(tmp_path)
    limited = CONTROL.replace("applicable: true", "applicable: false\n    systems: [support-assistant]")
    acme.edit("controls.yaml", CONTROL, CONTROL + limited)
    every = [row for row in acme.care("soa", "--format", "json").json["controls"] if row["control"].endswith("A.2.3")]
    assert [(row["applies"], row["status"], row["systems"]) for row in every] == [
        (True, "complete", []), (False, "excluded", ["support-assistant"]),
    ]  # fmt: skip
    for system, applies in (("support-assistant", False), ("credit-decision", True)):
        said = acme.care("soa", "--system", system, "--format", "json")
        assert rows_of(said)["iso42001:2023/A.2.3"]["applies"] is applies
