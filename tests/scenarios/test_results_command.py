"""Real tools' reports at Acme's gate, kept as signed statements; a summary that a deploy step checks (R40, R92)."""

import json
from pathlib import Path
from typing import Any

import pytest
from acme_releases import APPROVERS, DATA, SYSTEM, Acme, care

from careloop import wiring
from careloop.gates.attestations import TEST_RESULT, VERIFICATION_SUMMARY
from careloop.ledger.envelope import verify_statement
from careloop.ledger.note import read_verifier

REPORTS = Path(__file__).parents[1] / "golden" / "tool_reports"
NOON = "2026-11-27T12:00:00Z"


@pytest.fixture
def acme(tmp_path: Path) -> Acme:
    return Acme.founded(tmp_path)


def lock_file(acme: Acme) -> str:
    return str(acme.keys.parent / "lock.json")


def statements(acme: Acme) -> list[dict[str, Any]]:
    """Every attested statement, its signature checked by the key that the ledger names."""
    ledger = wiring.open_ledger(acme.root)
    (named,) = ledger.query(type="attestation.key")
    key, log = read_verifier(str(named.record.data["key"])), read_verifier(ledger.key)
    found = []
    for entry in ledger.query(type="attestation"):
        (blob,) = entry.record.blobs
        assert blob.media == "application/vnd.dsse.envelope+json"
        assert blob.sha256 == entry.record.data["envelope"]
        envelope = ledger.get_blob(blob.sha256)
        statement = verify_statement(envelope, [key], log_key=log).statement
        found.append({"type": statement.predicate_type, "subjects": statement.subject, "says": statement.predicate})
    ledger.close()
    return found


def test_a_report_is_taken_in_bound_to_a_release_and_judged_by_the_limits_of_the_repository(acme: Acme) -> None:
    acme.edit(
        f"systems/{SYSTEM}/system.yaml",
        "lifecycle:",
        "evaluation:\n  - {measure: impact_ratio, least: 0.8, min_n: 50}\n"
        "  - {measure: accuracy, least: 0.9}\nlifecycle:",
    )
    acme.commit("daniel.osei@acme.example")
    lock = acme.locked()
    out, fair = acme.keys.parent / "fair.json", REPORTS / "fairlearn-0.15.0-columns.json"
    words = [
        "--system",
        SYSTEM,
        "--lock",
        lock,
        "--data",
        DATA,
        "--config",
        DATA,
        "--measured-at",
        acme.measured_at.isoformat(),
    ]
    said = acme.care("results", "import", str(fair), *words, "--out", str(out))
    assert said.code == 0, said.err
    assert "impact_ratio  0.613, n = 285, 2 groups  (selection_rate.ratio)" in said.out
    assert "(stated at import)" in said.out
    answer = acme.gate(lock_file(acme), out, "--results", str(REPORTS / "scikit-learn-1.9.1-metrics.json"))
    assert answer.code == 1
    messages = [one["message"] for one in answer.json["reasons"]]
    assert any("impact_ratio is shown to be harmful: 0.613, n = 285" in one for one in messages)
    assert any("accuracy cannot be told either way" in one and "on how many rows" in one for one in messages)
    assert any("report of scikit-learn: cannot tell which release was measured" in one for one in messages)
    (kept,) = statements(acme)
    assert kept["type"] == TEST_RESULT
    says = kept["says"]
    assert says["result"] == "FAILED"
    assert says["careloop"]["stated_at_import"] == ["lock", "data_digest", "config_digest", "measured_at"]


def test_the_report_itself_never_enters_the_ledger(acme: Acme) -> None:
    """Prompts and answers in it may be about people; its digest is enough to hold somebody to it."""
    acme.locked()
    report = acme.keys.parent / "promptfoo.json"
    report.write_text((REPORTS / "promptfoo-0.121.20.json").read_text().replace("support-assistant", SYSTEM))
    assert acme.gate(lock_file(acme), report).code == 1
    held = b"".join(path.read_bytes() for path in (acme.root / ".care").glob("ledger.sqlite*"))
    assert b"Where is my parcel" not in held
    assert b"promptfoo" in held


