"""Every face of a gap assessment says the same, breaks nothing with odd words, and hides no row (R14, R15)."""

import json
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from gap_builders import NASTY, a_gap

from careloop.reports.gap_chart import gantt_svg
from careloop.reports.gap_json import gap_json
from careloop.reports.gap_markdown import gap_markdown
from careloop.reports.gap_page import gap_page
from careloop.reports.gap_text import gap_lines

SVG = "{http://www.w3.org/2000/svg}"
VOID = {"meta", "br", "hr", "img", "link", "input"}


class _Reader(HTMLParser):
    """Collects elements and words, and whether every element is closed where it must be."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.attributes: list[str] = []
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.attributes += [name for name, _ in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def read(html: str) -> _Reader:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader


def test_the_page_is_well_formed_runs_nothing_and_asks_nobody() -> None:
    page = gap_page(a_gap())
    reader = read(page)
    assert reader.wrong == []
    assert reader.open == []
    assert "script" not in reader.names
    assert [name for name in reader.attributes if name.startswith("on") or name in ("src", "href")] == []
    assert "default-src 'none'" in page
    assert NASTY in "".join(reader.words)


def test_the_page_shows_every_requirement_step_milestone_and_missing_item() -> None:
    result = a_gap()
    found = result.assessment
    words = " ".join(" ".join(read(gap_page(result)).words).split())
    assert found.road is not None
    titles = [row.requirement.title for row in found.rows] + [item.title for item in found.missing]
    titles += [step.id for step in found.road.steps] + [one.title for one in found.road.milestones]
    titles += [system.name for system in found.urgent]
    assert [title for title in titles if " ".join(title.split()) not in words] == []


def test_the_chart_is_xml_with_a_title_a_line_for_each_step_and_no_foreign_part() -> None:
    road = a_gap().assessment.road
    assert road is not None
    root = ElementTree.fromstring(gantt_svg(road, title=NASTY))
    assert root.find(f"{SVG}title") is not None
    assert root.findtext(f"{SVG}title") == NASTY
    assert {element.tag for element in root.iter()} <= {
        f"{SVG}{name}" for name in ("svg", "title", "desc", "style", "rect", "text", "line", "path")
    }
    texts = [text.text or "" for text in root.iter(f"{SVG}text")]
    for step in road.steps:
        assert any(text.removeprefix("* ").startswith(f"{step.id}: ") for text in texts), step.id
    assert sum(text.startswith("* ") for text in texts) > 5
    width = float(root.get("width", "0"))
    assert all(0 <= float(bar.get("x", "0")) <= width for bar in root.iter(f"{SVG}rect"))


def test_markdown_tables_keep_their_columns_whatever_stands_in_a_cell() -> None:
    text = gap_markdown(a_gap())
    tables = [block.split("\n") for block in text.split("\n\n") if block.startswith("|")]
    assert len(tables) > 5
    for table in tables:
        columns = {len(re.findall(r"(?<!\\)\|", line)) for line in table}
        assert len(columns) == 1, table[0]
    assert "<script>" not in text


def test_the_json_counts_what_it_lists() -> None:
    answer = json.loads(json.dumps(gap_json(a_gap())))
    rows = answer["requirements"]
    assert answer["schema"] == "careloop/gap/v1"
    assert answer["summary"]["nonconformity"] == sum(row["kind"] == "nonconformity" for row in rows)
    assert sum(answer["summary"][kind] for kind in ("none", "improvement", "gap", "nonconformity")) == len(rows)
    assert answer["road"]["critical_path"][-1] == "stage-2"
    assert all(step["owner"] and step["due"] and step["days"] for step in answer["road"]["actions"])


@pytest.mark.parametrize("everything", [True, False])
def test_the_lines_say_how_much_they_leave_out(everything: bool) -> None:
    result = a_gap()
    lines = [line for _, line in gap_lines(result, everything=everything)]
    assert result.assessment.road is not None
    hidden = len(result.assessment.road.steps) - 12
    assert (f"  and {hidden} more: `care gap --all`, or --format html" in lines) is not everything
    assert any(line.startswith("High-risk systems that need action first: 1") for line in lines)
    assert lines[0].startswith("32 nonconformities")


def test_the_same_input_gives_the_same_page_to_the_byte() -> None:
    assert gap_page(a_gap()) == gap_page(a_gap.__wrapped__())


def test_a_date_that_rests_on_an_unchecked_source_says_so_on_every_face() -> None:
    gap = a_gap()
    assert gap.assessment.road is not None
    outside = [one for one in gap.assessment.road.milestones if one.outside]
    assert outside
    assert all(one.source and not one.verified for one in outside)
    told = [row for row in gap_json(gap)["road"]["milestones"] if not row["verified"]]
    assert [row["id"] for row in told] == [one.id for one in outside]
    assert gap_markdown(gap).count(", not verified)") == len(outside)
    assert gap_page(gap).count(", not verified)") == len(outside)
    lines = [line for _, line in gap_lines(gap, everything=False)]
    assert sum(line.endswith("[not verified]") for line in lines) == len(outside)
    assert any("nobody has held ISO/IEC 17021-1:2015" in line for line in lines)
