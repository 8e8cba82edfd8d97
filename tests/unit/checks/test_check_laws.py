"""Laws of the check: the order of files makes no difference, nor does the day or the place it is asked at."""

import inspect
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from careloop import wiring
from careloop.checks.catalogue import Catalogue
from careloop.checks.run import check_tree
from careloop.checks.vocabulary import vocabulary_for
from careloop.domain.check import TreeCheck
from careloop.domain.rule import Subject
from careloop.testing.repository_fake import RepositoryFake
from careloop.testing.result_cache_fake import ResultCacheFake
from careloop.testing.source_tree_builder import edited, small_repository, tree_of, with_file, without
from careloop.workflows.create.check_repository import check_repository


@cache
def catalogue() -> Catalogue:
    return Catalogue(wiring.standards_library().read_all())


def a_repository_with_many_mistakes() -> dict[str, bytes]:
    files = edited(small_repository(), "care.yaml", "owner: ai-lead", "owner: ai-leed")
    files = edited(files, "risk/register/odd-advice.yaml", "likelihood: 2", "likelihood: 9")
    files = edited(files, "roles.yaml", "{post: director, within: P5D}", "{post: ai-lead, within: P5D}")
    files = with_file(files, "laws/gdpr.yaml", "id: gdpr\ntitel: x\n")
    files = with_file(files, "laws/odd.txt.yaml", b"\xff")
    files = with_file(files, "systems/book-finder/notes.yaml", "a: 1\n")
    return with_file(files, "systems/twin/system.yaml", files["systems/book-finder/system.yaml"])


@settings(max_examples=max(10, settings().max_examples // 3))
@given(st.permutations(sorted(a_repository_with_many_mistakes())))
def test_the_order_of_files_makes_no_difference(order: list[str]) -> None:
    files = a_repository_with_many_mistakes()
    expected = check_tree(tree_of(files), catalogue())
    assert len(expected.errors) > 3
    assert len(expected.findings) > 3
    assert check_tree(tree_of({path: files[path] for path in order}), catalogue()) == expected


def test_nothing_about_a_check_takes_a_clock() -> None:
    assert set(inspect.signature(check_tree).parameters) == {"tree", "catalogue", "on"}
    assert set(inspect.signature(check_repository).parameters) == {"source", "standards", "cache", "diff", "on"}
    for subject in Subject:
        assert "now" not in vocabulary_for(subject, clock=False).variables
        assert "now" in vocabulary_for(subject, clock=True).variables


def _checked() -> TreeCheck:
    source = RepositoryFake.holding(a_repository_with_many_mistakes(), at=datetime(2026, 3, 2, tzinfo=UTC))
    forgets = ResultCacheFake(forgets=True)
    return check_repository(source, standards=wiring.standards_library(), cache=forgets).checked


@pytest.fixture
def _back_home(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("_back_home")
def test_the_answer_is_the_same_on_any_day_and_in_any_place(monkeypatch: pytest.MonkeyPatch) -> None:
    here = _checked()
    for zone, day in (("Pacific/Kiritimati", 4_102_444_800.0), ("America/Los_Angeles", 0.0)):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        monkeypatch.setattr(time, "time", lambda day=day: day)
        monkeypatch.setattr(wiring, "now", lambda day=day: datetime.fromtimestamp(day, UTC))
        assert _checked() == here


def test_a_mistake_elsewhere_does_not_hide_one_here() -> None:
    broken = with_file(small_repository(), "laws/gdpr.yaml", "id: [\n")
    mistaken = edited(broken, "systems/book-finder/system.yaml", "jurisdictions: [Ireland]", "jurisdictions: []")
    rules = {finding.rule for finding in check_tree(tree_of(mistaken), catalogue()).findings}
    assert "jurisdictions-stated" in rules


def test_what_rests_on_an_unreadable_file_is_not_judged() -> None:
    files = without(small_repository(), "risk/register/odd-advice.yaml")
    files = edited(files, "systems/book-finder/system.yaml", "tier: low", "tier: high")
    assert "risks-recorded" in {finding.rule for finding in check_tree(tree_of(files), catalogue()).findings}
    unreadable = with_file(files, "risk/register/odd-advice.yaml", "id: [\n")
    assert "risks-recorded" not in {finding.rule for finding in check_tree(tree_of(unreadable), catalogue()).findings}
