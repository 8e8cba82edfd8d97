"""Every way in which a log can be spoilt is told by kind and place."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from careloop.ledger.canonical import canonical_bytes, read_canonical
from careloop.ledger.checkpoint import sign_checkpoint
from careloop.ledger.merkle import Frontier, leaf_hash
from careloop.ledger.note import Signer
from careloop.ledger.record import seal
from careloop.ledger.verify import Notice, NoticeKind, Problem, ProblemKind, StoredLine, Verification, verify_log
from careloop.testing.contracts.ledger import NOON, a_record

LOG = Signer("acme.example/care", bytes(range(32)))


def bodies_of(count: int) -> list[bytes]:
    return [seal(a_record(n), recorded_at=NOON + timedelta(seconds=n)) for n in range(count)]


def lines_of(bodies: Sequence[bytes]) -> list[StoredLine]:
    return [StoredLine(index, body, leaf_hash(body)) for index, body in enumerate(bodies)]


def signed(bodies: Sequence[bytes], *, by: Signer = LOG) -> str:
    tree = Frontier()
    for body in bodies:
        tree.add(leaf_hash(body))
    return sign_checkpoint(tree.size, tree.root(), by).note


def checked(lines: Sequence[StoredLine], note: str) -> Verification:
    return verify_log(lines, note=note, key=LOG.verifier)


BODIES = bodies_of(9)
LINES = lines_of(BODIES)
NOTE = signed(BODIES)


def test_an_honest_log_is_sound() -> None:
    outcome = checked(LINES, NOTE)
    assert (outcome.sound, outcome.size, outcome.checked, outcome.problems, outcome.notices) == (True, 9, 9, (), ())


def test_an_empty_log_is_sound() -> None:
    assert checked([], signed([])).sound


@given(st.data())
def test_any_altered_byte_is_told_to_the_exact_entry(data: st.DataObject) -> None:
    index = data.draw(st.integers(0, 8))
    body = bytearray(BODIES[index])
    at = data.draw(st.integers(0, len(body) - 1))
    body[at] = data.draw(st.integers(0, 255).filter(lambda value: value != body[at]))
    lines = [*LINES[:index], replace(LINES[index], body=bytes(body)), *LINES[index + 1 :]]
    assert checked(lines, NOTE).problems == (Problem(index, ProblemKind.ALTERED_BODY),)


def test_an_alteration_with_its_hash_mended_spoils_the_root() -> None:
    lines = lines_of([*BODIES[:4], bodies_of(20)[12], *BODIES[5:]])
    kinds = {problem.kind for problem in checked(lines, NOTE).problems}
    assert ProblemKind.BAD_ROOT in kinds


def test_a_stored_hash_that_is_wrong_is_not_blamed_on_the_body() -> None:
    lines = [*LINES[:4], replace(LINES[4], leaf=bytes(32)), *LINES[5:]]
    assert checked(lines, NOTE).problems == (Problem(4, ProblemKind.ALTERED_NODE),)


def test_without_stored_hashes_an_alteration_is_still_found() -> None:
    lines = [StoredLine(index, body, None) for index, body in enumerate([*BODIES[:8], BODIES[0]])]
    kinds = {problem.kind for problem in checked(lines, NOTE).problems}
    assert kinds == {ProblemKind.BAD_ROOT, ProblemKind.DUPLICATE_ID, ProblemKind.CLOCK_WENT_BACK}


def test_an_entry_whose_body_is_gone_is_missing_at_its_place() -> None:
    lines = [*LINES[:4], replace(LINES[4], body=None), *LINES[5:]]
    assert checked(lines, NOTE).problems == (Problem(4, ProblemKind.MISSING_INDEX),)


def test_an_entry_that_is_gone_without_trace_is_missing_at_its_place() -> None:
    problems = checked([*LINES[:4], *LINES[6:]], NOTE).problems
    assert Problem(4, ProblemKind.MISSING_INDEX) in problems
    assert Problem(None, ProblemKind.BAD_ROOT) in problems


def test_a_truncated_tail_is_missing_from_its_first_entry() -> None:
    problems = checked(LINES[:6], NOTE).problems
    assert Problem(6, ProblemKind.MISSING_INDEX) in problems


def test_an_entry_out_of_place_is_told() -> None:
    problems = checked([*LINES, LINES[3]], NOTE).problems
    assert problems == (Problem(3, ProblemKind.OUT_OF_PLACE),)


def test_two_entries_exchanged_spoil_the_root() -> None:
    swapped = lines_of([BODIES[1], BODIES[0], *BODIES[2:]])
    kinds = {problem.kind for problem in checked(swapped, NOTE).problems}
    assert kinds == {ProblemKind.BAD_ROOT, ProblemKind.CLOCK_WENT_BACK}


def test_a_checkpoint_by_another_key_is_a_bad_signature() -> None:
    forged = signed(BODIES, by=Signer(LOG.name, bytes(32)))
    assert checked(LINES, forged).problems == (Problem(None, ProblemKind.BAD_SIGNATURE),)
    assert checked(LINES, "").problems == (Problem(None, ProblemKind.BAD_SIGNATURE),)


def test_a_log_that_was_signed_with_faults_in_it_shows_them() -> None:
    body = read_canonical(BODIES[0])
    bodies = [BODIES[3], BODIES[3], BODIES[1], b'{"a": 1}', canonical_bytes({"not": "a record"}), canonical_bytes(body)]
    found = checked(lines_of(bodies), signed(bodies)).problems
    assert set(found) == {
        Problem(1, ProblemKind.DUPLICATE_ID),
        Problem(2, ProblemKind.CLOCK_WENT_BACK),
        Problem(3, ProblemKind.NOT_CANONICAL),
        Problem(4, ProblemKind.NOT_CANONICAL),
        Problem(5, ProblemKind.CLOCK_WENT_BACK),
    }


def test_a_clock_that_was_behind_is_noticed_without_being_a_problem() -> None:
    bodies = [BODIES[0], seal(a_record(1), recorded_at=NOON + timedelta(seconds=1), skew_ms=250)]
    outcome = checked(lines_of(bodies), signed(bodies))
    assert (outcome.sound, outcome.notices) == (True, (Notice(1, NoticeKind.CLOCK_SKEW),))


def test_what_is_not_yet_signed_is_noticed_and_still_checked() -> None:
    tail = replace(LINES[8], body=BODIES[8].replace(b"high", b"lows"))
    outcome = checked([*LINES[:8], tail], signed(BODIES[:7]))
    assert outcome.notices == (Notice(7, NoticeKind.UNSIGNED), Notice(8, NoticeKind.UNSIGNED))
    assert [problem.index for problem in outcome.problems] == [8]
