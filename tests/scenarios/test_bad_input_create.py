"""Mistakes in what Create is made of, through the real command: exit code, place, remedy, word for word (R2-R29).

Each is an edit of the example. What is said about it is kept in tests/golden/bad-input, so that a change of wording
shows in a diff; `CARELOOP_WRITE_GOLDEN=1` writes the files anew, to be read before they are committed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from acme_releases import SYSTEM, Acme

GOLDEN = Path(__file__).parents[1] / "golden" / "bad-input"
CREDIT = f"systems/{SYSTEM}"
Edit = Callable[[Acme], None]


@dataclass(frozen=True)
class Mistake:
    """An edit, the command that must tell, its exit code, and what the telling is found by."""

    edit: Edit
    exit_code: int
    says: str
    command: tuple[str, ...] = ("check",)
    remedy: str = "mend: "


def swap(path: str, old: str, new: str) -> Edit:
    return lambda acme: acme.edit(path, old, new)


def add(path: str, text: str) -> Edit:
    return lambda acme: acme.write(path, ((acme.root / path).read_text() if (acme.root / path).exists() else "") + text)


def drop_control(acme: Acme) -> None:
    text = (acme.root / "controls.yaml").read_text()
    start = text.index('  - control: "iso42001:2023/A.2.3"')
    acme.write("controls.yaml", text[:start] + text[text.index("  - control:", start + 5) :])


def retain(acme: Acme) -> None:
    path = "risk/register/credit-drift.yaml"
    acme.edit(path, "  option: modify", "  option: retain")
    text = (acme.root / path).read_text()
    acme.write(path, re.sub(r"  (accepted|interim): .*\n", "", text))


def holding(words: str) -> Edit:
    """The card's section on out-of-scope use says nothing but these words."""

    def edit(acme: Acme) -> None:
        path, title = f"{CREDIT}/card.md", "### Out-of-Scope Use"
        text = (acme.root / path).read_text()
        start = text.index(title)
        acme.write(path, f"{text[:start]}{title}\n\n{words}\n{text[text.index(chr(10) + '## ', start) :]}")

    return edit


def departed(acme: Acme) -> None:
    acme.edit("roles.yaml", "    holders: [marta-kowalska]", "    holders: [tobias-richter]")


def claimed(acme: Acme) -> None:
    acme.edit(f"{CREDIT}/card.md", "  results: [", "  claims: [{measure: impact_ratio, value: 0.97}]\n  results: [")
    acme.commit("daniel.osei@acme.example")


RULE = """
  - id: acme-release-tested
    sentence: A release is tested now and then.
    subject: release
    moment: release
    require: size(release.results) >= 0
    severity: should
    remedy: test it
    tightens: results-present
    cases:
      - {name: never, facts: {release: {results: []}}, expect: allow}
"""
CIRCLE = """\
owner: responsible-ai-lead
actions:
  - {id: own.train, title: Train the officers, owner: people-lead, days: 5, after: [own.hire]}
  - {id: own.hire, title: Hire the officers, owner: people-lead, days: 5, after: [own.train]}
"""
POLICY = "policies/ai-policy.md"
MISTAKES = {
    "37-controls": Mistake(drop_control, 1, "[soa-complete]"),
    "37-controls-no-statement": Mistake(drop_control, 1, "[soa-complete]", ("soa",)),
    "empty-justification": Mistake(
        swap("controls.yaml", 'justification: "Laws on AI changed', 'justification: "" # "Laws on AI changed'),
        2,
        "[bad-value]",
    ),
    "treatment-counts-on-an-excluded-control": Mistake(
        swap("risk/register/credit-drift.yaml", "iso42001:2023/A.6.2.6", "iso42001:2023/A.10.4"),
        1,
        "[credit-applicable]",
    ),
    "retained-above-appetite-without-approval": Mistake(retain, 1, "[retain-within-appetite]"),
    "accepted-by-a-post-without-authority": Mistake(
        swap("risk/register/credit-drift.yaml", "accepted: {by: chief-risk-officer", "accepted: {by: product-credit"),
        1,
        "[acceptance-designated]",
    ),
    "borne-for-a-while-by-a-post-without-authority": Mistake(
        swap("risk/register/credit-drift.yaml", "interim: {by: chief-executive", "interim: {by: chief-risk-officer"),
        1,
        "[acceptance-designated]",
    ),
    "two-accountable-posts": Mistake(
        swap(
            "roles.yaml", "  - {path: roles.yaml,", "  - {path: roles.yaml, post: model-risk}\n  - {path: roles.yaml,"
        ),
        1,
        "[accountable-once]",
    ),
    "a-departed-person-holds-a-post": Mistake(
        departed, 0, "model-risk: Nobody who has left", ("status",), remedy="chief-executive"
    ),
    "an-escalation-loop": Mistake(
        swap("roles.yaml", "{post: chief-risk-officer, within: PT4H}", "{post: platform-operations, within: PT4H}"),
        1,
        "[escalation-ends]",
    ),
    "circular-actions": Mistake(add("aims/roadmap.yaml", CIRCLE), 2, "aims/roadmap.yaml:", ("gap",)),
    "a-rule-about-an-unknown-field": Mistake(
        swap("rules/lending.yaml", "system.safe_state.kind ==", "system.safe_state.kin =="),
        2,
        "[rule-expression]",
    ),
    "a-tier-rule-about-an-unknown-field": Mistake(
        swap("risk/criteria.yaml", "when: system.affects_rights\n", "when: system.affects_right\n"),
        2,
        "[rule-expression]",
    ),
    "a-statement-without-rule-or-manual": Mistake(
        add(POLICY, "\n99.1 Somebody should think of something.\n"), 1, "[statement-linked]"
    ),
    "a-card-that-says-todo": Mistake(holding("TODO"), 1, "out-of-scope use is there and says nothing"),
    "a-card-with-more-information-needed": Mistake(
        holding("[More Information Needed]"), 1, "out-of-scope use is there and says nothing"
    ),
    "a-figure-on-the-card-that-the-last-run-does-not-show": Mistake(
        claimed, 1, "the card says that impact_ratio is 0.97", ("gate",), remedy="correct the figure"
    ),
    "a-local-rule-that-loosens-a-global-one": Mistake(add("rules/lending.yaml", RULE), 1, "[rule-tightens]"),
    "an-attestation-that-ends-before-it-begins": Mistake(
        lambda acme: acme.edit("suppliers/helix-cloud.yaml", _expires(acme), "expires: 2020-01-01"),
        2,
        "is before issued",
    ),
    "a-policy-in-effect-before-it-was-approved": Mistake(
        swap("policies/charter.md", "effective: 2026-07-01", "effective: 2026-06-01"),
        2,
        "is before approved",
    ),
    "a-risk-accepted-before-it-was-assessed": Mistake(
        swap(
            "risk/register/credit-drift.yaml",
            "accepted: {by: chief-risk-officer, on: 2026-09-18",
            "accepted: {by: chief-risk-officer, on: 2026-09-01",
        ),
        1,
        "before it was assessed",
    ),
    "a-review-that-is-still-to-come": Mistake(
        swap("risk/criteria.yaml", "reviewed: 2026-06-29", "reviewed: 2026-12-24"),
        1,
        "[review-past]",
        ("check", "--on", "2026-11-20"),
    ),
    "a-system-in-neither-list-of-the-scope": Mistake(
        swap(
            "care.yaml", "  boundaries:\n", "  systems_included: [credit-decision, support-assistant]\n  boundaries:\n"
        ),
        1,
        "[scope-complete]",
    ),
    "an-objective-on-a-metric-that-is-none": Mistake(
        swap("objectives.yaml", "metric: M8", "metric: M88"), 2, "there is no metric 'M88'"
    ),
    "a-likelihood-off-the-scale": Mistake(
        swap("risk/register/credit-drift.yaml", "likelihood: 4", "likelihood: 9"), 1, "[scale-respected]"
    ),
}


