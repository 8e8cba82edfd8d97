"""Places outside the database remember the ledger; one that is behind or forked from them refuses to run (R51)."""

import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from anchor_rooms import a_repository, an_authority, run, stamping, witnessing

from care_verify.export import verify_export
from care_verify.findings import ProblemKind
from care_verify.notes import read_key, read_note
from careloop.adapters.anchor_file import FileAnchor
from careloop.adapters.anchor_git_tag import GitTagAnchor
from careloop.adapters.anchor_timestamp import TimestampAnchor
from careloop.adapters.anchor_witness import WitnessAnchor
from careloop.adapters.ledger_export import export_ledger
from careloop.adapters.witness_folder import WitnessFolder
from careloop.errors import Conflict, NotFound, Refused, Unavailable
from careloop.ledger.note import read_verifier
from careloop.ledger.record import uuid7
from careloop.ports.anchor import Anchor, AnchorReceipt
from careloop.ports.ledger import Actor, ActorKind, Json
from careloop.testing.contracts.ledger import NOON, a_record
from careloop.testing.ledger_fake import LedgerFake
from careloop.workflows.evolve.anchor_ledger import anchor_ledger, check_anchors, root_at
from careloop.workflows.evolve.ledger_clerk import LedgerClerk

KEEPER = Actor(iss="careloop", sub="care-ledger", kind=ActorKind.SERVICE)


def a_ledger(count: int = 5, *, first: int = 0) -> LedgerFake:
    ledger = LedgerFake("acme.example/care")
    ledger.append([a_record(n) for n in range(first, first + count)], recorded_at=NOON)
    return ledger


def keep(anchor: Anchor, ledger: LedgerFake) -> AnchorReceipt:
    head = ledger.head()
    return anchor.keep(head, partial(ledger.consistency, new=head.size))


def clerk(ledger: LedgerFake) -> LedgerClerk:
    numbers = iter(range(1000, 2000))
    return LedgerClerk(
        ledger=ledger, actor=KEEPER, now=NOON, make_id=lambda: uuid7(1_774_958_600_000, next(numbers).to_bytes(10))
    )


@pytest.fixture
def git(tmp_path: Path) -> GitTagAnchor:
    return GitTagAnchor("tags", a_repository(tmp_path / "repository"), key=tmp_path / "id")


@pytest.fixture(params=["file", "git"])
def remembering(request: pytest.FixtureRequest, tmp_path: Path) -> Anchor:
    """An anchor that tells what it remembers."""
    if request.param == "file":
        return FileAnchor("disk", tmp_path / "anchor")
    return GitTagAnchor("tags", a_repository(tmp_path / "repository"), key=tmp_path / "id")


def test_an_anchor_remembers_the_longest_log(remembering: Anchor) -> None:
    assert remembering.newest() is None
    for size in (3, 12, 5):
        ledger = a_ledger(size)
        if size != 5:
            keep(remembering, ledger)
    note = remembering.newest()
    assert note is not None
    assert read_note(note.encode()).signed_by(read_key(a_ledger().key))
    assert note == a_ledger(12).head().note


def test_a_ledger_that_goes_on_from_its_anchor_runs(remembering: Anchor) -> None:
    keep(remembering, a_ledger(5))
    for size in (5, 6, 40):
        check_anchors(a_ledger(size), [remembering])
    assert root_at(a_ledger(40), 5) == a_ledger(5).head().root


def test_a_ledger_that_is_behind_or_forked_refuses_to_run_and_says_how_to_recover(remembering: Anchor) -> None:
    keep(remembering, a_ledger(5))
    for wrong, why in ((a_ledger(4), "had 5"), (a_ledger(9, first=7), "are not those"), (a_ledger(0), "had 5")):
        with pytest.raises(Refused, match=why) as caught:
            check_anchors(wrong, [remembering])
        assert "care ledger recover" in (caught.value.hint or "")


def test_an_anchor_signed_by_another_key_stops_the_ledger(remembering: Anchor) -> None:
    stranger = LedgerFake("evil.example/care")
    stranger.append([a_record(1)], recorded_at=NOON)
    keep(remembering, stranger)
    with pytest.raises(Refused, match="no key of this log"):
        check_anchors(a_ledger(), [remembering])


def test_an_anchor_file_never_goes_back_and_its_disk_must_be_there(tmp_path: Path) -> None:
    anchor = FileAnchor("disk", tmp_path / "anchor")
    keep(anchor, a_ledger(5))
    with pytest.raises(Refused, match="5 entries"):
        keep(anchor, a_ledger(4))
    with pytest.raises(Unavailable):
        keep(FileAnchor("gone", tmp_path / "not mounted" / "anchor"), a_ledger(5))
    (tmp_path / "anchor").write_bytes(b"\xff")
    with pytest.raises(Refused):
        check_anchors(a_ledger(), [anchor])


