"""The bank of story S1: Acme before its charter, its tiers, its decisions about controls and its credit model."""

from __future__ import annotations

import subprocess
from pathlib import Path
from shutil import copytree

import yaml
from acme_releases import ACME
from change_rooms import Firm

from careloop.testing.source_tree_builder import write_files

__all__ = ["CREDIT", "WEIGHTS", "Bank"]

CREDIT = "credit-decision"
CRITERIA = "risk/criteria.yaml"
_CREATED = ("policies", "rules", "training", "aims")
"""Folders whose documents the bank writes in Create, beside its objectives, its decisions, tiers and reviewers."""
WEIGHTS = f"models/{CREDIT}/weights.json"
LAWS = ("laws/eu-ai-act.yaml", "laws/gdpr.yaml")
REVIEW = """\
change_control:
  records: block
  reviews:
    - id: systems-that-matter
      paths: ["systems/**"]
      tier: high
      functions: [legal, security, product, risk]
      at_least: 3
"""
RECORD = """\
id: {id}
what: {what}
why: {why}
impact: Nobody else has to act.
approver: {approver}
roll_back: Revert the merge.
touches: ["policies/**", "rules/**"]
"""


class Bank(Firm):
    """The example without what the story brings; everybody's keys are ours."""

    usual = "aoife-kelly"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = folder / "bank"
        self.keys = folder / "keys"
        self.keys.mkdir()
        copytree(ACME, self.root)
        self._people = {one["id"]: one for one in yaml.safe_load((self.root / "roles.yaml").read_text())["people"]}
        self._give_keys()
        self._forget_what_is_to_come()
        self.git("init", "-q", "-b", "main")
        self.commit("aoife-kelly", "The management system as it was")

    def mail(self, person: str) -> str:
        return str(self._people[person]["mail"])

    def _give_keys(self) -> None:
        """Real keys, and their public halves in roles.yaml."""
        text = (self.root / "roles.yaml").read_text()
        for name, person in self._people.items():
            for old in person.get("keys", ()):
                text = text.replace(old, self._key(name))
            if not person.get("keys"):
                mail = f"    mail: {person['mail']}\n"
                text = text.replace(mail, f'{mail}    keys: ["{self._key(name)}"]\n', 1)
        (self.root / "roles.yaml").write_text(text)

    def _key(self, person: str) -> str:
        """The public half of a key made for somebody."""
        make = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", person, "-f", str(self.keys / person)]
        subprocess.run(make, check=True, capture_output=True)
        return (self.keys / f"{person}.pub").read_text().strip()

    def _forget_what_is_to_come(self) -> None:
        """No charter, no tiers, no decisions, no credit system, and nothing that speaks of it."""
        gone = [*self.created_documents(), *self.credit_documents(), "drills/credit-biased-decisions.yaml"]
        gone += [f"assessments/{name}.yaml" for name in (CREDIT, f"{CREDIT}-eu")]
        for path in gone:
            (self.root / path).unlink()
        for path in (*LAWS, "suppliers/helix-cloud.yaml"):
            self.edit(path, f"[{CREDIT}, ", "[")
        text = (self.root / CRITERIA).read_text()
        self.write(CRITERIA, text[: text.index("tiers:")])

    @staticmethod
    def created_documents() -> list[str]:
        """Paths of what the bank writes in Create."""
        found = [path for folder in _CREATED for path in (ACME / folder).glob("*.*")]
        more = ["objectives.yaml", "controls.yaml", "risk/register/unlisted-ai.yaml"]
        return sorted([*(path.relative_to(ACME).as_posix() for path in found), *more])

    @staticmethod
    def credit_documents() -> list[str]:
        """Paths of all that the example says about the credit system."""
        found = [*(ACME / "systems" / CREDIT).rglob("*.*"), *(ACME / "risk" / "register").glob("credit-*.yaml")]
        return sorted(path.relative_to(ACME).as_posix() for path in found if path.is_file())

    def take(self, *paths: str) -> None:
        """Write documents as the example has them."""
        write_files(self.root, {path: (ACME / path).read_bytes() for path in paths})

    def publish_charter(self) -> None:
        """Legal writes the charter, the tiers and the review on a branch, with the record of why."""
        self.branch("charter")
        self.take(*self.created_documents(), CRITERIA)
        self.write("care.yaml", (self.root / "care.yaml").read_text() + REVIEW)
        what, why = "A charter, risk tiers and a cross-functional review.", "People ask what they can expect."
        record = RECORD.format(id="charter", what=what, why=why, approver="responsible-ai-lead")
        self.write("changes/charter.yaml", record)
        self.commit("lena-hartmann", "Publish the AI charter, set risk tiers, review systems that matter")

    def merge(self, branch: str, person: str) -> str:
        """Merge as a host does for a pull request: one signed merge commit by somebody."""
        self.git("checkout", "-q", "main")
        self.git(*self.signing(person), "merge", "-q", "--no-ff", "-S", "-m", f"Merge {branch}", branch, person=person)
        return self.git("rev-parse", "main")

    def status(self) -> dict[str, str]:
        """Requirement to its status, by the documents as they lie there and the ledger."""
        rows = self.care("status", "--format", "json").json["requirements"]
        return {row["id"].removeprefix("iso42001:2023/"): row["status"] for row in rows}
