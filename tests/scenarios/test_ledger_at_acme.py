"""Acme's ledger: records appended and counted by hand; a pipeline that uses the server's, and finds it shut."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from shutil import copytree, ignore_patterns
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from acme_releases import SYSTEM, care
from care_rooms import CARE
from served import Visitor
from web_office import Founded, Office, founded, open_office

from careloop.adapters.http_ledger import HttpLedger
from careloop.adapters.http_line import HttpLine
from careloop.errors import InvalidInput, NotFound, Refused, Unavailable
from careloop.ledger.note import read_verifier
from careloop.testing.contracts.ledger import NOON, a_record

ADDRESS = "http://127.0.0.1:{}/api/v1/ledger"
OBSERVED = '{"type": "incident.opened", "data": {"system": "credit-decision", "severity": "low"}}\n'


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Founded:
    return founded(tmp_path_factory.mktemp("founded"))


@pytest.fixture(scope="module")
def office(template: Founded, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with open_office(template, tmp_path_factory.mktemp("office")) as made:
        yield made


def token(office: Office, *scopes: str) -> str:
    visitor = office.visitor("niamh-byrne")
    made = visitor.post("/account/tokens/", form_of="/account/", name="pipeline", scopes=list(scopes), days="30")
    assert made.status == 302, made.text
    return visitor.get("/account/").found(r'care-once">(care_[^<]+)<')


def key_of(office: Office, secret: str) -> str:
    asked = Request(ADDRESS.format(office.port) + "/key", headers={"Authorization": f"Bearer {secret}"})
    with urlopen(asked) as answer:
        return str(answer.read().decode().strip())


def remote(office: Office, secret: str, seen: Path) -> HttpLedger:
    return HttpLedger(
        HttpLine(ADDRESS.format(office.port), token=secret), read_verifier(key_of(office, secret)), seen=seen
    )


def a_runner(office: Office, folder: Path, **environment: str) -> tuple[Path, dict[str, str]]:
    """A checkout of Acme's repository without its ledger, and an environment that names the server's."""
    root = copytree(office.acme.root, folder / "checkout", ignore=ignore_patterns(".care"))
    return root, {**os.environ, "CARELOOP_LEDGER": ADDRESS.format(office.port), **environment}


def typed(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(CARE), *words], env=environment, capture_output=True, text=True, check=False)


def test_a_pipeline_reads_and_appends_through_the_server_and_each_answer_is_proven(
    office: Office, tmp_path: Path
) -> None:
    secret = token(office, "record")
    ledger = remote(office, secret, tmp_path / "seen")
    before = ledger.size()
    blob = ledger.put_blob(b"a report", media="text/plain")
    receipt = ledger.append([a_record(1, blobs=(blob,))], recorded_at=NOON)[0]
    assert receipt.index == before
    assert receipt.recorded_at > NOON
    assert ledger.append([a_record(1, blobs=(blob,))], recorded_at=NOON)[0] == receipt
    assert ledger.get_blob(blob.sha256) == b"a report"
    assert ledger.entry(receipt.index).record == a_record(1, blobs=(blob,))
    assert [e.index for e in ledger.query(subject="systems/credit-decision", actor=("https://id.acme.example", "ada"))]
    assert [e.index for e in ledger.entries(0, ledger.size())] == list(range(before + 1))
    assert "incident.opened" in office.types()
    with pytest.raises(NotFound):
        ledger.get_blob("0" * 64)
    with pytest.raises((InvalidInput, NotFound)):
        ledger.prove(0, before + 5)


def test_tokens_open_what_their_scope_says(office: Office, tmp_path: Path) -> None:
    reads, gates = token(office, "read"), token(office, "gate")
    assert remote(office, reads, tmp_path / "seen").size() > 0
    with pytest.raises(Unavailable, match="does not let us in"):
        remote(office, reads, tmp_path / "seen").append([a_record(50)], recorded_at=NOON)
    with pytest.raises(HTTPError, match="401"):
        key_of(office, gates)
    standing = {
        "type": "release.standing",
        "data": {"system": SYSTEM, "lock": "l", "environment": "production", "request": "r"},
    }
    (tmp_path / "standing.json").write_text(json.dumps(standing))
    root, environment = a_runner(office, tmp_path, CARELOOP_LEDGER_TOKEN=token(office, "record"))
    environment["CARELOOP_LEDGER_KEY"] = key_of(office, reads)
    said = typed(environment, "ledger", "append", str(tmp_path / "standing.json"), "--repo", str(root))
    assert said.returncode == 1
    assert "not appended by hand" in said.stderr
    with pytest.raises(Refused, match=r"may not append policy\.in_force"):
        _append_policy(office, token(office, "record", "release"), tmp_path)
    assert "policy.in_force" not in office.types()


def _append_policy(office: Office, secret: str, folder: Path) -> None:
    record = replace(a_record(60), type="policy.in_force", data={"commit": "0" * 40})
    remote(office, secret, folder / "seen").append([record], recorded_at=NOON)


def test_the_gate_of_a_runner_decides_by_the_servers_ledger_and_records_there(office: Office, tmp_path: Path) -> None:
    secret = token(office, "record")
    root, environment = a_runner(office, tmp_path, CARELOOP_LEDGER_TOKEN=secret)
    environment["CARELOOP_LEDGER_KEY"] = key_of(office, secret)
    kept = office.acme.keys.parent
    results = json.loads((kept / "results.json").read_text())

    def gate() -> subprocess.CompletedProcess[str]:
        (tmp_path / "results.json").write_text(json.dumps(results))
        words = ("--release", str(kept / "lock.json"), "--results", str(tmp_path / "results.json"), "--format", "json")
        return typed(environment, "gate", SYSTEM, *words, "--repo", str(root))

    known = gate()
    assert (known.returncode, json.loads(known.stdout)["request"]) == (3, office.request), known.stderr
    results["results"][0]["value"] = 0.95
    before = office.types().count("gate.decision")
    fresh = gate()
    assert (fresh.returncode, json.loads(fresh.stdout)["decision"]) == (3, "wait"), fresh.stderr
    assert json.loads(fresh.stdout)["request"] != office.request
    assert office.types().count("gate.decision") == before + 1
    environment["CARELOOP_LEDGER"] = "http://127.0.0.1:9/api/v1/ledger"
    shut = gate()
    assert (shut.returncode, json.loads(shut.stdout)["decision"]) == (1, "block")
    assert "out of reach" in shut.stdout
    assert not (root / ".care" / "ledger.sqlite").exists()


def test_a_runner_without_the_key_or_with_another_is_told(office: Office, tmp_path: Path) -> None:
    root, environment = a_runner(office, tmp_path, CARELOOP_LEDGER_TOKEN=token(office, "read"))
    said = typed(environment, "ledger", "show", "--repo", str(root))
    assert (said.returncode, "without its public key" in said.stderr) == (1, True)
    environment["CARELOOP_LEDGER_KEY"] = "other/care+b4aaed42+AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    assert typed(environment, "ledger", "show", "--repo", str(root)).returncode != 0
    said = typed(environment, "ledger", "verify", "--repo", str(root))
    assert (said.returncode, "verified where it lies" in said.stderr) == (1, True)


def test_somebody_who_asks_without_a_token_learns_nothing(office: Office) -> None:
    for path in ("head", "key", "proven?start=0&end=1", "blobs/" + "0" * 64):
        assert Visitor(office.port).get(f"/api/v1/ledger/{path}").status == 401


# --- by hand, in one folder -------------------------------------------------------------------------------------------


@pytest.fixture
def root(tmp_path: Path) -> Path:
    said = care("init", str(tmp_path / "firm"), "--owner", "Ada Byron <ada@example.org>")
    assert said.code == 0, said.err
    return tmp_path / "firm"


def test_records_are_appended_followed_and_counted(root: Path, tmp_path: Path) -> None:
    (tmp_path / "r.jsonl").write_text(OBSERVED * 2)
    said = care("ledger", "append", str(tmp_path / "r.jsonl"), "--repo", str(root), "--format", "json")
    assert [one["index"] for one in json.loads(said.out)["receipts"]] == [0, 1]
    care("ledger", "append", str(tmp_path / "r.jsonl"), "--source", "nightly", "--repo", str(root))
    beat = care("ledger", "heartbeat", "nightly", "--every", "3600", "--repo", str(root))
    assert (beat.code, beat.out.startswith("entry 4: ")) == (0, True)
    shown = care("ledger", "tail", "-n", "2", "--repo", str(root), "--format", "json")
    assert [json.loads(line)["index"] for line in shown.out.splitlines()] == [3, 4]
    stats = care("ledger", "stats", "--repo", str(root), "--format", "json")
    found = json.loads(stats.out)
    assert (stats.code, found["size"], found["types"]) == (0, 5, {"incident.opened": 4, "source.heartbeat": 1})
    assert [(one["source"], one["last_seq"], one["silent_s"]) for one in found["sources"]] == [("nightly", 3, None)]
    assert care("ledger", "fsck", "--repo", str(root)).code == 0


def test_what_waits_and_what_is_missing_makes_the_check_fail(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "r.jsonl").write_text(OBSERVED)
    append = ("ledger", "append", str(tmp_path / "r.jsonl"), "--source", "nightly", "--repo", str(root))
    assert care(*append).code == 0
    monkeypatch.setenv("CARELOOP_LEDGER", "sqlite:nowhere/at/all.sqlite")
    (root / "nowhere").write_text("a file where a folder belongs")
    said = care(*append)
    assert (said.code, "kept for later, 1 wait" in said.out) == (0, True)
    monkeypatch.delenv("CARELOOP_LEDGER")
    fsck = care("ledger", "fsck", "--repo", str(root))
    assert (fsck.code, "care ledger drain nightly" in fsck.out) == (1, True)
    assert "1 record" in care("ledger", "drain", "nightly", "--repo", str(root)).out
    assert care("ledger", "fsck", "--repo", str(root)).code == 0
    (root / ".care" / "spool" / "nightly.seq").write_text("9")
    care(*append)
    stats = care("ledger", "stats", "--repo", str(root))
    assert (stats.code, "7 of 10 records never came: 3-9" in stats.out) == (1, True)


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        ('{"typ": "x"}', 2, "line 1: Object contains unknown field `typ`"),
        ('{"type": "policy.in_force", "data": {"commit": "c"}}', 1, "policy.in_force is not appended by hand"),
    ],
)
def test_what_is_not_appended_is_said_and_nothing_is_recorded(
    root: Path, tmp_path: Path, content: str, code: int, said: str
) -> None:
    (tmp_path / "r.jsonl").write_text(OBSERVED + content if code == 1 else content)
    done = care("ledger", "append", str(tmp_path / "r.jsonl"), "--repo", str(root))
    assert (done.code, said in done.err) == (code, True)
    assert care("ledger", "append", str(tmp_path / "none.jsonl"), "--repo", str(root)).code == 2
    assert not (root / ".care" / "ledger.sqlite").exists()


def test_damage_comes_with_advice(root: Path, tmp_path: Path) -> None:
    (tmp_path / "r.jsonl").write_text(OBSERVED * 3)
    care("ledger", "append", str(tmp_path / "r.jsonl"), "--repo", str(root))
    (root / ".care" / "anchor").unlink()
    said = care("ledger", "fsck", "--repo", str(root))
    assert said.code == 1
    assert "missing_anchor: put the anchor file back" in said.out
    found = json.loads(care("ledger", "fsck", "--repo", str(root), "--format", "json").out)
    assert [one["kind"] for one in found["problems"]] == ["missing_anchor"]
