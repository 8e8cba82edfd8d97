"""The ledger of acme is kept honest by its commands: anchors, witness, recovery, new keys, erasure, holds (R51)."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from acme_releases import Acme, Said, care

from care_verify.export import verify_export
from care_verify.findings import State
from care_verify.notes import read_key
from careloop.ledger.disclosure import commit
from careloop.ports.ledger import Record
from careloop.wiring import trust
from careloop.workflows.evolve.erase_personal import append_personal

NAME = commit("customer", "Jane Doe of Main Street", salt=b"\x01" * 16)
DISK = "anchors:\n  - {id: disk, kind: file, at: ../disk/anchor}\n"


@pytest.fixture
def acme(tmp_path: Path) -> Acme:
    """Acme with an anchor on another disk, somebody who may erase, and one decision in its ledger."""
    made = Acme.founded(tmp_path)
    (tmp_path / "disk").mkdir()
    made.write("care.yaml", (made.root / "care.yaml").read_text() + DISK + "retention:\n  incident.opened: P1D\n")
    made.edit("roles.yaml", "[approve_release, approve_thresholds,", "[erase, approve_release, approve_thresholds,")
    made.commit("daniel.osei@acme.example")
    made.locked()
    made.gate(str(tmp_path / "lock.json"), made.results("sha256:" + "0" * 64))
    return made


def with_personal(acme: Acme) -> int:
    """An incident with the name of a customer; its index."""
    with trust.clerk_for(acme.root) as clerk, trust.personal_values(acme.root) as values:
        said: Record = clerk.record("incident.opened", {"system": "credit-decision", "severity": "low"})
        return append_personal(clerk, values, said, [NAME]).index


def exported(acme: Acme, *words: str) -> bytes:
    out = acme.keys / "export.zip"
    said = acme.care("ledger", "export", "--out", str(out), *words)
    assert said.code == 0, said.err
    return out.read_bytes()


def signed(acme: Acme, *words: str) -> Said:
    return acme.care("ledger", *words, "--key", str(acme.key("marta-kowalska")))


def test_a_ledger_behind_its_anchor_refuses_every_command_that_rests_on_it(acme: Acme) -> None:
    assert acme.care("ledger", "anchor").code == 0
    yesterday = shutil.copytree(acme.root / ".care", acme.keys / "yesterday")
    for _ in range(2):
        said = acme.care("ledger", "anchor", "--format", "json")
        assert (said.code, [one["refused"] for one in said.json["anchors"]]) == (0, [False])
    shutil.rmtree(acme.root / ".care")
    shutil.copytree(yesterday, acme.root / ".care")
    lock = str(acme.keys.parent / "lock.json")
    for words in (
        ("ledger", "show"),
        ("ledger", "anchor"),
        ("ledger", "export", "--out", str(acme.keys / "x.zip")),
        ("gate", "credit-decision", "--release", lock, "--requester", "daniel-osei"),
        ("release", "standing", "credit-decision"),
    ):
        said = acme.care(*words)
        assert said.code == 1, words
        assert "anchor disk proves" in said.err
        assert "care ledger recover" in said.err
    assert not (acme.keys / "x.zip").exists()


def test_a_loss_is_accepted_only_when_it_is_said_and_then_openly(acme: Acme) -> None:
    acme.care("ledger", "anchor")
    old = (acme.root / ".care" / "ledger.pub").read_text().strip()
    before = shutil.copytree(acme.root / ".care", acme.keys / "before")
    acme.care("ledger", "anchor")
    for name in ("ledger.sqlite", "ledger.sqlite-wal", "ledger.sqlite-shm"):
        (acme.root / ".care" / name).unlink(missing_ok=True)
        if (before / name).exists():
            shutil.copy(before / name, acme.root / ".care" / name)
    assert acme.care("ledger", "show").code == 1
    assert acme.care("ledger", "recover", "--reason", "disk").code == 2
    said = acme.care("ledger", "recover", "--accept-loss", "--reason", "The disk lost its cache")
    assert said.code == 0, said.err
    shown = acme.care("ledger", "show", "--type", "ledger.forked", "--format", "json").json["entries"]
    assert [one["data"]["reason"] for one in shown] == ["The disk lost its cache"]
    archive = exported(acme)
    assert not verify_export(archive, trust=read_key(old)).sound
    assert verify_export(archive, trust=read_key(shown[0]["data"]["to"])).sound
    assert acme.care("ledger", "anchor").code == 0


def test_a_loss_that_only_another_disk_knows_of_is_accepted_openly_too(acme: Acme) -> None:
    acme.care("ledger", "anchor")
    yesterday = shutil.copytree(acme.root / ".care", acme.keys / "yesterday")
    for _ in range(2):
        acme.care("ledger", "anchor")
    shutil.rmtree(acme.root / ".care")
    shutil.copytree(yesterday, acme.root / ".care")
    assert acme.care("ledger", "show").code == 1
    said = acme.care("ledger", "recover", "--accept-loss", "--reason", "Restored from yesterday")
    assert said.code == 0, said.err
    (fork,) = acme.care("ledger", "show", "--type", "ledger.forked", "--format", "json").json["entries"]
    assert fork["data"]["anchor_size"] == 3
    assert acme.care("ledger", "anchor").code == 0
    assert [path.name for path in (acme.root.parent / "disk").glob("anchor.until-*")] == ["anchor.until-3"]
    again = acme.care("ledger", "recover", "--accept-loss", "--reason", "Once more")
    assert (again.code, "no loss" in again.err) == (2, True)


def test_a_new_key_is_followed_by_exports_anchors_and_verification(acme: Acme) -> None:
    acme.care("ledger", "anchor")
    old = (acme.root / ".care" / "ledger.pub").read_text().strip()
    said = acme.care("ledger", "rotate", "--reason", "Yearly")
    assert said.code == 0, said.err
    assert acme.care("ledger", "anchor").code == 0
    assert acme.care("ledger", "verify").code == 0
    assert acme.care("ledger", "verify", "--trust", old).code == 0
    stranger = "acme-retail-group-se/care/dev" + read_key(old).text.partition("/dev")[2].replace("A", "B", 1)
    assert acme.care("ledger", "verify", "--trust", stranger).code in (1, 2)
    for key in (old, (acme.root / ".care" / "ledger.pub").read_text().strip()):
        found = verify_export(exported(acme), trust=read_key(key))
        assert (found.problems, found.sound) == ((), True)


def test_a_person_with_the_authority_erases_a_value_and_nobody_else(acme: Acme) -> None:
    index = with_personal(acme)
    before = verify_export(exported(acme))
    assert (before.sound, before.records[index].state) == (True, State.PROVEN)
    withheld = verify_export(exported(acme, "--without-personal"))
    assert (withheld.sound, withheld.records[index].because) == (True, "customer withheld")
    words = ("ledger", "redact", str(index), "--reason", "GDPR Art. 17")
    refused = acme.care(*words, "--key", str(acme.key("daniel-osei")))
    assert (refused.code, "erase" in refused.err) == (1, True)
    done = signed(acme, *words[1:])
    assert done.code == 0, done.err
    found = verify_export(exported(acme))
    assert found.sound
    assert found.records[index].because.startswith("customer erased by record")
    record = acme.care("ledger", "show", "--type", "ledger.redacted", "--format", "json").json["entries"][0]
    assert (record["actor"]["sub"], record["data"]["fields"]) == ("marta-kowalska", ["customer"])
    assert record["data"]["statement"]["action"] == "redact"


def test_no_file_of_the_ledger_ever_holds_the_value_and_after_erasure_no_file_at_all(acme: Acme) -> None:
    index = with_personal(acme)

    def holding() -> set[str]:
        files = (path for path in (acme.root / ".care").rglob("*") if path.is_file())
        return {path.name for path in files if b"Jane Doe" in path.read_bytes()}

    assert holding() == {"personal.sqlite"}
    assert signed(acme, "redact", str(index), "--reason", "GDPR Art. 17").code == 0
    assert holding() == set()


def test_a_hold_is_listed_stops_erasure_and_is_let_go(acme: Acme) -> None:
    index = with_personal(acme)
    assert signed(acme, "hold", "--entry", str(index), "--reason", "Court case").code == 0
    listed = acme.care("ledger", "hold", "--format", "json").json["holds"]
    assert [(one["scope"], one["reason"]) for one in listed] == [(f"entry {index}", "Court case")]
    refused = signed(acme, "redact", str(index), "--reason", "GDPR Art. 17")
    assert (refused.code, "Court case" in refused.err) == (1, True)
    released = signed(acme, "hold", "--release", listed[0]["id"], "--reason", "Closed")
    assert (released.code, "0 legal holds" in released.out) == (0, True)
    assert signed(acme, "redact", str(index), "--reason", "GDPR Art. 17").code == 0


def test_what_is_not_yet_past_its_time_is_kept(acme: Acme) -> None:
    with_personal(acme)
    said = acme.care("ledger", "retain", "--dry-run", "--format", "json")
    assert (said.code, said.json["erasures"]) == (0, [])


def test_a_witness_by_command_line_knows_its_logs(acme: Acme, tmp_path: Path) -> None:
    folder, key = str(tmp_path / "w1"), str(acme.root / ".care" / "ledger.pub")
    assert care("witness", "init", folder, "--name", "witness.example/w1").code == 0
    assert care("witness", "init", folder, "--name", "witness.example/w2").code == 1
    assert care("witness", "add-log", folder, key).code == 0
    assert care("witness", "add-log", folder, "nonsense").code == 2
    assert "nothing cosigned yet" in care("witness", "show", folder).out


def test_no_leaf_holds_a_mail_address_or_the_full_name_of_a_person(acme: Acme) -> None:
    acme.validated()
    people = {"Kowalska, Marta", "Marta Kowalska", "Daniel Osei", "Tomas Okafor"}
    with closing(sqlite3.connect(acme.root / ".care" / "ledger.sqlite")) as db:
        bodies = [bytes(body).decode() for (body,) in db.execute("SELECT CAST(body AS BLOB) FROM entry")]
    assert len(bodies) >= 2
    assert [body for body in bodies if "@acme.example" in body or any(name in body for name in people)] == []
