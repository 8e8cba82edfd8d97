"""Acme as a company in one folder: a git repository with signed commits, people with keys, models, traffic, a registry.

Every act goes through the workflow that the `care` command of the same name calls; only the clock is the story's.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path

from careloop import wiring
from careloop.cli.demo.adult import Applicant
from careloop.cli.demo.evaluation import SYSTEM, EvaluationTerms, evaluate, results_bytes
from careloop.cli.demo.models import CreditModel, save_model
from careloop.cli.demo.traffic import TrafficTerms, day_events
from careloop.documents.event_batch import BatchRow
from careloop.domain.decision import GateAnswer
from careloop.domain.event_report import IngestReport
from careloop.domain.release_lock import ArtefactKind, ReleaseLock
from careloop.errors import Unavailable
from careloop.workflows.run.approve_release import approve_release
from careloop.workflows.run.decide_release import GateQuestion, decide_release
from careloop.workflows.run.deploy_release import Deployed, deploy_release
from careloop.workflows.run.enter_safe_state import Place
from careloop.workflows.run.give_approval import ApprovalAsk, Approved
from careloop.workflows.run.ingest_events import ingest_events
from careloop.workflows.run.lock_release import ArtefactClaim, LockAsk, lock_release
from careloop.workflows.run.record_release import RecordAsk, Recorded, record_release
from careloop.workflows.run.release_desk import ReleaseDesk, read_governance
from careloop.workflows.run.release_records import a_person
from careloop.workflows.run.validate_release import ValidationAsk, validate_release
from careloop.workflows.run.watch_desk import OpenWatch, hands_of, open_watch
from careloop.workflows.run.watch_system import WatchReport, watch_system

__all__ = ["APPROVERS", "PLACE", "REQUESTER", "Candidate", "Company", "after"]

REQUESTER = "daniel-osei"
"""Product owner for credit: asks for releases and commits changes, and so approves none."""
VALIDATOR = "tomas-okafor"
APPROVERS = ("marta-kowalska", "grace-liu")
"""Head of model risk, and head of lending compliance in New York: two posts that may approve releases."""
PLACE = Place(system=SYSTEM, environment="production")


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A model on its way to production: the model, its lock, and the results it came with."""

    model: CreditModel
    lock: ReleaseLock
    results: bytes