def test_a_tag_is_signed_by_the_second_hand_and_pushed(tmp_path: Path, git: GitTagAnchor) -> None:
    run("git", "init", "-q", "--bare", tmp_path / "elsewhere.git")
    run("git", "remote", "add", "audit", tmp_path / "elsewhere.git", cwd=tmp_path / "repository")
    pushing = GitTagAnchor("tags", tmp_path / "repository", key=tmp_path / "id", remote="audit")
    receipt = keep(pushing, a_ledger(5))
    (tmp_path / "signers").write_text(f"ledger {(tmp_path / 'id.pub').read_text()}")
    tag = run("git", "tag", "--list", "care-ledger/5-*", cwd=tmp_path / "elsewhere.git").strip()
    allowed = f"gpg.ssh.allowedSignersFile={tmp_path / 'signers'}"
    run("git", "-c", "gpg.format=ssh", "-c", allowed, "tag", "-v", tag, cwd=tmp_path / "elsewhere.git")
    assert b"BEGIN SSH SIGNATURE" in receipt.content
    assert keep(pushing, a_ledger(5)).content == receipt.content
    with pytest.raises(Refused, match="another checkpoint"):
        keep(git, a_ledger(5, first=1))


def test_a_remote_that_is_away_is_said(tmp_path: Path) -> None:
    repository = a_repository(tmp_path / "repository")
    run("git", "remote", "add", "audit", tmp_path / "gone.git", cwd=repository)
    with pytest.raises(Unavailable, match="tags"):
        keep(GitTagAnchor("tags", repository, key=tmp_path / "id", remote="audit"), a_ledger(5))


@pytest.fixture
def witness(tmp_path: Path) -> Iterator[WitnessAnchor]:
    folder = WitnessFolder(tmp_path / "witness")
    key = folder.start("witness.example/w1").key
    folder.add_log(read_verifier(a_ledger().key))
    with witnessing(tmp_path / "witness") as url:
        yield WitnessAnchor("witness", url, key=key)


def test_a_witness_cosigns_what_continues_and_refuses_rollback_and_fork(tmp_path: Path, witness: WitnessAnchor) -> None:
    key = read_key((tmp_path / "witness" / "witness.pub").read_text().strip())
    for size in (5, 5, 9, 300):
        note = read_note(keep(witness, a_ledger(size)).content)
        assert note.cosigned_by(key) is not None
        assert note.signed_by(read_key(a_ledger().key))
    with pytest.raises(Refused, match="saw 300 entries"):
        keep(witness, a_ledger(9))
    with pytest.raises(Refused, match="422"):
        keep(witness, a_ledger(400, first=2))
    with pytest.raises(Refused, match="409"):
        keep(witness, a_ledger(300, first=2))
    with pytest.raises(Refused, match="404"):
        keep(witness, _named("evil.example/care"))
    kept = WitnessFolder(tmp_path / "witness").newest("acme.example/care")
    assert kept == a_ledger(300).head().note


def _named(origin: str) -> LedgerFake:
    ledger = LedgerFake(origin)
    ledger.append([a_record(1)], recorded_at=NOON)
    return ledger


def test_a_witness_remembers_after_it_was_killed(tmp_path: Path) -> None:
    folder = WitnessFolder(tmp_path / "witness")
    key = folder.start("witness.example/w1").key
    folder.add_log(read_verifier(a_ledger().key))
    with witnessing(tmp_path / "witness") as url:
        keep(WitnessAnchor("witness", url, key=key), a_ledger(9))
    with witnessing(tmp_path / "witness") as url, pytest.raises(Refused, match="saw 9 entries"):
        keep(WitnessAnchor("witness", url, key=key), a_ledger(8))


def test_a_witness_is_made_once_and_one_that_is_away_is_said(tmp_path: Path) -> None:
    folder = WitnessFolder(tmp_path / "witness")
    key = folder.start("witness.example/w1").key
    with pytest.raises(Conflict):
        folder.start("witness.example/w2")
    with pytest.raises(NotFound):
        WitnessFolder(tmp_path / "nobody").key()
    with pytest.raises(Unavailable):
        keep(WitnessAnchor("witness", "http://127.0.0.1:9", key=key), a_ledger())


