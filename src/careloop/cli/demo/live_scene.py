"""The pages, served on Acme: a release waits for two people, and what they let through answers live applications."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Final

from careloop import wiring
from careloop.cli.demo.adult import Applicant
from careloop.cli.demo.company import APPROVERS, REQUESTER, Candidate, Company
from careloop.cli.demo.evaluation import SYSTEM
from careloop.cli.demo.models import NEXT, CreditModel, train
from careloop.cli.demo.release_scenes import Plot
from careloop.cli.demo.traffic import TrafficTerms, day_events
from careloop.cli.serve import Listening, prepared
from careloop.domain.decision import Verdict
from careloop.errors import CareloopError, Unavailable
from careloop.sdk.recorder import Recorder

__all__ = ["PEOPLE", "Served", "a_release_waits", "open_pages"]

PEOPLE: Final = (*APPROVERS, REQUESTER, "aoife-kelly", "marek-novak")
"""Who gets an account: two who may approve, the one who asks, the responsible-AI lead, and operations."""
_PATIENCE_S: Final = 60
_A_SECOND: Final = 4
"""Live applications in a second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """The pages as they are reached."""

    address: str
    accounts: dict[str, str] = field(repr=False)
    """Mail address to password."""
    token: str = field(repr=False)
    """Opens the ingest of events."""


def a_release_waits(plot: Plot) -> Candidate:
    """3.4.0 goes to the gate today and waits for two approvals."""
    stage, company, now = plot.stage, plot.company, wiring.now()
    stage.scene("A release waits for people, who will meet it on a page")
    stage.tell("3.4.0 is trained with a stronger penalty and tested on all rows. The safe state answers until then.")
    stage.tell("A severe incident has overtaken the impact assessment, which is made again before anything goes out.")
    company.assess_again(now)
    company.describe("3.4.0", now)
    built = company.build(train(NEXT, plot.pools.training), "3.4.0")
    candidate = company.evaluate(built, plot.pools.evaluation, plot.pools.training, now)
    company.validate(candidate, now)
    answer = company.gate(candidate, now)
    if answer.decision.verdict is not Verdict.WAIT:
        reasons = "; ".join(one.message for one in answer.decision.reasons if one.effect is Verdict.BLOCK)
        raise CareloopError(f"the gate did not wait for people: {answer.decision.verdict.value}: {reasons}")
    stage.show([("warn", f"3.4.0 waits for {answer.decision.lacks} approvals by people of distinct posts")])
    return candidate


@contextmanager
def open_pages(company: Company, candidate: Candidate, pool: Sequence[Applicant], port: int) -> Iterator[Served]:
    """Serve Acme's pages with accounts, a worker, a pipeline that deploys what was approved, and live applications."""
    root = company.root
    listening, token = Listening("127.0.0.1", port), secrets.token_urlsafe(24)
    accounts = _accounts(company)
    environment = {**os.environ, "CARELOOP_INGEST_TOKEN": token}
    command = [
        sys.executable,
        "-c",
        "from careloop.cli.main import run; run()",
        "serve",
        str(root),
        "--port",
        str(port),
    ]
    server = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    stop = threading.Event()
    life = _Life(company, candidate, pool, f"{listening.address}api/v1/events", token, stop)
    thread = threading.Thread(target=life.go_on, name="live", daemon=True)
    try:
        _wait_for(listening.address, server)
        thread.start()
        yield Served(address=listening.address, accounts=accounts, token=token)
    finally:
        stop.set()
        if thread.is_alive():
            thread.join(10)
        server.terminate()
        try:
            server.wait(15)
        except subprocess.TimeoutExpired:
            server.kill()


def _accounts(company: Company) -> dict[str, str]:
    """An account with a password of its own for each of Acme's people, and an administrator."""
    made = prepared(company.root, "administrator@acme.example")
    from careloop.web.accounts.first_run import make_account

    roles = (company.root / "roles.yaml").read_text(encoding="utf-8")
    found = dict([made]) if made is not None else {}
    for person in PEOPLE:
        mail = f"{person.replace('-', '.')}@acme.example"
        if mail not in roles:
            raise CareloopError(f"roles.yaml does not know {mail}")
        found[mail] = secrets.token_urlsafe(9)
        make_account(mail, name=person.replace("-", " ").title(), password=found[mail])
    from django.db import connection

    connection.close()
    return found


def _wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _PATIENCE_S
    while time.monotonic() < until:
        if server.poll() is not None:
            raise Unavailable(f"the server ended at once, with {server.returncode}")
        try:
            with urllib.request.urlopen(f"{address}healthz", timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.2)
    raise Unavailable(f"the server did not answer within {_PATIENCE_S} s")


@dataclass(slots=True)
class _Life:
    """What goes on at Acme while the pages are open."""

    company: Company
    candidate: Candidate
    pool: Sequence[Applicant]
    url: str
    token: str
    stop: threading.Event

    def go_on(self) -> None:
        """Wait for the approvals as a pipeline does, deploy, then answer applicants with the model until the end."""
        while not self.stop.wait(2):
            try:
                if self.company.record(self.candidate, wiring.now()).standing is not None:
                    self.company.deploy(self.candidate, wiring.now())
                    break
            except CareloopError:  # the ledger is busy or the request is gone: a pipeline asks again
                continue
        self._answer(self.candidate.model)

    def _answer(self, model: CreditModel) -> None:
        recorder = Recorder(SYSTEM, self.candidate.lock.digest, url=self.url, token=self.token)
        try:
            for second in count():
                if self.stop.wait(1):
                    return
                for event in _applications(model, self.pool, second, self.candidate.lock.digest):
                    recorder.record("inference", event)
        finally:
            recorder.close()


def _applications(
    model: CreditModel, pool: Sequence[Applicant], second: int, release: str
) -> Iterator[dict[str, object]]:
    """A few applications that arrive now, answered by really running the model."""
    day = (datetime.now(UTC) + timedelta(days=second)).date()  # another day of the generator is other people
    terms = TrafficTerms(release=release, seed=97, rows_a_day=_A_SECOND)
    for event in day_events(model, pool, day, terms=terms):
        told = {key: value for key, value in event.items() if key not in ("id", "system", "release", "kind")}
        yield told | {"occurred_at": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")}
