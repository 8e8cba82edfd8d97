"""When a server's word about a session proves who agreed, and everything that keeps it from it (SEMANTICS 18; R41)."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from gate_builders import (
    NOON,
    TODAY,
    a_request,
    a_session_approval,
    a_statement,
    an_approval,
    an_organisation,
    people,
    roles,
    sessions_of,
)
from hypothesis import given
from hypothesis import strategies as st

from careloop.domain.approval import Approval, ApprovalCount, ApprovalRequest, Ground
from careloop.domain.roles import Roles
from careloop.domain.session import SessionStatement
from careloop.errors import InvalidInput
from careloop.gates.count_approvals import ApprovalTerms, count_approvals
from careloop.gates.people import People
from careloop.gates.request import request_digest
from careloop.gates.session import SessionTerms, read_session, session_digest, session_json, session_terms
from careloop.ledger.ssh_signature import read_ssh_key
from careloop.testing.approval_keys_fake import ApprovalKeysFake, line_of
from careloop.testing.session_voucher_fake import SessionKeyFake

MINUTE = timedelta(minutes=1)


def count(
    *approvals: Approval,
    request: ApprovalRequest | None = None,
    sessions: SessionTerms | None = None,
    given: Roles | None = None,
    authors: frozenset[str] = frozenset(),
) -> ApprovalCount:
    who = people(given, TODAY, sessions or sessions_of())
    terms = ApprovalTerms(request=request or a_request(), people=who, authors=authors, now=NOON)
    return count_approvals(approvals, terms)


def refused(*approvals: Approval, **kwargs: Any) -> list[Ground]:
    return [one.ground for one in count(*approvals, **kwargs).refused]


def by_session(person: str, **changes: Any) -> Approval:
    return a_session_approval(a_statement(person, **changes))


def with_person(name: str, **changes: Any) -> Roles:
    usual = roles()
    changed = [one.model_copy(update=changes) if one.id == name else one for one in usual.people]
    return usual.model_copy(update={"people": tuple(changed)})


def test_two_people_in_sessions_of_a_listed_server_count_as_two() -> None:
    found = count(by_session("ada"), by_session("bob"))
    assert {one.approval.person: one.post for one in found.counted} == {"ada": "risk", "bob": "security"}


def test_a_key_of_ones_own_and_a_session_are_two_proofs_of_one_kind_of_yes() -> None:
    assert count(an_approval("ada"), by_session("bob")).given == 2


def test_the_same_human_by_key_and_by_session_is_one() -> None:
    assert refused(an_approval("ada"), by_session("ada")) == [Ground.TWICE]
    assert refused(by_session("ada"), an_approval("ada")) == [Ground.TWICE]
    twin = with_person("bob", mail="ADA@acme.example")
    assert refused(an_approval("ada"), by_session("bob"), given=twin) == [Ground.TWICE]


def test_one_account_is_one_human_whatever_people_a_server_says_it_is() -> None:
    account = {"issuer": "https://id.acme.example", "subject": "7f3a"}
    assert refused(by_session("ada", **account), by_session("bob", **account)) == [Ground.TWICE]
    other = account | {"subject": "91bc"}
    assert count(by_session("ada", **account), by_session("bob", **other)).given == 2


@pytest.mark.parametrize("sessions", [SessionTerms(), sessions_of("another-server")])
def test_a_server_that_is_not_listed_proves_nothing(sessions: SessionTerms) -> None:
    found = count(by_session("ada"), sessions=sessions)
    assert [one.ground for one in found.refused] == [Ground.UNKNOWN_KEY]
    assert "does not list the server SHA256:" in found.refused[0].message


def test_a_server_of_several_that_are_listed_proves_it() -> None:
    listed = sessions_of("another-server", "care-server")
    assert count(by_session("ada"), sessions=listed).given == 1


@pytest.mark.parametrize(("ago", "counts"), [(0, True), (10, True), (10 + 1e-6, False), (600, False)])
def test_who_they_are_was_proven_within_the_span_that_care_yaml_gives(ago: float, counts: bool) -> None:
    approval = by_session("ada", stepped_up_at=NOON - ago * MINUTE)
    assert (count(approval).given == 1) is counts
    if not counts:
        assert refused(approval) == [Ground.STALE_SESSION]
        assert count(approval, sessions=sessions_of(step_up=timedelta(hours=11))).given == 1


def test_who_they_are_was_proven_before_they_agreed_and_not_after() -> None:
    assert refused(by_session("ada", stepped_up_at=NOON + timedelta(microseconds=1))) == [Ground.STALE_SESSION]
    late = a_session_approval(a_statement("ada", stepped_up_at=NOON + MINUTE / 4), given_at=NOON + MINUTE / 2)
    assert refused(late) == [Ground.STALE_SESSION]


@pytest.mark.parametrize(("later", "counts"), [(0, True), (60, True), (61, False), (-1, False)])
def test_a_statement_is_recorded_at_once_and_not_kept_for_later(later: float, counts: bool) -> None:
    approval = a_session_approval(a_statement("ada"), given_at=NOON + timedelta(seconds=later))
    assert (refused(approval) == []) is counts


def test_freshness_is_judged_when_the_ledger_took_it() -> None:
    old = a_statement("ada", stepped_up_at=NOON - 10 * MINUTE)
    assert count(a_session_approval(old)).given == 1
    assert refused(a_session_approval(old, given_at=NOON + timedelta(seconds=1))) == [Ground.STALE_SESSION]


def test_a_statement_about_another_request_proves_nothing_about_this_one() -> None:
    other = a_request(environment="staging")
    theirs = a_session_approval(a_statement("ada", other))
    assert count(theirs, request=other).given == 1
    assert count(theirs) == ApprovalCount()
    assert refused(replace(theirs, request=request_digest(a_request()))) == [Ground.UNKNOWN_KEY]


def test_a_statement_about_another_act_proves_no_approval() -> None:
    assert refused(by_session("ada", action="validate")) == [Ground.UNKNOWN_KEY]


def test_a_statement_about_another_person_proves_nothing_about_this_one() -> None:
    assert refused(a_session_approval(a_statement("ada"), person="bob")) == [Ground.UNKNOWN_KEY]


def changed(statement: SessionStatement) -> Iterator[SessionStatement]:
    altered: dict[str, Any] = {
        "person": "bob",
        "issuer": "https://evil.example",
        "subject": "x",
        "id_sha256": "0" * 64,
        "factors": "password",
        "stepped_up_at": NOON - MINUTE,
    }
    for field, value in altered.items():
        yield replace(statement, who=replace(statement.who, **{field: value}))
    yield replace(statement, at=NOON + timedelta(seconds=1))


def test_a_statement_that_was_altered_after_it_was_signed_proves_nothing() -> None:
    said = a_statement("ada")
    for altered in changed(said):
        assert refused(a_session_approval(altered, says=said)) == [Ground.UNKNOWN_KEY], altered


def test_a_statement_and_a_signature_do_not_serve_each_others_purpose() -> None:
    statement = a_statement("ada")
    own = ApprovalKeysFake("ada")
    by_own_key = own.sign(own.lines()[0], session_digest(statement).encode(), namespace="care-session")
    assert refused(a_session_approval(statement, signature=by_own_key)) == [Ground.UNKNOWN_KEY]
    server = SessionKeyFake()
    as_a_person = server.sign(statement.digest.encode(), namespace="care-approval")
    assert refused(an_approval("ada", signature=as_a_person)) == [Ground.UNKNOWN_KEY]
    wrong_purpose = server.sign(session_digest(statement).encode(), namespace="care-approval")
    assert refused(a_session_approval(statement, signature=wrong_purpose)) == [Ground.UNKNOWN_KEY]
    assert refused(a_session_approval(statement, signature="")) == [Ground.UNKNOWN_KEY]


def test_all_that_keeps_a_person_from_approving_holds_in_a_session_too() -> None:
    asked = a_request(requester="ada@acme.example")
    assert refused(a_session_approval(a_statement("ada", asked)), request=asked) == [Ground.REQUESTER]
    assert refused(by_session("ada"), authors=frozenset({"ada@acme.example"})) == [Ground.AUTHOR]
    assert refused(by_session("nobody")) == [Ground.UNKNOWN_KEY]
    assert refused(by_session("ada@acme.example")) == [Ground.UNKNOWN_KEY]
    assert refused(by_session("ada"), given=with_person("ada", left=TODAY)) == [Ground.LEFT]
    assert refused(by_session("val")) == [Ground.NO_AUTHORITY]
    assert refused(by_session("ada"), by_session("ada")) == [Ground.TWICE]
    assert refused(by_session("ada"), by_session("cy")) == [Ground.SAME_POST]


def test_a_key_that_is_a_servers_and_a_persons_proves_nothing_as_either() -> None:
    """Whoever holds it could sign as the person, and vouch for anybody."""
    shared = sessions_of("bob")
    assert refused(an_approval("bob"), sessions=shared) == [Ground.UNKNOWN_KEY]
    by_it = a_session_approval(a_statement("ada"), server="bob")
    found = count(by_it, sessions=shared)
    assert [one.ground for one in found.refused] == [Ground.UNKNOWN_KEY]
    assert "a server's and a person's" in found.refused[0].message
    assert count(an_approval("ada"), sessions=shared).given == 1


def test_only_a_committed_care_yaml_lets_a_server_vouch() -> None:
    assert session_terms(None) == session_terms(an_organisation()) == SessionTerms()
    stated = an_organisation(sessions={"vouched_by": [f"{line_of('care-server')} care@acme"], "step_up": "PT5M"})
    server = read_ssh_key(line_of("care-server"))
    assert session_terms(stated) == SessionTerms(servers=(server,), step_up=5 * MINUTE)
    no_key = an_organisation(sessions={"vouched_by": [f"ssh-ed25519 {'A' * 68}"]})
    assert session_terms(no_key).servers == ()
    assert People(roles(), TODAY, session_terms(stated)).servers == (server,)


def test_a_statement_comes_back_as_it_was_written() -> None:
    statement = a_statement("ada")
    assert read_session(session_json(statement)) == statement
    assert set(map(type, session_json(statement).values())) == {str}


@pytest.mark.parametrize(
    "change",
    [
        {"session": "the-cookie-itself"},
        {"session": "A" * 64},
        {"factors": " "},
        {"subject": ""},
        {"stepped_up_at": "2026-11-23T11:58:00Z"},
        {"at": None},
        {"at": 1},
        {"extra": "x"},
        {"subject": "e\u0301"},
    ],
)
def test_what_is_no_statement_is_not_read_as_one(change: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        read_session(session_json(a_statement("ada")) | change)


def test_a_statement_with_a_part_missing_is_none() -> None:
    whole = session_json(a_statement("ada"))
    for name in whole:
        with pytest.raises(InvalidInput):
            read_session({key: value for key, value in whole.items() if key != name})
    others: tuple[object, ...] = (None, "text", [], 1)
    for other in others:
        with pytest.raises(InvalidInput):
            read_session(other)


@pytest.mark.parametrize("zone", [None, timezone(timedelta(hours=1))])
def test_an_instant_that_is_not_in_utc_is_not_signed(zone: timezone | None) -> None:
    with pytest.raises(InvalidInput, match="not an instant in UTC"):
        session_json(a_statement("ada", stepped_up_at=datetime(2026, 11, 23, 12, tzinfo=zone)))
    assert session_json(a_statement("ada", stepped_up_at=datetime(2026, 11, 23, 12, tzinfo=UTC)))


@given(
    stepped=st.timedeltas(timedelta(hours=-2), timedelta(hours=2)),
    recorded=st.timedeltas(timedelta(minutes=-2), timedelta(minutes=2)),
    step_up=st.timedeltas(timedelta(0), timedelta(hours=1)),
)
def test_a_session_counts_exactly_when_the_three_moments_are_in_order_and_close(
    stepped: timedelta, recorded: timedelta, step_up: timedelta
) -> None:
    statement = a_statement("ada", stepped_up_at=NOON + stepped)
    found = count(a_session_approval(statement, given_at=NOON + recorded), sessions=sessions_of(step_up=step_up))
    in_order = stepped <= timedelta(0) <= recorded <= MINUTE
    assert (found.given == 1) == (in_order and recorded - stepped <= step_up)
