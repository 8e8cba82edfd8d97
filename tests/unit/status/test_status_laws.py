"""Laws of the status on records and on whole documents: more evidence never worsens it, less never improves it."""

from functools import cache

from hypothesis import given
from hypothesis import strategies as st
from status_builders import NOW, a_claim, a_line, in_ledger, judge, records

from careloop import wiring
from careloop.checks.catalogue import Catalogue
from careloop.documents.compile import compile_tree
from careloop.domain.status import ClaimState, RecordLine, Records, RequirementRow, RequirementState
from careloop.status.compute import compute_status
from careloop.testing.source_tree_builder import Files, tree_of

_RANK = {
    RequirementState.MISSING: 0,
    RequirementState.PARTIAL: 1,
    RequirementState.PLANNED: 2,
    RequirementState.COMPLETE: 3,
    RequirementState.EXCLUDED: 4,
}
_TYPES = st.sampled_from(["approval.given", "approval.renewed", "attestation.given"])
_LINES = st.lists(
    st.tuples(_TYPES, st.integers(0, 400), st.none() | st.integers(-100, 100)),
    max_size=3,
    unique_by=lambda line: line[0],
)


@given(_LINES, st.sets(_TYPES, min_size=1), st.none() | st.sampled_from(["P1D", "P30D", "P1Y"]), st.booleans())
def test_a_record_that_shows_a_claim_makes_it_hold_and_one_taken_away_never_improves_it(
    lines: list[tuple[str, int, int | None]], types: set[str], within: str | None, expires: bool
) -> None:
    claim = a_claim(record=in_ledger(*sorted(types), within=within, expires=expires))
    held = [a_line(kind, index=index, days_old=age, expires_in=left) for index, (kind, age, left) in enumerate(lines)]

    def state(found: list[RecordLine]) -> ClaimState:
        return judge(claim, read=records(*found)).state

    whole = state(held)
    assert state([*held, a_line(min(types), index=9)]) is ClaimState.HELD
    for gone in held:
        assert state([one for one in held if one is not gone]).rank <= whole.rank


@cache
def acme() -> Files:
    return wiring.repository_source(wiring.examples().folder("acme")).work_tree().files


@cache
def catalogue() -> Catalogue:
    return Catalogue(wiring.standards_library().read_all())


def rows(files: Files, read: Records | None = None) -> dict[str, RequirementRow]:
    status = compute_status(compile_tree(tree_of(files)), catalogue(), read, NOW)
    return {row.requirement.id: row for row in status.requirements}


def no_worse(after: RequirementRow, before: RequirementRow) -> bool:
    return (
        _RANK[after.status] >= _RANK[before.status]
        and _RANK[after.care_status] >= _RANK[before.care_status]
        and (after.level or 0) >= (before.level or 0)
    )


def test_records_of_every_kind_never_worsen_a_requirement_of_acme() -> None:
    evidence = (
        one for group in catalogue().claims.values() for claim in group for one in (*claim.any_of, claim.record) if one
    )
    types = sorted({kind for one in evidence for kind in getattr(one, "types", ())})
    systems = [path.split("/")[1] for path in acme() if path.endswith("/system.yaml")]

    def read(kinds: list[str]) -> Records:
        newest = {kind: a_line(kind, index=index) for index, kind in enumerate(kinds)}
        about = {(kind, f"systems/{system}"): line for kind, line in newest.items() for system in systems}
        return Records(len(newest), newest, about)

    none, half, whole = rows(acme(), read([])), rows(acme(), read(types[::2])), rows(acme(), read(types))
    assert [name for name, row in half.items() if not no_worse(row, none[name])] == []
    assert [name for name, row in whole.items() if not no_worse(row, half[name])] == []
    assert sum(_RANK[row.status] > _RANK[none[name].status] for name, row in whole.items()) > 10


def test_a_document_taken_away_never_improves_a_requirement_of_acme() -> None:
    before = rows(acme())
    for path in ("objectives.yaml", "roles.yaml", "aims/context.yaml", "policies/ai-policy.md", "audits/2026.yaml"):
        after = rows({name: raw for name, raw in acme().items() if name != path})
        assert [name for name, row in before.items() if not no_worse(row, after[name])] == [], path
        assert any(_RANK[after[name].status] < _RANK[row.status] for name, row in before.items()), path