def test_what_a_witness_remembers_is_held_against_the_logs_key(tmp_path: Path) -> None:
    from careloop.ledger.witness import write_add_checkpoint
    from careloop.workflows.evolve.witness_log import answer_log

    folder = WitnessFolder(tmp_path / "witness")
    key = folder.start("witness.example/w1")
    folder.add_log(read_verifier(a_ledger().key))

    def ask(body: bytes) -> int:
        return answer_log(body, memory=folder, logs=folder.logs(), key=key, time=1).status

    head = a_ledger(5).head()
    assert ask(b"nonsense") == 400
    assert ask(write_add_checkpoint(0, (), head.note)) == 200
    (path,) = (tmp_path / "witness" / "checkpoints").iterdir()
    path.write_text(head.note.replace("\n5\n", "\n4\n"))
    with pytest.raises(Refused, match="not signed"):
        ask(write_add_checkpoint(5, (), head.note))


def test_any_authority_stamps_a_checkpoint_and_openssl_agrees(tmp_path: Path) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    roots, ledger = an_authority(tmp_path / "tsa"), a_ledger()
    with stamping(tmp_path / "tsa") as url:
        receipt = keep(TimestampAnchor("tsa", url, roots=roots), ledger)
    (tmp_path / "note").write_text(ledger.head().note)
    (tmp_path / "reply.tsr").write_bytes(receipt.content)
    said = run("openssl", "ts", "-verify", "-in", tmp_path / "reply.tsr", "-data", tmp_path / "note", "-CAfile", roots)
    assert "Verification: OK" in said


def test_an_export_carries_the_stamp_and_openssl_checks_it_as_the_letter_says(tmp_path: Path) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    roots, ledger = an_authority(tmp_path / "tsa"), a_ledger()
    with stamping(tmp_path / "tsa") as url:
        (done,) = anchor_ledger(clerk(ledger), [TimestampAnchor("tsa", url, roots=roots)])
    assert done.receipt is not None
    note, stamp = ledger.entry(done.receipt.index).record.blobs
    export_ledger(ledger, tmp_path / "export.zip")
    found = verify_export((tmp_path / "export.zip").read_bytes(), trust=read_key(ledger.key))
    assert (found.sound, found.timestamps) == (True, 1)
    shutil.unpack_archive(tmp_path / "export.zip", tmp_path / "export")
    words = ("-in", f"timestamps/{stamp.sha256}.tsr", "-data", f"blobs/{note.sha256}", "-CAfile", roots)
    assert "Verification: OK" in run("openssl", "ts", "-verify", *words, cwd=tmp_path / "export")


def test_a_stamp_that_is_not_over_the_checkpoint_beside_it_is_told(tmp_path: Path) -> None:
    ledger = a_ledger()
    blobs = [
        ledger.put_blob(ledger.head().note.encode(), media="text/x-tlog-checkpoint"),
        ledger.put_blob(b"a stamp over something else", media="application/timestamp-reply"),
    ]
    said: dict[str, Json] = {"anchor": "tsa", "size": 5, "root": ledger.head().root.hex()}
    clerk(ledger).append(clerk(ledger).record("checkpoint.anchored", said, blobs=tuple(blobs)))
    export_ledger(ledger, tmp_path / "export.zip")
    found = verify_export((tmp_path / "export.zip").read_bytes(), trust=read_key(ledger.key))
    assert [problem.kind for problem in found.problems] == [ProblemKind.TIMESTAMP_BAD]


def test_a_stamp_over_something_else_or_by_somebody_else_does_not_count(tmp_path: Path) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    roots, others = an_authority(tmp_path / "tsa"), an_authority(tmp_path / "other")
    with stamping(tmp_path / "tsa", lies=True) as url, pytest.raises(Refused, match="does not hold"):
        keep(TimestampAnchor("tsa", url, roots=roots), a_ledger())
    with stamping(tmp_path / "tsa") as url, pytest.raises(Refused, match="does not hold"):
        keep(TimestampAnchor("tsa", url, roots=others), a_ledger())
    with pytest.raises(Unavailable):
        keep(TimestampAnchor("tsa", "http://127.0.0.1:9", roots=roots), a_ledger())


def test_anchoring_is_recorded_with_what_each_place_gave_back_and_one_failure_stops_no_other(tmp_path: Path) -> None:
    ledger = a_ledger(5)
    anchors = [FileAnchor("gone", tmp_path / "gone" / "anchor"), FileAnchor("disk", tmp_path / "anchor")]
    gone, done = anchor_ledger(clerk(ledger), anchors)
    assert (gone.receipt, gone.refused, done.size) == (None, False, 5)
    record = ledger.entry(5).record
    assert (record.type, record.data["anchor"], record.data["size"]) == ("checkpoint.anchored", "disk", 5)
    assert ledger.get_blob(record.blobs[0].sha256) == (tmp_path / "anchor").read_bytes()
    check_anchors(ledger, anchors[1:])
