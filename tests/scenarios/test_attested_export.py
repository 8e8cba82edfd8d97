"""What a release rests on leaves the house as signed statements: results, approvals and the summary (R10, R39)."""

import base64
import json
from pathlib import Path

from acme_releases import APPROVERS, Acme

from care_verify.container import open_container
from care_verify.export import verify_export
from care_verify.notes import read_key
from careloop.gates.attestations import APPROVAL, TEST_RESULT, VERIFICATION_SUMMARY


def test_an_export_proves_results_approvals_and_summary_of_a_release(tmp_path: Path) -> None:
    acme = Acme.founded(tmp_path)
    lock = acme.locked()
    acme.validated()
    request = acme.gate(str(tmp_path / "lock.json"), acme.results(lock)).json["request"]
    for person in APPROVERS:
        assert acme.approve(request, person).code == 0
    assert acme.record(lock).code == 0
    assert acme.care("ledger", "export", "--out", str(tmp_path / "export.zip")).code == 0
    archive = (tmp_path / "export.zip").read_bytes()
    key = (acme.root / ".care" / "ledger.pub").read_text().strip()
    found = verify_export(archive, trust=read_key(key))
    assert (found.problems, found.sound, found.attestations, found.foreign) == ((), True, 4, ())
    members = open_container(archive)
    said = [
        json.loads(base64.b64decode(json.loads(content or b"")["payload"]))
        for name, content in members.items()
        if name.endswith(".dsse.json")
    ]
    assert sorted(one["predicateType"] for one in said) == sorted(
        [TEST_RESULT, APPROVAL, APPROVAL, VERIFICATION_SUMMARY]
    )
    approvals = [one for one in said if one["predicateType"] == APPROVAL]
    assert {one["predicate"]["person"] for one in approvals} == set(APPROVERS)
    assert {one["subject"][0]["digest"]["sha256"] for one in said} == {lock.removeprefix("sha256:")}
    pems = [name for name in members if name.startswith("keys/")]
    assert len(pems) == 1
    assert members["ledger.pub"] != members[pems[0]]