def _expires(acme: Acme) -> str:
    found = re.search(r"expires: \d{4}-\d{2}-\d{2}", (acme.root / "suppliers/helix-cloud.yaml").read_text())
    assert found is not None
    return found[0]


def told(acme: Acme, mistake: Mistake) -> tuple[int, str]:
    """Exit code, and the telling: the line that says it with the indented lines below, free of what varies."""
    if mistake.command == ("gate",):
        results = str(acme.results(acme.locked()))
        lock = str(acme.keys.parent / "lock.json")
        said = acme.care("gate", SYSTEM, "--release", lock, "--results", results, "--requester", "daniel-osei")
    else:
        said = acme.care(*mistake.command)
    lines = (said.out + said.err).splitlines()
    at = next((number for number, line in enumerate(lines) if mistake.says in line), None)
    assert at is not None, said.out + said.err
    block = [lines[at]]
    for line in lines[at + 1 :]:
        if not line.startswith(("    ", "  next")):
            break
        block.append(line)
    text = "\n".join(block) + "\n"
    return said.code, re.sub(r"\d+\.\d s$", "… s", re.sub(re.escape(str(acme.root)), "ACME", text), flags=re.MULTILINE)


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_in_create_is_told_with_exit_code_place_and_remedy(name: str, tmp_path: Path) -> None:
    acme, mistake = Acme.founded(tmp_path), MISTAKES[name]
    mistake.edit(acme)
    code, said = told(acme, mistake)
    golden = GOLDEN / f"{name}.txt"
    if os.environ.get("CARELOOP_WRITE_GOLDEN"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(said, encoding="utf-8")
    assert code == mistake.exit_code, said
    assert mistake.remedy in said
    assert said == golden.read_text(encoding="utf-8")


def test_every_golden_text_belongs_to_a_mistake() -> None:
    assert {path.stem for path in GOLDEN.glob("*.txt")} == set(MISTAKES)


def test_somebody_who_left_cannot_approve_a_release(tmp_path: Path) -> None:
    """R20: through `care approve`, with a good key that is listed for them."""
    acme = Acme.founded(tmp_path)
    key = acme.key("tobias-richter").with_suffix(".pub").read_text().strip()
    mail = "    mail: tobias.richter@acme.example\n"
    acme.edit("roles.yaml", mail, f'{mail}    keys: ["{key}"]\n')
    departed(acme)
    acme.commit("daniel.osei@acme.example")
    acme.locked()
    acme.validated()
    request = acme.gate(str(acme.keys.parent / "lock.json"), acme.results(acme.locked())).json["request"]
    said = acme.approve(request["digest"] if isinstance(request, dict) else request, "tobias-richter")
    assert said.code == 1
    assert "tobias-richter left on 2026-09-30" in said.err
