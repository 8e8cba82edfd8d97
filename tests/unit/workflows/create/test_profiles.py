"""Profiles (S5): the same engine with other defaults; every module can be off; the least number of people is true."""

from datetime import UTC, datetime
from functools import cache
from itertools import product

import pytest

from careloop import wiring
from careloop.checks.catalogue import Catalogue
from careloop.checks.run import check_tree
from careloop.documents.compile import compile_tree
from careloop.domain.controls import Controls
from careloop.domain.profile import Profile, least_people
from careloop.domain.repository import Repository
from careloop.domain.roles import Roles
from careloop.domain.source_tree import SourceTree
from careloop.errors import UsageError
from careloop.ports.workspace import Author
from careloop.reports.schema_report import schema_kinds
from careloop.testing.document_folder_fake import DocumentFolderFake
from careloop.testing.source_tree_builder import Files, without
from careloop.testing.workspace_fake import WorkspaceFake
from careloop.workflows.create.init_repository import Start, chosen_start, init_repository
from careloop.workflows.create.write_schemas import write_schemas

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
NAMES = ("regulated", "startup", "multinational", "midmarket")


@cache
def catalogue() -> Catalogue:
    return Catalogue(wiring.standards_library().read_all())


def started(start: Start) -> dict[str, bytes]:
    place = WorkspaceFake()
    init_repository(place, name="Harbour", owner=Author("Ada", "ada@x.example"), now=NOW, start=start)
    return {path: text.encode() for path, text in place.files.items() if not path.startswith(".")}


def read(files: Files) -> Repository:
    return compile_tree(SourceTree(dict(files))).repository


def profile(name: str) -> Profile:
    found = chosen_start(name, wiring.standards_library()).profile
    assert found is not None
    return found


@pytest.mark.parametrize("name", [None, *NAMES])
def test_what_a_profile_writes_passes_its_own_check(name: str | None) -> None:
    checked = check_tree(SourceTree(started(chosen_start(name, wiring.standards_library()))), catalogue())
    assert (checked.errors, checked.findings) == ((), ())


def test_profiles_differ_in_modules_and_thresholds_and_not_in_documents() -> None:
    made = {name: started(chosen_start(name, wiring.standards_library())) for name in NAMES}
    assert len({frozenset(files) for files in made.values()}) == 1
    organisations = [read(files).organisation for files in made.values()]
    switches = {tuple(sorted(one.modules.items())) for one in organisations if one}
    assert len(switches) == len(NAMES)
    known = {module.id for module in catalogue().profiles.modules}
    assert all(one is not None and set(one.modules) == known for one in organisations)


def test_a_profile_that_does_not_exist_is_wrong_usage() -> None:
    with pytest.raises(UsageError, match="there is no profile 'bank'"):
        chosen_start("bank", wiring.standards_library())


@pytest.mark.parametrize("name", NAMES)
def test_the_least_number_of_people_is_enough_and_one_less_is_not(name: str) -> None:
    own, guests = least_people(profile(name))
    roles = read(started(chosen_start(name, wiring.standards_library()))).only(Roles)
    assert roles is not None
    outside = {post.id for post in profile(name).posts if post.guest}
    posts = [post.id for post in roles.posts if post.id not in outside]
    pairs = [pair for pair in profile(name).apart if not set(pair) & outside]

    def can(people: int) -> bool:
        return any(
            all(hands[posts.index(one)] != hands[posts.index(two)] for one, two in pairs)
            for hands in product(range(people), repeat=len(posts))
        )

    assert can(own)
    assert not can(own - 1)
    assert guests == len(outside)


def test_posts_of_a_profile_that_must_be_apart_exist() -> None:
    for one in catalogue().profiles.profiles:
        known = {"top-management", "responsible-ai-lead", *(post.id for post in one.posts)}
        assert {name for pair in one.apart for name in pair} <= known, one.id


# --- modules ----------------------------------------------------------------------------------------------------------


def acme() -> Files:
    return wiring.repository_source(wiring.examples().folder("acme")).work_tree().files


def with_module(files: Files, module: str, state: str) -> dict[str, bytes]:
    text = files["care.yaml"].decode()
    lines = [line for line in text.splitlines() if not line.startswith(f"  {module}: ")]
    lines.insert(lines.index("modules:") + 1, f'  {module}: "{state}"')
    return {**files, "care.yaml": "\n".join(lines).encode() + b"\n"}


@pytest.mark.parametrize("module", [one.id for one in catalogue().profiles.modules])
def test_with_any_module_off_the_check_passes_and_all_38_controls_are_decided_or_listed(module: str) -> None:
    files = with_module(acme(), module, "off")
    checked = check_tree(SourceTree(files), catalogue())
    assert (checked.errors, checked.findings) == ((), ())
    controls = read(files).only(Controls)
    assert controls is not None
    assert {decision.control for decision in controls.decisions} >= set(catalogue().controls)
    assert len(catalogue().controls) == 38


def test_controls_that_nobody_decided_are_listed_grey_where_the_module_is_off() -> None:
    text = acme()["controls.yaml"].decode().replace("iso42001:2023/A.2.2", "iso42001:2023/4.1", 1)
    files = with_module({**acme(), "controls.yaml": text.encode()}, "soa", "off")
    (finding,) = [one for one in check_tree(SourceTree(files), catalogue()).findings if one.rule == "soa-complete"]
    assert (finding.blocking, finding.set_aside) == (False, "module soa is off")


def test_what_a_module_asks_for_is_grey_while_it_is_off_and_blocks_once_it_is_on() -> None:
    files = without(acme(), "systems/credit-decision/monitors.yaml")
    for state, blocks in (("off", False), ("on", True)):
        found = check_tree(SourceTree(with_module(files, "monitors", state)), catalogue()).findings
        (finding,) = [one for one in found if one.rule == "monitors-present"]
        assert finding.blocking is blocks


def test_rules_of_modules_exist_and_belong_to_one_module() -> None:
    rules = [rule for module in catalogue().profiles.modules for rule in module.rules]
    known = {rule.id for pack in catalogue().packs.values() for rule in pack.rules}
    assert set(rules) <= known
    assert len(rules) == len(set(rules))


# --- editors ----------------------------------------------------------------------------------------------------------


def test_documents_name_a_schema_that_is_written_beside_them() -> None:
    place = WorkspaceFake()
    init_repository(place, name="Harbour", owner=None, now=NOW)
    writer = DocumentFolderFake()
    write_schemas(writer)
    assert set(writer.files) == {f".care/schemas/{kind}.schema.json" for kind in schema_kinds()}
    named = {}
    for path, text in place.files.items():
        first = text.splitlines()[0]
        if first.startswith("# yaml-language-server: $schema="):
            up = path.count("/")
            target = first.partition("=")[2]
            assert target.startswith("../" * up)
            named[path] = target.removeprefix("../" * up)
    assert set(named) == {"care.yaml", "roles.yaml", "risk/criteria.yaml"}
    assert set(named.values()) <= set(writer.files)
