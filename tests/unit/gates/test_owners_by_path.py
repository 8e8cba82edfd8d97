"""R20, R23: who owns a path, as roles.yaml and CODEOWNERS of one commit say it on one day."""

from datetime import date

from careloop.domain.change import OwnersFile
from careloop.domain.organisation import Organisation
from careloop.domain.roles import Roles
from careloop.gates.owners import Owners
from careloop.gates.people import People

DAY = date(2026, 3, 20)
ROLES = Roles.model_validate(
    {
        "owner": "lead",
        "people": [
            {"id": "ada", "name": "Ada", "mail": "Ada@acme.example"},
            {"id": "bob", "name": "Bob"},
            {"id": "gone", "name": "Gone", "mail": "gone@acme.example", "left": "2026-03-20"},
            {"id": "eve", "name": "Eve"},
        ],
        "posts": [
            {"id": "lead", "title": "Lead", "function": "risk", "holders": ["ada", "gone"]},
            {"id": "shop", "title": "Shop", "function": "product", "acting": {"person": "eve", "until": "2026-03-20"}},
            {"id": "clerk", "title": "Clerk", "function": "product", "holders": ["bob"]},
        ],
        "accountable": [
            {"path": "systems/**", "post": "clerk"},
            {"path": "systems/shop/**", "post": "shop"},
            {"path": "lost/**", "post": "nobody"},
        ],
        "delegations": [
            {"from_post": "lead", "to_post": "clerk", "authority": "approve_change", "until": "2026-03-20"},
            {"from_post": "shop", "to_post": "clerk", "authority": "kill", "until": "2026-03-20"},
        ],
    }
)
FIRM = Organisation.model_validate(
    {
        "schema": 1,
        "organisation": {"name": "Acme", "sector": "Shops", "country": "IE"},
        "owner": "lead",
        "top_management": "lead",
        "scope": {"statement": "All."},
    }
)


def owners(text: str | None = None, *, on: date = DAY, prefix: str = "", roles: Roles = ROLES) -> Owners:
    file = None if text is None else OwnersFile("CODEOWNERS", text, prefix)
    return Owners(People(roles, on), file, FIRM)


def asked(found: Owners, path: str) -> list[set[str]]:
    return [set(group.people) for group in found.of(path)]


def test_the_last_accountable_path_that_matches_decides() -> None:
    assert asked(owners(), "systems/a/card.md") == [{"bob"}]
    assert asked(owners(), "systems/shop/card.md") == [{"eve"}]
    assert asked(owners(), "elsewhere.md") == []


def test_a_post_is_acted_for_by_who_is_here_stands_in_or_was_lent_its_approval() -> None:
    assert owners().post("lead").people == {"ada", "bob"}
    assert owners(on=date(2026, 3, 21)).post("lead").people == {"ada"}
    assert owners(on=date(2026, 3, 19)).post("lead").people == {"ada", "bob", "gone"}
    assert owners(on=date(2026, 3, 21)).post("shop").people == set()


def test_a_post_that_does_not_exist_has_nobody_and_still_is_asked() -> None:
    assert asked(owners(), "lost/a.md") == [set()]


def test_codeowners_name_people_by_mail_and_people_and_posts_by_id() -> None:
    text = "/a ada@ACME.example\n/b @bob\n/c @acme/lead\n/d @nobody gone@acme.example\n/e\n"
    assert [asked(owners(text), path) for path in "abcde"] == [[{"ada"}], [{"bob"}], [{"ada", "bob"}], [set()], []]


def test_both_lists_are_asked_where_both_speak() -> None:
    assert asked(owners("*.md ada@acme.example\n"), "systems/a/card.md") == [{"ada"}, {"bob"}]


def test_codeowners_of_a_larger_repository_see_the_whole_path() -> None:
    assert asked(owners("/governance/x @bob\n", prefix="governance/"), "x") == [{"bob"}]
    assert asked(owners("/x @bob\n", prefix="governance/"), "x") == []


def test_the_files_that_say_who_owns_what_are_never_nobodys() -> None:
    for path in ("care.yaml", "roles.yaml", "CODEOWNERS", ".github/CODEOWNERS", "docs/CODEOWNERS"):
        assert asked(owners(), path) == [{"ada", "bob"}]


def test_nothing_is_declared_where_neither_list_says_anything() -> None:
    nobody = ROLES.model_copy(update={"accountable": ()})
    assert [owners(roles=nobody).declared, owners("# nobody\n", roles=nobody).declared] == [False, False]
    assert [owners().declared, owners("* @bob\n", roles=nobody).declared] == [True, True]
