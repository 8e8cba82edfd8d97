"""Whose yes counts: distinct people of distinct posts, with authority, who neither asked for it nor built it."""

from datetime import date, timedelta
from typing import Any

import pytest
from gate_builders import NOON, TODAY, a_request, an_approval, people, roles
from hypothesis import given
from hypothesis import strategies as st

from careloop.domain.approval import Approval, ApprovalCount, ApprovalRequest, Ground
from careloop.domain.roles import Function, Person, Roles
from careloop.domain.tier import Tier
from careloop.gates.count_approvals import ApprovalTerms, count_approvals, refusal_of
from careloop.gates.people import seated
from careloop.gates.request import read_request, request_digest, request_json
from careloop.testing.approval_keys_fake import ApprovalKeysFake, line_of


def terms(
    request: ApprovalRequest | None = None,
    *,
    given: Roles | None = None,
    authors: frozenset[str] = frozenset(),
    later: timedelta = timedelta(),
) -> ApprovalTerms:
    on = TODAY + later
    return ApprovalTerms(request=request or a_request(), people=people(given, on), authors=authors, now=NOON + later)


def count(*approvals: Approval, **kwargs: Any) -> ApprovalCount:
    return count_approvals(approvals, terms(**kwargs))


def refused(*approvals: Approval, **kwargs: Any) -> list[Ground]:
    return [one.ground for one in count(*approvals, **kwargs).refused]


def with_person(name: str, **changes: Any) -> Roles:
    """The usual roles, with fields of one person changed."""
    usual = roles()
    changed = [one.model_copy(update=changes) if one.id == name else one for one in usual.people]
    return usual.model_copy(update={"people": tuple(changed)})


def test_two_people_of_two_posts_count_as_two() -> None:
    found = count(an_approval("ada"), an_approval("bob"))
    assert {one.approval.person: one.post for one in found.counted} == {"ada": "risk", "bob": "security"}
    assert found.refused == ()


def test_one_person_counts_once_however_often_they_sign() -> None:
    assert refused(an_approval("ada"), an_approval("ada")) == [Ground.TWICE]


def test_one_human_with_two_accounts_counts_once() -> None:
    twin = with_person("bob", mail="ADA@acme.example")
    assert refused(an_approval("ada"), an_approval("bob"), given=twin) == [Ground.TWICE]


def test_one_key_listed_for_two_people_proves_neither() -> None:
    shared = with_person("bob", keys=(line_of("ada"),))
    found = count(an_approval("ada"), an_approval("bob", key="ada"), given=shared)
    assert found.given == 1
    assert [one.ground for one in found.refused] == [Ground.TWICE]


def test_a_second_key_of_the_same_person_is_no_second_person() -> None:
    two_keys = with_person("ada", keys=(line_of("ada"), line_of("other")))
    assert refused(an_approval("ada"), an_approval("ada", key="other"), given=two_keys) == [Ground.TWICE]


def test_two_people_of_one_post_count_as_one() -> None:
    assert refused(an_approval("ada"), an_approval("cy")) == [Ground.SAME_POST]


def test_the_requester_does_not_count_under_any_of_their_names() -> None:
    for requester in ("ada", "ada@acme.example", "ADA@ACME.example"):
        asked = a_request(requester=requester)
        assert refused(an_approval("ada", asked), request=asked) == [Ground.REQUESTER]


def test_authors_and_committers_do_not_count() -> None:
    assert refused(an_approval("ada"), authors=frozenset({"ada@acme.example"})) == [Ground.AUTHOR]
    assert count(an_approval("bob"), authors=frozenset({"ada@acme.example"})).given == 1


def test_a_key_that_is_not_listed_proves_nothing() -> None:
    assert refused(an_approval("ada", key="stranger")) == [Ground.UNKNOWN_KEY]
    assert refused(an_approval("ada"), given=with_person("ada", keys=())) == [Ground.UNKNOWN_KEY]
    assert refused(an_approval("nobody")) == [Ground.UNKNOWN_KEY]


def test_somebody_without_the_authority_does_not_count() -> None:
    assert refused(an_approval("val")) == [Ground.NO_AUTHORITY]


def test_somebody_who_left_does_not_count_from_that_day_on() -> None:
    leaving = with_person("ada", left=date(2026, 11, 24))
    assert count(an_approval("ada"), given=leaving).given == 1
    assert refused(an_approval("ada"), given=leaving, later=timedelta(days=1)) == [Ground.LEFT]


def test_an_expired_request_counts_nobody() -> None:
    assert refused(an_approval("ada"), later=timedelta(days=7, seconds=1)) == [Ground.EXPIRED]
    assert refused(an_approval("ada", given_at=NOON + timedelta(days=8))) == [Ground.EXPIRED]
    assert count(an_approval("ada"), later=timedelta(days=7)).given == 1


@pytest.mark.parametrize(
    "change",
    [
        {"environment": "staging"},
        {"lock": f"sha256:{'c' * 64}"},
        {"slice": f"sha256:{'c' * 64}"},
        {"tier": Tier.HIGH},
        {"requester": "bob"},
        {"nonce": "1" * 32},
        {"expires_at": NOON + timedelta(days=9)},
        {"action": "restore"},
    ],
)
def test_an_approval_of_one_request_is_none_of_another(change: dict[str, Any]) -> None:
    other = a_request(**change)
    assert count(an_approval("ada"), request=other) == ApprovalCount()
    relabelled = an_approval("ada", request=a_request())
    moved = Approval(
        request=request_digest(other),
        person="ada",
        signature=relabelled.signature,
        given_at=NOON,
        reason="",
        record="r",
    )
    assert refused(moved, request=other) == [Ground.UNKNOWN_KEY]


