"""A bookshop whose people sign their commits: a clone to work in, and the bare repository that they push to."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from careloop import wiring
from careloop.checks.catalogue import Catalogue
from careloop.domain.finding import Finding
from careloop.testing.source_tree_builder import small_repository, write_files
from careloop.wiring.changes import change_history
from careloop.workflows.create.control_change import change_findings

CARE = Path(sys.executable).parent / "care"
DAY = date(2026, 3, 20)
PEOPLE = ("ada-byron", "ben-okri", "cara-diaz", "dan-left", "eve-acting")

_ROLES = """\
owner: ai-lead
reviewed: 2026-03-02
people:
  - {{id: ada-byron, name: Ada Byron, mail: ada-byron@harbour.example, keys: ["{ada-byron}"]}}
  - {{id: ben-okri, name: Ben Okri, mail: ben-okri@harbour.example, keys: ["{ben-okri}"]}}
  - {{id: cara-diaz, name: Cara Diaz, mail: cara-diaz@harbour.example, keys: ["{cara-diaz}"]}}
  - {{id: dan-left, name: Dan Left, mail: dan-left@harbour.example, keys: ["{dan-left}"], left: 2026-01-31}}
  - {{id: eve-acting, name: Eve Acting, mail: eve-acting@harbour.example, keys: ["{eve-acting}"]}}
posts:
  - id: director
    title: Director
    function: top_management
    holders: [ben-okri]
    authorities: [approve_policy, accept_risk]
  - id: ai-lead
    title: AI lead
    function: risk
    holders: [ada-byron, dan-left]
    duties: [aims_conformity, aims_reporting]
  - id: shop-lead
    title: Lead of the shop
    function: product
    acting: {{person: eve-acting, until: 2099-12-31}}
  - id: clerk
    title: Clerk
    function: operations
    holders: [cara-diaz]
escalations:
  - id: ai-risk
    when: An AI risk cannot be settled by its owner.
    steps:
      - {{post: ai-lead, within: P2D}}
      - {{post: director, within: P5D}}
accountable:
  - {{path: "policies/**", post: ai-lead}}
  - {{path: "rules/**", post: ai-lead}}
  - {{path: roles.yaml, post: director}}
  - {{path: "risk/**", post: director}}
  - {{path: "systems/**", post: shop-lead}}
"""

MONITORS = """\
owner: ai-lead
reviewed: 2026-03-02
monitors:
  - id: drift
    kind: drift
    measure: psi
    window: P1W
    reference: evaluation_set
    tolerance: 0.1
    promise: P1Y
    minimum_n: 100
    severity: sev2
    response: page
