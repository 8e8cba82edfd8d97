"""The report of an evaluation in a real browser: day, night, phone; no barriers and no other hosts (R42)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from acme_releases import ACME, SYSTEM, care

from browser.accessibility import axe_violations
from browser.looks import LOOKS, Look, OpenPage
from browser.screenshots import screenshot
from browser.static_site import static_site


def rows(shift: int) -> pa.Table:
    return pa.Table.from_pylist(
        [
            {
                "prediction": "approve" if (n * 31 + shift) % 7 > 2 else "refer",
                "label": (n * 17) % 5 > 1,
                "score": (n * 37 % 101) / 101,
                "sex": ["female", "male"][n % 2],
                "age_band": ["under_25", "25_to_59", "60_and_over"][0 if n % 40 == 0 else 1 + n % 2],
                "age": 20 + n * 13 % 50 + shift,
                "occupation": ["sales", "service"][n % 3 % 2],
                "note": "write to ada@example.org" if n % 90 == 0 else "none",
            }
            for n in range(900)
        ]
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("evaluation")
    pq.write_table(rows(0), folder / "new.parquet")
    pq.write_table(rows(3), folder / "old.parquet")
    order = [
        f"{name},{9 - place},{resample}" for resample in range(3) for place, name in enumerate(("age", "work", "c"))
    ]
    (folder / "importance.csv").write_text("\n".join(["feature,importance,resample", *order]) + "\n")
    words = ["--predictions", str(folder / "new.parquet"), "--reference", str(folder / "old.parquet")]
    words += ["--importance", str(folder / "importance.csv"), "--favourable", "approve", "--text", "note"]
    words += ["--limit", "accuracy>=0.5", "--limit", "impact_ratio>=0.8", "--limit", "pii_found<=0.001"]
    said = care("evaluate", SYSTEM, *words, "--repo", str(ACME), "--report", str(folder / "report.html"))
    assert said.code == 1, said.err
    files = {"/report.html": (folder / "report.html").read_bytes()}
    with static_site(files, policy="default-src 'none'; style-src 'unsafe-inline'; img-src data:") as address:
        yield address


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_the_report_has_no_barriers_and_never_scrolls_sideways(look: Look, site: str, open_page: OpenPage) -> None:
    page = open_page(f"{site}/report.html", look=look)
    assert page.get_by_role("heading", level=1).count() == 1
    wider = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wider <= 0
    assert axe_violations(page) == []
    screenshot(page, f"evaluation-{look}")


def test_no_word_of_a_chart_covers_another_and_each_chart_says_its_figures(site: str, open_page: OpenPage) -> None:
    page = open_page(f"{site}/report.html")
    charts = page.locator("svg.plot")
    assert charts.count() > 12
    assert all(charts.nth(at).get_attribute("aria-label") for at in range(charts.count()))
    covered = page.evaluate("""() => [...document.querySelectorAll('svg.plot')].flatMap(svg => {
        const boxes = [...svg.querySelectorAll('text')].map(e => [e.textContent, e.getBoundingClientRect()]);
        return boxes.flatMap(([a, p], i) => boxes.slice(i + 1)
            .filter(([b, q]) => p.left < q.right - 1 && q.left < p.right - 1)
            .filter(([b, q]) => p.top < q.bottom - 2 && q.top < p.bottom - 2)
            .map(([b]) => [a, b]));
    })""")
    assert covered == []
