"""R11: what overtakes an impact assessment, on the documents of the example; and what does not."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path

from careloop.checks.assessment_currency import newest_assessment, out_of_date
from careloop.documents.compile import compile_tree
from careloop.domain.repository import Repository
from careloop.domain.system import System
from careloop.testing.source_tree_builder import Files, edited, tree_of

ACME = Path(__file__).parents[3] / "examples" / "acme"
SYSTEM = "support-assistant"
SHEET = f"systems/{SYSTEM}/system.yaml"
TODAY = date(2026, 11, 20)


@cache
def files() -> Files:
    return {path.relative_to(ACME).as_posix(): path.read_bytes() for path in ACME.rglob("*.*") if path.is_file()}


def read(given: Files) -> Repository:
    compiled = compile_tree(tree_of(given))
    assert compiled.errors == ()
    return compiled.repository


def reasons(now: Files, then: Files | None, today: date = TODAY) -> tuple[str, ...]:
    repository = read(now)
    system = next(one for one in repository.nouns(System) if one.id == SYSTEM)
    return out_of_date(system, repository, read(then) if then is not None else None, today=today)


def test_what_is_as_it_was_is_current_r11() -> None:
    assert reasons(files(), files()) == ()
    assert reasons(files(), None) == ()


def test_another_supplier_or_another_service_of_it_counts_r11() -> None:
    before = edited(files(), SHEET, "supplier: lumen-language", "supplier: helix-cloud")
    (said,) = reasons(files(), before)
    assert said == "the supplier has changed since: helix-cloud, lumen-language"
    path = "suppliers/lumen-language.yaml"
    line = next(one for one in files()[path].decode().splitlines() if one.startswith("services:"))
    assert reasons(edited(files(), path, line, "services: [another-service]"), files()) == (
        "the supplier has changed since: lumen-language",
    )


def test_wording_reviews_and_a_day_of_a_law_that_came_to_pass_count_for_nothing_r11() -> None:
    reworded = edited(files(), SHEET, "name: ", "name: The ")
    assert reasons(reworded, files(), date(2026, 12, 31)) == ()


def test_a_system_that_was_not_there_then_has_no_before_r11() -> None:
    without = {path: raw for path, raw in files().items() if not path.startswith(f"systems/{SYSTEM}/")}
    assert newest_assessment(read(files()), SYSTEM) is not None
    found = [one for one in read(files()).nouns(System) if one.id == SYSTEM]
    then = compile_tree(tree_of(without)).repository
    assert out_of_date(found[0], read(files()), then, today=TODAY) == ()
