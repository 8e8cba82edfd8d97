"""Acme in a real git repository, with real SSH keys for its people, and the `care` command as they type it."""

import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from shutil import copytree
from typing import Any

import yaml

from careloop.cli.main import run

ACME = Path(__file__).resolve().parents[2] / "examples" / "acme"
SYSTEM = "credit-decision"
DATA = f"sha256:{sha256(b'census').hexdigest()}"
APPROVERS = ("marta-kowalska", "grace-liu")
"""Head of model risk, and head of lending compliance in New York: two posts that may approve releases."""


@dataclass(frozen=True)
class Said:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.out)
        return found


@dataclass
class Acme:
    """The repository, and where the private keys of its people lie."""

    root: Path
    keys: Path
    measured_at: datetime = field(default_factory=lambda: datetime.now(UTC) - timedelta(hours=1))

    @classmethod
    def founded(cls, folder: Path) -> "Acme":
        """A copy of the example whose people have keys that we hold, committed by the product owner."""
        copytree(ACME, folder / "acme")
        made = cls(folder / "acme", folder / "keys")
        made.keys.mkdir()
        made.give_keys()
        subprocess.run(["git", "init", "-q", "-b", "main", str(made.root)], check=True)
        made.commit("daniel.osei@acme.example")
        made.write("models/credit-decision/weights.json", '{"income": 1.5}\n')
        return made

    def give_keys(self) -> None:
        """Real keys, and their public halves in roles.yaml."""
        path = self.root / "roles.yaml"
        text = path.read_text()
        for person in yaml.safe_load(text)["people"]:
            for old in person.get("keys", ()):
                text = text.replace(old, self.key(person["id"]).with_suffix(".pub").read_text().strip())
        path.write_text(text)

    def key(self, person: str) -> Path:
        """The private key of a person, made on first use."""
        path = self.keys / person
        if not path.exists():
            command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", person, "-f", str(path)]
            subprocess.run(command, check=True, capture_output=True)
            path.with_name(f"{person}.pub").rename(path.with_suffix(".pub"))
        return path

    def write(self, path: str, text: str) -> None:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)

    def edit(self, path: str, old: str, new: str) -> None:
        text = (self.root / path).read_text()
        assert old in text, f"{path} does not hold {old!r}"
        self.write(path, text.replace(old, new, 1))

    def commit(self, mail: str) -> None:
        """Commit the governed documents, by the hand of somebody."""
        who = {"GIT_AUTHOR_NAME": mail, "GIT_COMMITTER_NAME": mail, "GIT_AUTHOR_EMAIL": mail}
        env = {**os.environ, **who, "GIT_COMMITTER_EMAIL": mail, "GIT_CONFIG_GLOBAL": os.devnull}
        git = ["git", "-C", str(self.root)]
        subprocess.run([*git, "add", "--", ":!models", "."], check=True, env=env, capture_output=True)
        subprocess.run([*git, "commit", "-q", "-m", "A change"], check=True, env=env)

    def care(self, *words: str) -> Said:
        """Type a command in the repository."""
        return care(*words, "--repo", str(self.root))

    def locked(self, name: str = "lock.json", **options: str) -> str:
        """Lock the model as it lies there and return the digest."""
        out = self.keys.parent / name
        extra = [word for key, value in options.items() for word in (f"--{key}", value)]
        said = self.care(
            "release",
            "lock",
            SYSTEM,
            "--artifact",
            str(self.root / "models/credit-decision"),
            "--out",
            str(out),
            *extra,
        )
        assert said.code == 0, said.err
        return said.out.splitlines()[-1]

    def results(self, lock: str, outcomes: Mapping[str, str] | None = None, **values: float) -> Path:
        """A results file for a lock: good, but for the outcomes and values given."""
        said = {
            "impact_ratio": "shown_safe",
            "membership_advantage": "shown_safe",
            "importance_stability": "shown_safe",
        }
        rows: list[dict[str, Any]] = [
            {
                "measure": measure,
                "value": values.get(measure, 0.9),
                "interval": None,
                "n": 4102,
                "groups": {},
                "outcome": outcome,
            }
            for measure, outcome in (said | dict(outcomes or {})).items()
        ]
        fields = {"system": SYSTEM, "lock": lock, "data_digest": DATA, "config_digest": DATA}
        path = self.keys.parent / "results.json"
        measured = {"measured_at": self.measured_at.isoformat(), "results": rows}
        path.write_text(json.dumps(fields | measured))
        return path

    def gate(self, lock: str, results: Path, *words: str) -> Said:
        """Ask the gate, as the product owner's pipeline does."""
        asked = ["gate", SYSTEM, "--release", lock, "--results", str(results), "--requester", "daniel-osei"]
        return self.care(*asked, "--format", "json", *words)

    def validated(self, lock_file: str = "lock.json") -> None:
        """The independent validator signs a report."""
        report = self.keys.parent / "report.md"
        report.write_text("# MV-2026-09\nNo finding.\n")
        until = (datetime.now(UTC) + timedelta(days=90)).date().isoformat()
        words = ["--report", str(report), "--until", until, "--key", str(self.key("tomas-okafor"))]
        said = self.care("release", "validate", str(self.keys.parent / lock_file), *words)
        assert said.code == 0, said.err

    def approve(self, request: str, person: str, *words: str) -> Said:
        return self.care("approve", request, "--key", str(self.key(person)), "--reason", "Read the report.", *words)

    def record(self, lock: str, *words: str) -> Said:
        return self.care("release", "record", lock, "--format", "json", *words)


def care(*words: str) -> Said:
    """The `care` command, in this process: its exit code and what it printed."""
    out, err = io.StringIO(), io.StringIO()
    before = sys.argv
    sys.argv = ["care", *words]
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            run()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    else:
        code = 0
    finally:
        sys.argv = before
    return Said(code, out.getvalue(), err.getvalue())
