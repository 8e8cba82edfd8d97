"""A check of a range marks what the change brings, and a cache never changes an answer."""

from datetime import UTC, date, datetime

import pytest

from careloop import wiring
from careloop.checks.tree_digests import file_digests, tree_digest
from careloop.domain.check import CheckResult
from careloop.domain.source_tree import OversizedFile, SourceTree, StrayLink
from careloop.errors import NotFound
from careloop.ports.result_cache import ResultCache
from careloop.testing.repository_fake import RepositoryFake
from careloop.testing.result_cache_fake import ResultCacheFake
from careloop.testing.source_tree_builder import edited, small_repository, with_file
from careloop.workflows.create.check_repository import DiffRange, check_repository

_SYSTEM = "systems/book-finder/system.yaml"


def with_an_old_finding() -> RepositoryFake:
    files = edited(small_repository(), _SYSTEM, "jurisdictions: [Ireland]", "jurisdictions: []")
    return RepositoryFake.holding(files, at=datetime(2026, 3, 2, tzinfo=UTC))


def change(source: RepositoryFake, path: str, old: str, new: str) -> None:
    source.write(path, edited(source.files, path, old, new)[path])


def check(
    source: RepositoryFake, diff: str | None = None, *, cache: ResultCache | None = None, on: date | None = None
) -> CheckResult:
    return check_repository(
        source,
        standards=wiring.standards_library(),
        cache=cache or ResultCacheFake(forgets=True),
        diff=DiffRange(diff) if diff else None,
        on=on,
    )


def marks(result: CheckResult) -> dict[str, bool | None]:
    return {finding.rule: finding.introduced for finding in result.checked.findings}


@pytest.mark.parametrize(
    ("text", "base", "head"),
    [
        ("main..HEAD", "main", "HEAD"),
        ("main...HEAD", "main", "HEAD"),
        ("main..", "main", "HEAD"),
        ("..topic", "HEAD", "topic"),
        ("main", "main", None),
    ],
)
def test_a_range_is_a_base_and_a_head_or_the_work_tree(text: str, base: str, head: str | None) -> None:
    found = DiffRange(text)
    assert (found.base, found.head) == (base, head)


def test_without_a_range_nothing_is_marked() -> None:
    assert marks(check(with_an_old_finding())) == {"jurisdictions-stated": None}


def test_what_was_there_before_is_not_the_changes_own() -> None:
    source = with_an_old_finding()
    change(source, "roles.yaml", "title: Director", "title: Managing director")
    source.commit(datetime(2026, 3, 3, tzinfo=UTC))
    result = check(source, "HEAD~1..HEAD")
    assert (marks(result), result.exit_code) == ({"jurisdictions-stated": False}, 0)
    assert result.commit == source.resolve("HEAD")


def test_what_the_change_brings_or_touches_is_its_own() -> None:
    source = with_an_old_finding()
    change(source, _SYSTEM, "domain: retail", "domain: pricing")
    result = check(source, "HEAD")
    assert (marks(result), result.exit_code) == ({"jurisdictions-stated": True, "no-price-model": True}, 1)


def test_a_mistake_here_that_makes_a_finding_elsewhere_is_the_changes_own() -> None:
    source = with_an_old_finding()
    change(source, "roles.yaml", "id: director", "id: chair")
    result = check(source, "HEAD")
    assert "care.yaml" in {finding.place.file for finding in result.checked.findings if finding.introduced}
    assert marks(result)["jurisdictions-stated"] is False


def test_a_range_of_commits_does_not_see_the_work_tree() -> None:
    source = with_an_old_finding()
    change(source, _SYSTEM, "domain: retail", "domain: pricing")
    assert marks(check(source, "HEAD..HEAD")) == {"jurisdictions-stated": False}


def test_an_unknown_revision_is_not_found() -> None:
    for diff in ("nowhere..HEAD", "HEAD..nowhere", "nowhere"):
        with pytest.raises(NotFound, match="nowhere"):
            check(with_an_old_finding(), diff)


def test_a_cached_answer_is_the_answer() -> None:
    source = RepositoryFake(
        with_file(with_an_old_finding().files, "laws/x.yaml", "id: [\n"),
        links=(StrayLink("laws/y.yaml", "elsewhere", outside=True),),
        unreadable={"laws/z.yaml": "the file cannot be read: on fire"},
    )
    cache = ResultCacheFake()
    for on in (None, date(2026, 3, 1)):
        fresh, first, second = (
            check(source, on=on),
            check(source, cache=cache, on=on),
            check(source, cache=cache, on=on),
        )
        assert fresh == first == second
        assert len(fresh.checked.errors) == 2
        assert len(fresh.checked.findings) >= 2
    assert (cache.hits, len(cache.kept)) == (2, 2)


def test_the_digest_of_a_tree_sees_everything_a_check_may_look_at() -> None:
    files = {"care.yaml": b"x"}
    trees = [
        SourceTree({}),
        SourceTree(files),
        SourceTree({"care.yaml": b"y"}),
        SourceTree({"roles.yaml": b"x"}),
        SourceTree({"care.yamlx": b""}),
        SourceTree(files, oversized=(OversizedFile("a", 1),)),
        SourceTree(files, oversized=(OversizedFile("a", 2),)),
        SourceTree(files, links=(StrayLink("a", "b", outside=True),)),
        SourceTree(files, links=(StrayLink("a", "b", outside=False),)),
        SourceTree(files, unreadable={"a": "b"}),
    ]
    assert len({tree_digest(tree, file_digests(tree)) for tree in trees}) == len(trees)


def test_after_an_edit_the_answer_is_that_of_the_whole_and_a_second_edit_goes_on_from_it() -> None:
    """The cache remembers the last tree with this core, and serves the next; no answer changes by it."""
    source, cache = with_an_old_finding(), ResultCacheFake()
    standards = wiring.standards_library()
    check_repository(source, standards=standards, cache=cache)
    for word in ("Suggests books", "Finds books", "Suggests books"):
        files = edited(dict(source.work_tree().files), _SYSTEM, "purpose: ", f"purpose: {word}, ")
        source = RepositoryFake.holding(files, at=datetime(2026, 3, 2, tzinfo=UTC))
        kept = check_repository(source, standards=standards, cache=cache)
        afresh = check_repository(source, standards=standards, cache=ResultCacheFake(forgets=True))
        assert kept.checked == afresh.checked
        assert kept.checked.findings
