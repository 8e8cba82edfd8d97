"""One mistake for each structural check: an edit of Acme that it must find, and where it must find it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from careloop.domain.source_tree import SourceTree, StrayLink

__all__ = ["STRUCTURAL_CASES", "StructuralCase", "replaced"]

CREDIT = "systems/credit-decision/system.yaml"
CARD = "systems/credit-decision/card.md"
ADULT = "systems/credit-decision/data/adult-census.yaml"
_CHATBOTS = """\
id: acme/chatbots@1
title: Chatbots
source: Our own question
scoring: {method: sum}
maxima: {raw: 3, mitigation: 0}
levels:
  - {id: low, title: low}
  - {id: high, title: high, above: 0.5}
sections:
  - id: advice
    title: What it tells people
    questions:
      - id: medical
        text: Does it give advice on health?
        side: risk
        options: [{id: "yes", text: "Yes", weight: 3}, {id: "no", text: "No"}]
"""


@dataclass(frozen=True)
class StructuralCase:
    """An edit, and the finding that must come of it."""

    edit: Callable[[SourceTree], SourceTree]
    file: str
    says: str
    """Part of the message."""
    on: date | None = None


def replaced(tree: SourceTree, path: str, old: str, new: str) -> SourceTree:
    """The tree with the first occurrence of a text in one file replaced; the text must be there."""
    text = tree.files[path].decode()
    assert old in text, f"{path} no longer holds {old!r}"
    return replace(tree, files={**tree.files, path: text.replace(old, new, 1).encode()})


def _swap(path: str, old: str, new: str) -> Callable[[SourceTree], SourceTree]:
    return lambda tree: replaced(tree, path, old, new)


def _without(path: str, *, prefix: bool = False) -> Callable[[SourceTree], SourceTree]:
    def edit(tree: SourceTree) -> SourceTree:
        kept = {
            name: raw for name, raw in tree.files.items() if not (name.startswith(path) if prefix else name == path)
        }
        assert len(kept) < len(tree.files)
        return replace(tree, files=kept)

    return edit


def _added(path: str, text: str) -> Callable[[SourceTree], SourceTree]:
    return lambda tree: replace(tree, files={**tree.files, path: text.encode()})


def _rule(name: str, require: str, *more: str) -> str:
    """A local rule file with one rule that tightens nothing and has a case that fails."""
    lines = [
        "rules:",
        f"  - id: {name}",
        "    sentence: A system is what somebody wants it to be.",
        "    subject: system",
        "    moment: change",
        f"    require: {require}",
        "    severity: should",
        "    remedy: change it",
        *more,
    ]
    return "\n".join(lines) + "\n"


_FAILING_CASE = (
    "    cases:",
    "      - name: a system without users",
    "        facts: {system: {users: []}}",
    "        expect: violate",
)


def _link_out(tree: SourceTree) -> SourceTree:
    return replace(tree, links=(StrayLink("policies/shared.md", "/elsewhere/shared.md", outside=True),))


def _server_with_a_persons_key(tree: SourceTree) -> SourceTree:
    key = next(line for line in tree.files["roles.yaml"].decode().splitlines() if "ssh-ed25519" in line)
    line = key.partition('["')[2].partition('"')[0]
    return replaced(tree, "care.yaml", "stores:\n", f'sessions: {{vouched_by: ["{line}"]}}\nstores:\n')


def _statement_without_rule(tree: SourceTree) -> SourceTree:
    path = "policies/ai-policy.md"
    text = tree.files[path].decode() + "\n99.1 Somebody should think of something.\n"
    return replace(tree, files={**tree.files, path: text.encode()})


def _scope_of_nothing(text: str) -> str:
    """care.yaml with an empty list of what the scope includes."""
    lines = text.split("\n")
    start = next(number for number, line in enumerate(lines) if line.startswith("  included:"))
    end = next(n for n in range(start + 1, len(lines)) if not lines[n].startswith(("    ", "  -")))
    return "\n".join([*lines[:start], "  included: []", *lines[end:]])


def _credit_excluded(tree: SourceTree) -> SourceTree:
    path = "risk/register/credit-drift.yaml"
    lines = tree.files[path].decode().split("\n")
    spot = next(number for number, line in enumerate(lines) if "control:" in line)
    before, _, after = lines[spot].partition("iso42001:2023/")
    kept = after.lstrip("A.0123456789")
    lines[spot] = f"{before}iso42001:2023/A.10.4{kept}"
    return replace(tree, files={**tree.files, path: "\n".join(lines).encode()})


def _off_scale(tree: SourceTree) -> SourceTree:
    path = "risk/register/credit-drift.yaml"
    lines = tree.files[path].decode().split("\n")
    spot = next(number for number, line in enumerate(lines) if line.startswith("likelihood:"))
    lines[spot] = "likelihood: 9"
    return replace(tree, files={**tree.files, path: "\n".join(lines).encode()})


def _unreasoned(text: str) -> str:
    return re.sub(r"justification: .*", "justification: TODO", text, count=1)


STRUCTURAL_CASES: Mapping[str, StructuralCase] = {
    "reference-exists": StructuralCase(
        _swap(CREDIT, "owner: product-credit", "owner: product-kredit"), CREDIT, "did you mean 'product-credit'"
    ),
    "statement-linked": StructuralCase(_statement_without_rule, "policies/ai-policy.md", "statement 99.1"),
    "rule-linked": StructuralCase(
        _added("rules/stray.yaml", _rule("stray-rule", "size(system.users) > 0", *_FAILING_CASE)),
        "rules/stray.yaml",
        "no policy statement names the rule 'stray-rule'",
    ),
    "rule-tested": StructuralCase(
        _added("rules/stray.yaml", _rule("stray-rule", "size(system.users) > 0")), "rules/stray.yaml", "stray-rule"
    ),
    "rule-cases": StructuralCase(
        _added("rules/stray.yaml", _rule("stray-rule", "size(system.users) >= 0", *_FAILING_CASE)),
        "rules/stray.yaml",
        "a system without users",
    ),
    "rule-tightens": StructuralCase(
        _added(
            "rules/stray.yaml",
            _rule("stray-rule", "size(system.users) > 0", "    tightens: card-present", *_FAILING_CASE),
        ),
        "rules/stray.yaml",
        "card-present",
    ),
    "size-guard": StructuralCase(
        _added("rules/stray.yaml", _rule("stray-rule", "system.users.all(u, u != '')")), "rules/stray.yaml", "empty"
    ),
    "link-inside": StructuralCase(_link_out, "policies/shared.md", "out of the repository"),
    "document-placed": StructuralCase(
        _added("systems/credit-decision/monitor.yaml", "monitors: []\n"),
        "systems/credit-decision/monitor.yaml",
        "no document of this name is known",
    ),
    "soa-complete": StructuralCase(
        _swap("controls.yaml", "iso42001:2023/A.2.2", "iso42001:2023/4.1"), "controls.yaml", "A.2.2 is not decided"
    ),
    "scope-complete": StructuralCase(
        lambda tree: replace(
            tree, files={**tree.files, "care.yaml": _scope_of_nothing(tree.files["care.yaml"].decode()).encode()}
        ),
        "care.yaml",
        "the scope includes nothing",
    ),
    "reason-stated": StructuralCase(
        lambda tree: replace(
            tree, files={**tree.files, "controls.yaml": _unreasoned(tree.files["controls.yaml"].decode()).encode()}
        ),
        "controls.yaml",
        "iso42001:2023/A.2.2 is decided without a reason: TODO",
    ),
    "accountable-once": StructuralCase(
        _swap(
            "roles.yaml",
            '  - {path: "rules/**", post: model-risk}',
            '  - {path: "rules/**", post: model-risk}\n  - {path: "rules/**", post: product-credit}',
        ),
        "roles.yaml",
        "two accountable posts",
    ),
    "escalation-ends": StructuralCase(
        _swap("roles.yaml", "      - {post: chief-executive, within: PT24H}\n", ""),
        "roles.yaml",
        "not with top management",
    ),
    "session-key-apart": StructuralCase(_server_with_a_persons_key, "care.yaml", "is a key of anna-lindqvist too"),
    "credit-applicable": StructuralCase(
        _credit_excluded, "risk/register/credit-drift.yaml", "which controls.yaml says does not apply"
    ),
    "acceptance-designated": StructuralCase(
        _swap("risk/register/credit-drift.yaml", "accepted: {by: chief-risk-officer", "accepted: {by: product-credit"),
        "risk/register/credit-drift.yaml",
        "'product-credit' is not designated to accept a risk of level medium",
    ),
    "scale-respected": StructuralCase(_off_scale, "risk/register/credit-drift.yaml", "no point of the scale"),
    "module-known": StructuralCase(
        _swap("care.yaml", '  monitors: "on"', '  montors: "off"'), "care.yaml", "did you mean 'monitors'?"
    ),
    "card-complete": StructuralCase(
        _swap(CARD, "\n## Human Oversight\n", "\n## Human Oversight\n\nTODO\n\n## Something else\n"),
        CARD,
        "human oversight",
    ),
    "triggered-assessed": StructuralCase(
        _without("systems/credit-decision/impact/assessment-2026.yaml"), CREDIT, "calls for an impact assessment"
    ),
    "tier-justified": StructuralCase(_swap(CREDIT, "tier: very_high", "tier: low"), CREDIT, "the criteria give"),
    "provenance-chained": StructuralCase(
        _swap(
            ADULT,
            "provenance:\n",
            f"provenance:\n  - {{step: Taken over, by: A, on: 2026-02-16, takes: [sha256:{'ab' * 32}]}}\n",
        ),
        ADULT,
        "the chain is broken: 'Taken over' takes sha256:abababababab…, which no step of any data set made",
    ),
    "data-sheet-filled": StructuralCase(
        _swap(ADULT, "licence: CC-BY-4.0", "licence: TBD"), ADULT, "licence says nothing: TBD"
    ),
    "answers-fit": StructuralCase(
        _swap("assessments/credit-decision.yaml", "  rollback:", "  rolback:"),
        "assessments/credit-decision.yaml",
        "the questionnaire asks no question 'rolback'; did you mean 'rollback'?",
    ),
    "answers-approved": StructuralCase(
        _swap("assessments/credit-decision.yaml", "approved: {by: responsible-ai-lead, on: 2026-09-16}\n", ""),
        CREDIT,
        "credit-decision is in use, and the answers in assessments/credit-decision.yaml are not approved",
    ),
    "questionnaire-sound": StructuralCase(
        _added("questionnaires/chatbots.yaml", _CHATBOTS.replace("raw: 3", "raw: 4")),
        "questionnaires/chatbots.yaml",
        "4",
    ),
    "supplier-answered": StructuralCase(
        _swap("suppliers/lumen-language.yaml", "assurance: 0.78", "assurance: 0.9"),
        "suppliers/lumen-language.yaml",
        "assurance 0.9 is more than the 0.78 that assessments/lumen-language.yaml gives",
    ),
    "tier-answered": StructuralCase(
        _swap(CREDIT, "tier: very_high", "tier: medium"),
        CREDIT,
        "the tier is medium, and the answers in assessments/credit-decision.yaml reach high",
    ),
    "review-past": StructuralCase(lambda tree: tree, "policies/charter.md", "is still to come", on=date(2020, 1, 1)),
}
"""Structural check to its case."""