def test_asking_again_attests_nothing_twice(acme: Acme) -> None:
    lock = acme.locked()
    results = acme.results(lock)
    acme.gate(lock_file(acme), results)
    acme.gate(lock_file(acme), results)
    assert [one["type"] for one in statements(acme)] == [TEST_RESULT]


def test_a_recorded_release_has_a_summary_that_a_deploy_step_can_check(acme: Acme) -> None:
    lock = acme.locked()
    results = acme.results(lock)
    acme.gate(lock_file(acme), results)
    acme.validated()
    request = acme.gate(lock_file(acme), results).json["request"]
    for person in APPROVERS:
        assert acme.approve(request, person).code == 0
    vsa, key = acme.keys.parent / "vsa.json", acme.keys.parent / "gate.pub"
    done = acme.record(lock, "--summary", str(vsa))
    assert done.code == 0, done.err
    assert acme.care("release", "key", "--out", str(key)).code == 0
    again = acme.care("release", "summary", lock)
    assert json.loads(again.out) == json.loads(vsa.read_text())
    kinds = [one["type"] for one in statements(acme)]
    assert kinds.count(VERIFICATION_SUMMARY) == 1
    model = str(acme.root / "models/credit-decision")
    terms = ["--summary", str(vsa), "--trust", str(key)]
    good = care(
        "verify-release", model, lock_file(acme), *terms, "--system", SYSTEM, "--max-age", "P1D", "--format", "json"
    )
    assert good.code == 0, good.out
    assert good.json["holds"] is True
    elsewhere = care("verify-release", model, *terms, "--environment", "staging")
    assert (elsewhere.code, "not staging" in elsewhere.out) == (1, True)
    acme.write("models/credit-decision/weights.json", '{"income": 9.9}\n')
    other = care("verify-release", model, *terms)
    assert (other.code, "it is not about" in other.out) == (1, True)
    log_key = care(
        "verify-release", lock_file(acme), "--summary", str(vsa), "--trust", str(acme.root / ".care/ledger.pub")
    )
    assert log_key.code == 1
    vsa.write_bytes(vsa.read_bytes()[:-40])
    assert care("verify-release", lock_file(acme), *terms).code == 2


def test_a_release_that_only_waits_has_no_summary(acme: Acme) -> None:
    lock = acme.locked()
    acme.gate(lock_file(acme), acme.results(lock))
    vsa = acme.keys.parent / "vsa.json"
    assert acme.record(lock, "--summary", str(vsa)).code in (1, 3)
    assert not vsa.exists()
    said = acme.care("release", "summary", lock)
    assert (said.code, "no verification summary" in said.err) == (2, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["mlflow:somewhere"], "name one with --run"),
        (["mlflow:{missing}", "--run", "abc"], "no"),
        (["{missing}"], "there is no file"),
        (["{report}", "--measured-at", "noon"], "is no instant"),
        (["{report}", "--measured-at", "2026-11-27T12:00:00"], "does not say its time zone"),
        (["{report}", "--data", "sha256:abc"], "is no SHA-256"),
        (["{report}", "--lock", "{missing}"], "there is no file"),
    ],
)
def test_wrong_usage_ends_with_two(acme: Acme, words: list[str], said: str) -> None:
    report, missing = REPORTS / "scikit-learn-1.9.1-metrics.json", acme.root / "missing.json"
    typed = [word.format(report=report, missing=missing) for word in words]
    answer = acme.care("results", "import", *typed, "--system", SYSTEM)
    assert (answer.code, said in answer.err) == (2, True), answer.err


def test_a_system_that_nobody_knows_is_not_found(acme: Acme) -> None:
    answer = acme.care("results", "import", str(REPORTS / "scikit-learn-1.9.1-metrics.json"), "--system", "nobody")
    assert (answer.code, "there is no system 'nobody'" in answer.err) == (2, True)
