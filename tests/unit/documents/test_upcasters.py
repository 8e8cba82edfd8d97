"""Old repositories stay readable: the frozen corpus of each schema version, and the mechanism that will carry them."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from careloop.documents.compile import compile_tree
from careloop.documents.upcasters import CURRENT_SCHEMA, UPCASTERS, Upcasters, schema_in
from careloop.domain.policy import Policy
from careloop.domain.risk import RiskCriteria
from careloop.domain.roles import Roles
from careloop.domain.source_tree import SourceTree

GOLDEN = Path(__file__).parents[2] / "golden"


def frozen(schema: int) -> SourceTree:
    root = GOLDEN / f"schema-{schema}"
    paths = (path for path in sorted(root.rglob("*")) if path.suffix in {".yaml", ".md"})
    return SourceTree({path.relative_to(root).as_posix(): path.read_bytes() for path in paths})


@pytest.mark.parametrize("schema", range(1, CURRENT_SCHEMA + 1))
def test_a_frozen_repository_of_every_schema_version_is_read_without_error(schema: int) -> None:
    compiled = compile_tree(frozen(schema))
    assert compiled.errors == ()
    assert {document.kind for document in compiled.repository.documents} == {
        "organisation",
        "roles",
        "policy",
        "criteria",
    }


def test_the_first_frozen_repository_means_what_it_meant() -> None:
    repository = compile_tree(frozen(1)).repository
    organisation, roles = repository.organisation, repository.only(Roles)
    policy, criteria = repository.only(Policy), repository.only(RiskCriteria)
    assert organisation is not None
    assert roles is not None
    assert policy is not None
    assert criteria is not None
    assert organisation.organisation.name == "Golden GmbH"
    assert [post.id for post in roles.posts] == ["top-management", "responsible-ai-lead"]
    assert [statement.number for statement in policy.statements] == ["1.1", "1.2", "2.1", "3.1"]
    assert (criteria.appetite.individuals, len(criteria.tiers)) == (6, 1)


def _from_before(kind: str, values: dict[str, object]) -> dict[str, object]:
    """A step as a later version will need it: in version 0 posts were called jobs."""
    renamed: Mapping[str, str] = {"jobs": "posts"} if kind == "roles" else {}
    moved = {renamed.get(key, key): value for key, value in values.items()}
    return {**moved, "schema": 1} if kind == "organisation" else moved


def _of_version_zero() -> SourceTree:
    files = dict(frozen(1).files)
    files["care.yaml"] = files["care.yaml"].replace(b"schema: 1", b"schema: 0")
    files["roles.yaml"] = files["roles.yaml"].replace(b"posts:", b"jobs:")
    return SourceTree(files)


def test_an_older_repository_is_brought_into_todays_shape_step_by_step() -> None:
    compiled = compile_tree(_of_version_zero(), Upcasters(current=1, steps={0: _from_before}))
    assert compiled.errors == ()
    roles = compiled.repository.only(Roles)
    assert roles is not None
    assert len(roles.posts) == 2


def test_a_version_that_no_step_leads_from_is_an_error_and_not_a_guess() -> None:
    rules = {(error.place.file, error.rule) for error in compile_tree(_of_version_zero(), UPCASTERS).errors}
    assert ("care.yaml", "bad-value") in rules
    assert ("roles.yaml", "unknown-key") in rules


@pytest.mark.parametrize("values", [None, [], {}, {"schema": "1"}, {"schema": True}, {"schema": 1.0}])
def test_only_a_whole_number_states_a_schema(values: object) -> None:
    assert schema_in(values) is None
