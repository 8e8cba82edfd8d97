"""SEMANTICS 32, R39, R41: a wait at the gate is taken up again, and the answer is written in every format CI reads."""

import json
import threading
import time
from pathlib import Path

from acme_releases import APPROVERS, SYSTEM, Acme
from junitparser import JUnitXml


def waiting(folder: Path) -> tuple[Acme, str]:
    """A validated release that waits for two people, and its request."""
    acme = Acme.founded(folder)
    lock = acme.locked()
    acme.validated()
    said = acme.gate(str(folder / "lock.json"), acme.results(lock))
    assert said.code == 3, said.out
    return acme, str(said.json["request"])


def test_a_request_is_answered_without_its_files_and_ends_in_allow(tmp_path: Path) -> None:
    acme, request = waiting(tmp_path)
    size = acme.care("ledger", "verify", "--format", "json").json["size"]
    said = acme.care("gate", "--request", request[:20], "--format", "json")
    assert (said.code, said.json["decision"], said.json["request"]) == (3, "wait", request)
    assert acme.care("ledger", "verify", "--format", "json").json["size"] == size, "asking again records nothing"
    for person in APPROVERS:
        assert acme.approve(request, person).code == 0
    assert acme.care("gate", "--request", request).code == 0


def test_an_approval_ends_the_wait_while_it_lasts(tmp_path: Path) -> None:
    acme, request = waiting(tmp_path)
    assert acme.approve(request, APPROVERS[0]).code == 0
    files = {"junit": tmp_path / "out/gate.xml", "sarif": tmp_path / "out/gate.sarif"}

    def agree() -> None:
        time.sleep(1)
        acme.approve(request, APPROVERS[1])

    other = threading.Thread(target=agree)
    other.start()
    told = [word for form, file in files.items() for word in ("--report", f"{form}={file}")]
    said = acme.care("gate", "--request", request, "--wait", "--timeout", "PT2M", "--every", "PT1S", *told)
    other.join()
    assert said.code == 0, said.out + said.err
    suites = JUnitXml.fromfile(str(files["junit"]))
    assert (suites.failures, suites.errors) == (0, 0)
    assert json.loads(files["sarif"].read_text())["runs"][0]["invocations"][0]["exitCode"] == 0


def test_when_the_time_is_up_the_exit_code_says_wait(tmp_path: Path) -> None:
    acme, request = waiting(tmp_path)
    said = acme.care("gate", "--request", request, "--wait", "--timeout", "PT1S", "--every", "PT1S")
    assert (said.code, "waiting up to" in said.err) == (3, True)


def test_a_change_of_what_was_locked_turns_the_wait_into_a_block(tmp_path: Path) -> None:
    acme, request = waiting(tmp_path)
    acme.write("models/credit-decision/weights.json", '{"income": 9.9}\n')
    said = acme.care("gate", "--request", request, "--wait", "--format", "github")
    assert said.code == 1
    assert said.out.startswith(f"::error file=systems/{SYSTEM}/system.yaml,line=1,col=1,title=approval::")
    assert "the request is void" in said.out


def test_words_that_do_not_go_together_are_refused(tmp_path: Path) -> None:
    acme = Acme.founded(tmp_path)
    for words, why in (
        (("gate",), "no system is named"),
        (("gate", SYSTEM, "--request", "sha256:1"), "--request says all"),
        (("gate", "--request", "sha256:12345678", "--report", "pdf=x"), "is not FORMAT=FILE"),
        (("gate", "--request", "sha256:12345678", "--report", "sarif"), "is not FORMAT=FILE"),
        (("gate", SYSTEM, "--release", "x", "--wait", "--timeout", "soon"), "is no duration"),
    ):
        said = acme.care(*words)
        assert (said.code, why in said.err) == (2, True), said.err
