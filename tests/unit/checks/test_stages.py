"""R71: the life cycle is a table; a change moves along it, and whatever was in use is retired before it goes."""

from functools import cache
from pathlib import Path

import pytest

from careloop import wiring
from careloop.checks.catalogue import Catalogue
from careloop.checks.change_run import check_change
from careloop.checks.run import check_tree
from careloop.domain.change_review import ChangeReview
from careloop.domain.finding import Finding
from careloop.domain.lifecycle import LIFECYCLE_MOVES, SHORT_CUTS, moves_from
from careloop.domain.system import Lifecycle, Origin
from careloop.testing.source_tree_builder import edited, small_repository, tree_of, with_file, without

FINDER = "systems/book-finder/system.yaml"
PAGE = Path(__file__).parents[3] / "docs" / "reference" / "life-cycle.md"
WAIVER = """\
id: stage-typed-wrong
rule: lifecycle-legal
subject: book-finder
reason: Somebody set the stage of another system.
owner: ai-lead
expires: 2026-03-20
approved: [{by: director, on: 2026-03-02}]
"""


@cache
def catalogue() -> Catalogue:
    return Catalogue(wiring.standards_library().read_all())


def at(stage: str, more: str = "") -> dict[str, bytes]:
    """The bookshop with its system in a stage."""
    return edited(small_repository(), FINDER, "lifecycle: inception\n", f"lifecycle: {stage}\n{more}")


def told(old: dict[str, bytes], new: dict[str, bytes]) -> list[Finding]:
    before, after = (check_tree(tree_of(files), catalogue()) for files in (old, new))
    review = ChangeReview(tree_of(old), tree_of(new), before, after)
    return [one for one in check_change(review, catalogue()) if one.rule == "lifecycle-legal"]


@pytest.mark.parametrize("stage", Lifecycle)
@pytest.mark.parametrize("following", Lifecycle)
def test_a_move_is_let_through_exactly_when_the_table_has_it_r71(stage: Lifecycle, following: Lifecycle) -> None:
    allowed = following is stage or following in LIFECYCLE_MOVES[stage]
    assert (told(at(stage), at(following)) == []) is allowed


def test_every_stage_can_be_reached_and_only_retirement_is_the_end_r71() -> None:
    assert set(LIFECYCLE_MOVES) == set(Lifecycle)
    reached, open_ones = {Lifecycle.INCEPTION}, [Lifecycle.INCEPTION]
    while open_ones:
        new = LIFECYCLE_MOVES[open_ones.pop()] - reached
        reached |= new
        open_ones += new
    assert reached == set(Lifecycle)
    assert [stage for stage, moves in LIFECYCLE_MOVES.items() if not moves] == [Lifecycle.RETIREMENT]


def test_what_was_bought_is_verified_without_having_been_designed_here() -> None:
    assert told(at("inception"), at("verification")) != []
    bought = [edited(at(stage), FINDER, "origin: built", "origin: bought") for stage in ("inception", "verification")]
    assert told(*bought) == []


def test_the_finding_names_both_stages_the_way_out_and_the_line() -> None:
    (finding,) = told(at("operation"), at("design"))
    assert (
        finding.message
        == "book-finder moves from operation to design; after operation comes reevaluation or retirement"
    )
    assert (finding.place.file, finding.blocking, finding.introduced) == (FINDER, True, True)
    assert at("design")[FINDER].decode().splitlines()[finding.place.line - 1] == "lifecycle: design"


def test_a_system_in_use_does_not_vanish_from_the_inventory_r71() -> None:
    for stage, vanishes in (("operation", False), ("deployment", False), ("design", True), ("retirement", True)):
        found = told(at(stage), without(at(stage), FINDER))
        assert (found == []) is vanishes, stage
    (finding,) = told(at("operation"), without(at("operation"), FINDER))
    assert "goes out of the inventory while it is in operation" in finding.message


def test_a_draft_is_taken_over_in_whatever_stage_it_is() -> None:
    assert told(at("inception", "draft: true\n"), at("operation")) == []


def test_nothing_is_concluded_from_a_file_that_cannot_be_read() -> None:
    assert told(at("operation"), with_file(at("operation"), FINDER, "id: [")) == []


def test_a_mistake_is_put_back_with_an_approved_waiver_and_not_with_the_baseline() -> None:
    back = with_file(at("operation"), "waivers/stage.yaml", WAIVER)
    (finding,) = told(at("retirement"), back)
    assert finding.set_aside == "waiver stage-typed-wrong until 2026-03-20"
    assert not finding.blocking
    item = f"{{finding: {finding.id}, rule: lifecycle-legal, file: {FINDER}, owner: ai-lead, burn_down: 2027-01-01}}"
    known = with_file(at("operation"), "baseline.yaml", f"recorded: 2026-03-02\nitems:\n  - {item}\n")
    (still,) = told(at("retirement"), known)
    assert still.blocking


def test_the_page_about_the_life_cycle_shows_this_table() -> None:
    page = PAGE.read_text(encoding="utf-8")
    short = {stage: moves for cuts in SHORT_CUTS.values() for stage, moves in cuts.items()}
    for stage in Lifecycle:
        nexts = [one for one in Lifecycle if one in LIFECYCLE_MOVES[stage]]
        row = next(line for line in page.splitlines() if line.startswith(f"| {stage} |"))
        assert row.split("|")[2].split(";")[0].strip() == (", ".join(nexts) or "none")
        drawn = {line.split("-->")[1].strip() for line in page.splitlines() if line.startswith(f"    {stage} -->")}
        cut = {f"{one}: bought" for one in short.get(stage, ())}
        assert drawn - {"[*]"} == {one.value for one in nexts} | cut
    assert set(SHORT_CUTS) == {Origin.BOUGHT, Origin.EMBEDDED, Origin.EMPLOYEE_TOOL}
    assert moves_from(Lifecycle.OPERATION, Origin.BOUGHT) == LIFECYCLE_MOVES[Lifecycle.OPERATION]