def test_a_signature_for_another_purpose_does_not_count() -> None:
    digest = request_digest(a_request())
    keys = ApprovalKeysFake("ada")
    signature = keys.sign(keys.lines()[0], digest.encode(), namespace="git")
    assert refused(an_approval("ada", signature=signature)) == [Ground.UNKNOWN_KEY]


def test_an_acting_holder_has_the_authority_until_their_last_day() -> None:
    posts = [
        {"id": "risk", "title": "R", "function": "risk", "authorities": ["approve_release"]}
        | {"acting": {"person": "val", "until": "2026-11-23"}}
    ]
    acting = roles(posts=posts)
    assert count(an_approval("val"), given=acting).given == 1
    assert refused(an_approval("val"), given=acting, later=timedelta(days=1)) == [Ground.NO_AUTHORITY]


def test_a_lent_authority_is_used_on_the_seat_of_the_lender() -> None:
    loan = {"from_post": "risk", "to_post": "product", "authority": "approve_release", "until": "2026-11-23"}
    lending = roles(delegations=[loan])
    asked = a_request(requester="dev")
    found = count(an_approval("req", asked), request=asked, given=lending)
    assert [one.post for one in found.counted] == ["risk"]
    both = count(an_approval("ada", asked), an_approval("req", asked), request=asked, given=lending)
    assert [one.ground for one in both.refused] == [Ground.SAME_POST]
    late = refused(an_approval("req", asked), request=asked, given=lending, later=timedelta(days=1))
    assert late == [Ground.NO_AUTHORITY]


def test_r41_a_program_does_not_count_whatever_post_it_holds() -> None:
    assert refused(an_approval("ada"), given=with_person("ada", service=True)) == [Ground.SERVICE]
    assert people(with_person("ada", service=True)).may("approve_release") == ("bob", "cy", "dev")
    assert people(with_person("dev", service=True)).posts("dev") == frozenset()


@pytest.mark.parametrize("mail", ["ad\u0430@acme.example", "ada@acme.example\u200b", "\uff41da@acme.example"])
def test_r41_an_address_that_looks_like_another_is_nobodys(mail: str) -> None:
    with pytest.raises(ValueError, match="ASCII"):
        Person.model_validate({"id": "ada", "name": "Ada", "mail": mail})
    assert people().person(mail) is None


def test_r41_folding_case_makes_nobody_of_a_foreign_sign() -> None:
    kay = with_person("ada", mail="kay@acme.example")
    assert people(kay).person("KAY@acme.example") is not None
    assert people(kay).person("\u212aay@acme.example") is None


def test_r28_each_person_brings_in_one_function_at_most() -> None:
    posts = [
        {"id": name, "title": name, "function": name, "holders": holders, "authorities": ["approve_release"]}
        for name, holders in {"legal": ["ada"], "security": ["ada", "bob"], "product": ["cy"]}.items()
    ]
    here = people(roles(posts=posts))
    among = frozenset({Function.LEGAL, Function.SECURITY, Function.DATA})
    assert here.functions(["ada"], "approve_release", among) <= {Function.LEGAL, Function.SECURITY}
    assert len(here.functions(["ada"], "approve_release", among)) == 1
    assert here.functions(["ada", "bob"], "approve_release", among) == {Function.LEGAL, Function.SECURITY}
    assert here.functions(["cy"], "approve_release", among) == frozenset()


def test_before_signing_the_same_refusals_are_said() -> None:
    assert refusal_of("ada", terms()) is None
    grounds = {
        name: refusal.ground
        for name, refusal in {
            "req": refusal_of("req", terms()),
            "twice": refusal_of("ada", terms(), ["ada"]),
            "post": refusal_of("cy", terms(), ["ada"]),
            "late": refusal_of("ada", terms(later=timedelta(days=8))),
        }.items()
        if refusal
    }
    assert grounds == {
        "req": Ground.REQUESTER,
        "twice": Ground.TWICE,
        "post": Ground.SAME_POST,
        "late": Ground.EXPIRED,
    }


def test_a_request_comes_back_as_it_was_written() -> None:
    request = a_request()
    assert read_request(request_json(request)) == request
    assert request_digest(read_request(request_json(request))) == request_digest(request)


@given(
    st.dictionaries(st.sampled_from(["a", "b", "c", "d"]), st.frozensets(st.sampled_from(["p", "q", "r"])), max_size=4)
)
def test_as_many_people_are_seated_as_there_can_be(wishes: dict[str, frozenset[str]]) -> None:
    found = seated(wishes.items())
    assert len(set(found.values())) == len(found)
    assert all(seat in wishes[person] for person, seat in found.items())

    def most(names: tuple[str, ...], free: frozenset[str]) -> int:
        if not names:
            return 0
        first, rest = names[0], names[1:]
        taken = [1 + most(rest, free - {seat}) for seat in wishes[first] & free]
        return max([most(rest, free), *taken])

    assert len(found) == most(tuple(wishes), frozenset("pqr"))