"""
RECORD = """\
id: {id}
what: A sentence of the AI policy is put more plainly.
why: Readers asked what it means.
impact: Nobody has to act.
approver: director
roll_back: Revert the merge.
touches: ["policies/**", "rules/**"]
"""


@cache
def catalogue() -> Catalogue:
    """The standards that ship, read once."""
    return Catalogue(wiring.standards_library().read_all())


class Said(NamedTuple):
    """How a command ended and what it said."""

    code: int
    out: str

    @property
    def json(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.out)
        return told


class Firm:
    """The shop's repository and its people's keys."""

    usual = "ada-byron"
    """Who works where nobody else is named."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = folder / "shop"
        self.keys = folder / "keys"
        self.keys.mkdir()
        for person in PEOPLE:
            make = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", person, "-f", str(self.keys / person)]
            subprocess.run(make, check=True, capture_output=True)
        public = {person: (self.keys / f"{person}.pub").read_text().strip() for person in PEOPLE}
        files = small_repository() | {
            "roles.yaml": _ROLES.format(**public).encode(),
            "systems/book-finder/monitors.yaml": MONITORS.encode(),
        }
        write_files(self.root, files)
        self.git("init", "-q", "-b", "main")
        self.commit("ada-byron", "Start")

    def mail(self, person: str) -> str:
        """Somebody's mail address, as roles.yaml has it."""
        return f"{person}@harbour.example"

    def environment(self, person: str | None = None) -> dict[str, str]:
        """What git needs to know; nothing of whoever runs the tests."""
        person = person or self.usual
        mail = self.mail(person)
        names = {
            f"GIT_{who}_{what}": value
            for who in ("AUTHOR", "COMMITTER")
            for what, value in (("NAME", person), ("EMAIL", mail))
        }
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "XDG_CACHE_HOME": str(self.folder / "cache"),
            "GIT_CONFIG_NOSYSTEM": "1",
            "LC_ALL": "C.UTF-8",
            "NO_COLOR": "1",
            **names,
        }

    def git(self, *words: str, person: str | None = None, fails: bool = False, at: str | None = None) -> str:
        """Run git as somebody; what it printed, both streams."""
        done = subprocess.run(
            ["git", "-C", str(self.root), *words],
            env={**self.environment(person), **({"GIT_AUTHOR_DATE": at, "GIT_COMMITTER_DATE": at} if at else {})},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode != 0) is fails, done.stdout + done.stderr
        return (done.stdout + done.stderr).strip()

    def signing(self, person: str) -> tuple[str, ...]:
        """Settings with which git signs as somebody."""
        return ("-c", "gpg.format=ssh", "-c", f"user.signingkey={self.keys / person}")

    def write(self, path: str, text: str) -> None:
        write_files(self.root, {path: text.encode()})

    def edit(self, path: str, old: str, new: str) -> None:
        text = (self.root / path).read_text()
        assert old in text, f"{path} does not hold {old!r}"
        self.write(path, text.replace(old, new, 1))

    def commit(
        self, person: str, message: str, *, key: str | None = None, signed: bool = True, at: str | None = None
    ) -> str:
        """Commit all there is (or nothing) as somebody, signed with their key or another's, or not at all."""
        self.git("add", "-A")
        sign = ("-S",) if signed else ("--no-gpg-sign",)
        settings = self.signing(key or person)
        self.git(*settings, "commit", "-q", *sign, "--allow-empty", "-m", message, person=person, at=at)
        return self.git("rev-parse", "HEAD")

    def approve(self, person: str, *, key: str | None = None, signed: bool = True, names: str | None = None) -> str:
        """An empty commit that says who approves."""
        trailer = f"Approved-by: {names or person} <{self.mail(names or person)}>"
        return self.commit(person, f"Approve\n\n{trailer}", key=key, signed=signed)

    def reword(self, person: str = "cara-diaz", **how: Any) -> str:
        """Somebody puts a sentence of the policy more plainly, with the record of it."""
        self.edit("policies/ai-policy.md", "may ask why", "can ask why")
        self.write("changes/plainer.yaml", RECORD.format(id="plainer"))
        return self.commit(person, "Say it plainly", **how)

    def branch(self, name: str = "topic", start: str = "main") -> None:
        self.git("checkout", "-q", "-B", name, start)

    def care(self, *words: str, given: str = "", person: str | None = None) -> Said:
        """Run `care` in the clone."""
        done = subprocess.run(
            [str(CARE), *words], cwd=self.root, env=self.environment(person), input=given,
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert "Traceback" not in done.stderr, done.stderr
        return Said(done.returncode, done.stdout + done.stderr if done.returncode > 1 else done.stdout)

    def lacks(self, head: str = "HEAD", *, on: date | None = DAY) -> dict[str, Finding]:
        """What a change lacks before it may be merged into main: rule and file to the finding."""
        source, history = wiring.repository_source(self.root), change_history(self.root)
        found = change_findings(source, history, ("main", head), catalogue=catalogue(), on=on)
        return {f"{one.rule} {one.place.file}": one for one in found}

    def bare(self, *words: str) -> Path:
        """The repository that people push to, with the hook."""
        where = self.folder / "shop.git"
        subprocess.run(["git", "clone", "-q", "--bare", str(self.root), str(where)], check=True, env=self.environment())
        self.git("remote", "add", "origin", str(where))
        said = self.care("hook", "install", str(where), *words)
        assert said.code == 0, said.out
        return where
