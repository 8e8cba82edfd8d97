"""M10: a card that says everything, and limits of use that something enforces."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from scoring_builders import part

from careloop.adapters.example_library import ExampleLibrary
from careloop.documents.compile import compile_tree
from careloop.domain.metric import NullReason
from careloop.scoring.cards_and_limits import Project, cards_figure, projects
from careloop.testing.source_tree_builder import Files, edited, tree_of, without

ON = date(2026, 11, 20)
AT = datetime(2026, 11, 20, tzinfo=UTC)
CREDIT = "systems/credit-decision/system.yaml"
ASSISTANT = "systems/support-assistant/system.yaml"


@pytest.fixture(scope="module")
def acme() -> Files:
    folder = ExampleLibrary().folder("acme")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def found_in(files: Files, *, on: date = ON) -> dict[str, Project]:
    return {one.system: one for one in projects(compile_tree(tree_of(files)).repository, on)}


def test_acme_has_complete_cards_and_enforced_limits(acme: Files) -> None:
    figure = cards_figure(tuple(found_in(acme).values()), at=AT)
    assert (figure.value, figure.n) == (100.0, 3)
    assert {one.id for one in figure.parts} >= {"high_risk", "card", "constraint", "origin_built"}


def test_a_placeholder_in_the_card_is_no_card(acme: Files) -> None:
    heading = "### Out-of-Scope Use\n"
    text = acme["systems/credit-decision/card.md"].decode()
    start = text.index(heading) + len(heading)
    end = text.index("\n## ", start)
    emptied = {**acme, "systems/credit-decision/card.md": (text[:start] + "\nTODO\n" + text[end:]).encode()}
    project = found_in(emptied)["credit-decision"]
    assert (project.card, project.enforced, project.both) == (False, True, False)


def test_without_a_card_a_project_does_not_count_and_is_named(acme: Files) -> None:
    figure = cards_figure(tuple(found_in(without(acme, "systems/credit-decision/card.md")).values()), at=AT)
    assert figure.value == pytest.approx(200 / 3)
    assert figure.because == "credit-decision lacks a complete card"
    assert part(figure, "constraint").value == 100.0


def test_a_limit_that_nothing_enforces_does_not_count(acme: Files) -> None:
    assert found_in(edited(acme, CREDIT, "    enforced_by: guard\n", ""))["credit-decision"].enforced is False


def test_what_a_supplier_enforces_counts_while_his_word_is_in_date(acme: Files) -> None:
    files = edited(acme, CREDIT, "enforced_by: guard", "enforced_by: supplier")
    supplier = "suppliers/helix-cloud.yaml"
    assert found_in(files)["credit-decision"].enforced is True
    gone = edited(files, supplier, "data_use", "retention")
    assert found_in(gone, on=date(2040, 1, 1))["credit-decision"].enforced is False


def test_a_retired_system_is_no_active_project(acme: Files) -> None:
    assert "credit-decision" not in found_in(edited(acme, CREDIT, "lifecycle: operation", "lifecycle: retirement"))


def test_no_active_project_is_no_figure() -> None:
    assert cards_figure((), at=AT).reason is NullReason.NO_ACTIVITY