@dataclass(frozen=True, slots=True)
class Company:
    """The folder, and everything that people do in it."""

    root: Path

    # --- git and keys -------------------------------------------------------------------------------------------

    def found(self, at: datetime) -> None:
        """Copy the example, give its people keys of their own, and make the first signed commit."""
        for tool in ("git", "ssh-keygen"):
            if shutil.which(tool) is None:
                raise Unavailable(f"the demonstration needs `{tool}`", hint="install git and OpenSSH")
        wiring.examples().copy("acme", self.root)
        (self.root / ".gitignore").write_text(".care/\nmodels/\n", encoding="utf-8")
        roles = self.root / "roles.yaml"
        text = roles.read_text(encoding="utf-8")
        for person in (REQUESTER, VALIDATOR, *APPROVERS):
            text = _with_key(text, person, self.key(person).with_suffix(".pub").read_text(encoding="utf-8").strip())
        roles.write_text(text, encoding="utf-8")
        with (self.root / "care.yaml").open("a", encoding="utf-8") as file:  # who may approve by a session: by review
            file.write(f'sessions: {{vouched_by: ["{wiring.session_key(self.root).line()}"]}}\n')
        self._git("init", "-q", "-b", "main", at=at)
        self.commit("Start Acme's AI management system", at)

    def key(self, person: str) -> Path:
        """The private key of a person, made on first use. In life it never leaves the person's own machine."""
        path = self.root / ".care" / "keys" / "people" / person
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            make = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", person, "-f", str(path)]
            subprocess.run(make, check=True, capture_output=True)
            path.with_name(f"{person}.pub").replace(path.with_suffix(".pub"))
        return path

    def commit(self, message: str, at: datetime) -> str:
        """Commit the governed documents, signed by the product owner; returns the commit."""
        self._git("add", "--all", at=at)
        self._git("commit", "-q", "-S", "-m", message, at=at)
        return self._git("rev-parse", "HEAD", at=at)

    def describe(self, version: str, at: datetime) -> None:
        """Say in the model card and the inventory which version they describe, and commit that."""
        folder = self.root / "systems" / SYSTEM
        lines = (folder / "card.md").read_text(encoding="utf-8").split("\n")
        before = next(line for line in lines if line.startswith("version:")).removeprefix("version:").strip()
        if before == version:
            return
        for name in ("card.md", "system.yaml"):
            file = folder / name
            file.write_text(file.read_text(encoding="utf-8").replace(before, version), encoding="utf-8")
        self.commit(f"Card and inventory describe {version}", at)

    def assess_again(self, at: datetime) -> None:
        """Date the impact assessment anew, called for by an incident and approved, and commit that (R11)."""
        file = self.root / "systems" / SYSTEM / "impact" / "assessment-2026.yaml"
        day, text = at.date(), file.read_text(encoding="utf-8")
        text = re.sub(r"(?m)^on: .*$", f"on: {day}", text)
        text = re.sub(r"(?m)^triggered_by: .*$", "triggered_by: [incident]", text)
        text = re.sub(r"(?m)^approved: \{by: (.*), on: .*\}$", rf"approved: {{by: \1, on: {day}}}", text)
        file.write_text(text, encoding="utf-8")
        self.commit("Assess the impact of the credit decision again, after the incidents", at)

    def branch(self, name: str, at: datetime) -> None:
        """Begin a branch, or go back to one."""
        known = self._git("branch", "--list", name, at=at)
        self._git("switch", "-q", *([name] if known else ["-c", name]), at=at)

    def _git(self, *words: str, at: datetime) -> str:
        who = {"NAME": "Daniel Osei", "EMAIL": "daniel.osei@acme.example", "DATE": at.isoformat()}
        hands = {f"GIT_{hand}_{what}": value for hand in ("AUTHOR", "COMMITTER") for what, value in who.items()}
        settings = ["-c", "gpg.format=ssh", "-c", f"user.signingkey={self.key(REQUESTER)}", "-c", "core.hooksPath="]
        command = ["git", "-C", str(self.root), *settings, *words]
        environment = {**os.environ, **hands, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        if done.returncode != 0:
            raise Unavailable(f"git {words[0]} failed: {done.stderr.strip()}")
        return done.stdout.strip()

    # --- releases -----------------------------------------------------------------------------------------------

    @contextmanager
    def _desk(self) -> Iterator[ReleaseDesk]:
        with wiring.release_desk(self.root, {}) as desk:
            yield desk

    def build(self, model: CreditModel, version: str) -> tuple[CreditModel, ReleaseLock]:
        """Save a model below `models/` and lock it."""
        folder = self.root / "models" / SYSTEM / version
        weights, parameters = save_model(model, folder)
        kinds = ((weights, ArtefactKind.WEIGHTS), (parameters, ArtefactKind.PARAMETERS))
        claims = tuple(ArtefactClaim(str(file.relative_to(self.root)), kind) for file, kind in kinds)
        ask = LockAsk(system=SYSTEM, artefacts=claims, parameters=dict(model.parameters), version=version)
        source, history = wiring.repository_source(self.root), wiring.commit_history(self.root)
        return model, lock_release(ask, source=source, code=history, artefacts=wiring.artefacts(self.root, {}))

    def evaluate(
        self,
        built: tuple[CreditModel, ReleaseLock],
        sample: Sequence[Applicant],
        training: Sequence[Applicant],
        at: datetime,
        terms: EvaluationTerms | None = None,
    ) -> Candidate:
        """Test a locked model on rows it was not made of."""
        model, lock = built
        found = evaluate(model, sample, training=training, lock=lock.digest, measured_at=at, terms=terms)
        return Candidate(model=model, lock=lock, results=results_bytes(found))

    def validate(self, candidate: Candidate, at: datetime) -> None:
        """The independent validator signs a report on a release."""
        report = f"# Validation of {candidate.lock.version}\n\nReproduced from data and code. No finding.\n"
        until = (at + timedelta(days=180)).date()
        ask = ValidationAsk(lock=candidate.lock, report=report.encode(), until=until)
        with self._desk() as desk:
            validate_release(ask, desk, wiring.approval_keys(self.root, self.key(VALIDATOR)), at)

    def gate(self, candidate: Candidate, at: datetime) -> GateAnswer:
        """Ask the gate, as the product owner's pipeline does."""
        question = GateQuestion(
            system=SYSTEM,
            lock=candidate.lock,
            results=(candidate.results,),
            environment=PLACE.environment,
            requester=REQUESTER,
        )
        with self._desk() as desk:
            return decide_release(question, desk, at)

    def approve(self, request: str, person: str, reason: str, at: datetime) -> Approved:
        """Somebody approves with the key of their own."""
        ask = ApprovalAsk(request=request, reason=reason)
        with self._desk() as desk:
            return approve_release(ask, desk, wiring.approval_keys(self.root, self.key(person)), at)

    def record(self, candidate: Candidate, at: datetime) -> Recorded:
        """Use the approvals up for a standing."""
        with self._desk() as desk:
            return record_release(RecordAsk(candidate.lock.digest, PLACE.environment), desk, at)

    def deploy(self, candidate: Candidate, at: datetime) -> Deployed:
        """Keep the release in the registry and let it answer."""
        files = {artefact.name: self.root / artefact.name for artefact in candidate.lock.artefacts}
        wiring.file_registry(self.root).artefacts.store(candidate.lock, files)
        with self._desk() as desk, closing(wiring.lake(self.root)) as lake:
            watch_desk = wiring.watch_desk(self.root, desk.ledger, lake)
            hands = hands_of(watch_desk, PLACE, now=at, actor=a_person(REQUESTER))
            return deploy_release(candidate.lock.digest, PLACE, hands, now=at, because="the release plan")

    # --- traffic and what watches it ----------------------------------------------------------------------------

    def serve(self, candidate: Candidate, pool: Sequence[Applicant], day: date, terms: TrafficTerms) -> IngestReport:
        """One day of applications, answered by the model and taken into the lake shortly after midnight."""
        events = day_events(candidate.model, pool, day, terms=replace(terms, release=candidate.lock.digest))
        batch = [BatchRow(at, event) for at, event in enumerate(events)]
        with closing(wiring.lake(self.root)) as lake:
            return ingest_events(batch, wiring.intake(self.root, lake), now=after(day), system=SYSTEM)

    @contextmanager
    def opened(self, now: datetime) -> Iterator[OpenWatch]:
        """The system's monitors with their windows, ready to be looked at."""
        with self._desk() as desk, closing(wiring.lake(self.root)) as lake:
            yield open_watch(read_governance(desk, now), PLACE, wiring.watch_desk(self.root, desk.ledger, lake))

    def watch(self, now: datetime, *, dry_run: bool = False) -> WatchReport:
        """Look once at all monitors, and answer what they show."""
        with self.opened(now) as opened:
            return watch_system(opened.watch, opened.using, now=now, dry_run=dry_run)


def after(day: date) -> datetime:
    """Ten minutes past the midnight that ends a day."""
    return datetime.combine(day + timedelta(days=1), datetime.min.time(), tzinfo=wiring.now().tzinfo) + timedelta(
        minutes=10
    )


def _with_key(text: str, person: str, key: str) -> str:
    """roles.yaml with a person's key replaced."""
    lines = text.split("\n")
    start = next(
        number for number, line in enumerate(lines) if f"id: {person}," in line or line.strip() == f"- id: {person}"
    )
    for number in range(start, min(start + 8, len(lines))):
        before, found, rest = lines[number].partition("ssh-ed25519 ")
        if found:
            old = rest.split('"')[0].split("]")[0].split("}")[0].rstrip()
            lines[number] = f"{before}{key}{rest[len(old) :]}"
            return "\n".join(lines)
    raise Unavailable(f"roles.yaml lists no key for {person}")
