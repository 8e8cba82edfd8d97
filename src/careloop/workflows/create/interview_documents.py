"""From answers to documents: what was said, what is guessed and marked as such, and nothing that nobody said."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import yaml

from careloop.ports.workspace import Author
from careloop.workflows.create.interview_questions import QUESTIONS, names_in, person_in, slug_of, yes_in
from careloop.workflows.create.starter_documents import starter_documents

__all__ = ["interview_documents", "lead_of"]

_GUESS = "A guess until somebody looks: counted as the worse case."
_POSTS: Mapping[str, Mapping[str, Any]] = {
    "top": {
        "id": "top-management",
        "title": "Top management",
        "function": "top_management",
        "duties": [],
        "authorities": ["approve_policy", "accept_risk"],
    },
    "lead": {
        "id": "responsible-ai-lead",
        "title": "Responsible-AI lead",
        "function": "risk",
        "duties": ["aims_conformity", "aims_reporting", "risk", "impact"],
        "authorities": ["approve_release", "kill", "restore"],
    },
    "legal": {
        "id": "legal-lead",
        "title": "Legal and privacy",
        "function": "legal",
        "duties": ["privacy"],
        "authorities": ["notify_authority"],
    },
    "security": {
        "id": "security-lead",
        "title": "Security",
        "function": "security",
        "duties": ["security"],
        "authorities": ["kill"],
    },
    "data": {
        "id": "data-lead",
        "title": "Data",
        "function": "data",
        "duties": ["data_quality"],
        "authorities": ["approve_dataset"],
    },
    "product": {
        "id": "product-lead",
        "title": "Product",
        "function": "product",
        "duties": ["oversight"],
        "authorities": ["request_release"],
    },
}
"""Post of each question about a person."""
_ALWAYS = ("top", "lead")
"""Posts that every management system has, held or not."""
_PATHS = ("policies/**", "risk/**", "aims/**", "systems/**", "roles.yaml", "controls.yaml")


class _Writer(yaml.SafeDumper):
    """Plain block style, each value in its own place: no anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write a value again wherever it stands."""
        return True


def _written(heading: str, values: Mapping[str, Any]) -> str:
    text = yaml.dump(dict(values), Dumper=_Writer, sort_keys=False, allow_unicode=True, width=110)
    return f"# {heading}\n{text}"


def lead_of(answers: Mapping[str, str]) -> Author | None:
    """Who makes the first commit."""
    found = person_in(answers.get("lead", "")) or person_in(answers.get("top", ""))
    return Author(found[0], found[1] or f"{slug_of(found[0]) or 'nobody'}@example.invalid") if found else None


def interview_documents(answers: Mapping[str, str], today: date) -> Mapping[str, str]:
    """Path to text. What was not answered yet takes the question's default; every text can be read."""
    said = {question.id: answers.get(question.id, str(question.default)) for question in QUESTIONS}
    starter = starter_documents(said["name"], lead_of(answers) or Author("unassigned", ""), today)
    systems = names_in(said["systems"])
    files = {
        **starter,
        "care.yaml": _care(said, today),
        "roles.yaml": _roles(said, today),
        "aims/context.yaml": _context(said, today),
    }
    for number, name in enumerate(systems):
        identity = slug_of(name)
        values = _system(name, said) if number == 0 else _unknown_system(name)
        files[f"systems/{identity}/system.yaml"] = _written(
            "As told in the interview; `care gap` says what is missing.", values
        )
        if number == 0:
            files[f"risk/register/{identity}-worst-case.yaml"] = _risk(name, said, today)
    return files


def _care(said: Mapping[str, str], today: date) -> str:
    outside = [{"what": said["outside"], "reason": "Left out in the interview; nobody has justified it yet."}]
    values: dict[str, Any] = {
        "schema": 1,
        "organisation": {"name": said["name"], "sector": said["sector"], "country": said["country"]},
        "owner": "responsible-ai-lead",
        "top_management": "top-management",
        "time_zone": "UTC",
        "frameworks": ["iso42001:2023"],
        "rule_packs": ["careloop/base@1"],
        "scope": {
            "statement": f"All AI systems that {said['name']} develops, provides or uses.",
            "included": ["all AI systems"],
            "excluded": outside if said["outside"] else [],
            "reviewed": today,
        },
        "phases": [
            {"phase": "create", "owner": "responsible-ai-lead", "every": "P3M", "started": today},
            {"phase": "adapt", "owner": "responsible-ai-lead", "every": "P1M"},
            {"phase": "run", "owner": "responsible-ai-lead", "every": "P1M"},
            {"phase": "evolve", "owner": "top-management", "every": "P3M"},
        ],
    }
    return _written("The root of the AI management system, as told in the interview.", values)


def _roles(said: Mapping[str, str], today: date) -> str:
    people: dict[str, dict[str, Any]] = {}
    posts = [
        {**post, "holders": _holders(said[question], people)}
        for question, post in _POSTS.items()
        if said[question] or question in _ALWAYS
    ]
    steps = [{"post": "responsible-ai-lead", "within": "P2D"}, {"post": "top-management", "within": "P5D"}]
    values = {
        "owner": "responsible-ai-lead",
        "reviewed": today,
        "people": list(people.values()),
        "posts": posts,
        "escalations": [
            {"id": "ai-risk", "when": "An AI risk or incident cannot be settled by its owner.", "steps": steps}
        ],
        "accountable": [{"path": path, "post": "responsible-ai-lead"} for path in _PATHS],
    }
    return _written("Posts and who holds them, as told in the interview.", values)


def _holders(answer: str, people: dict[str, dict[str, Any]]) -> list[str]:
    """Id of the person an answer names, who is noted among the people; nobody for an empty answer."""
    found = person_in(answer)
    if found is None:
        return []
    name, mail = found
    identity = slug_of(name) or f"person-{len(people) + 1}"
    people.setdefault(identity, {"id": identity, "name": name, **({"mail": mail} if mail else {})})
    return [identity]


def _context(said: Mapping[str, str], today: date) -> str:
    purpose = "" if said["purpose"] == "not stated yet" else said["purpose"]
    values = {"owner": "responsible-ai-lead", "reviewed": today, "purpose": purpose or "TODO: say what AI is for here."}
    return _written("What AI is for; list `external` and `internal` issues and decide about `climate` next.", values)


# --- systems ----------------------------------------------------------------------------------------------------------


def _system(name: str, said: Mapping[str, str]) -> dict[str, Any]:
    identity = slug_of(name)
    rights, personal = yes_in(said["rights"]), yes_in(said["personal"])
    tier, reason = _tier(rights=rights, personal=personal)
    never = [] if said["never"] == "not stated yet" else [said["never"]]
    return {
        "id": identity,
        "name": name,
        "owner": "responsible-ai-lead",
        "purpose": said["does"],
        "origin": said["origin"],
        "tier": tier,
        "tier_reason": reason,
        "lifecycle": said["stage"],
        "autonomy": said["last-word"],
        "domain": slug_of(said["domain"]),
        "users": list(names_in(said["users"])),
        "affected": list(names_in(said["affected"])),
        "jurisdictions": [place for place in names_in(said["where"]) if place != "not stated yet"],
        "personal_data": personal,
        "affects_rights": rights,
        "language_model": yes_in(said["language"]),
        "out_of_scope_uses": never,
    }


def _tier(*, rights: bool, personal: bool) -> tuple[str, str]:
    if rights:
        return "high", "It can change somebody's access to money, work, housing, health or public services."
    if personal:
        return "medium", "It uses data about people, and changes nobody's access to anything."
    return "low", "It uses no data about people, and changes nobody's access to anything."


def _unknown_system(name: str) -> dict[str, Any]:
    """A system of which only the name is known: each fact is the worse one until somebody looks (R26)."""
    return {
        "id": slug_of(name),
        "name": name,
        "owner": "responsible-ai-lead",
        "purpose": f"Not told in the interview. {_GUESS}",
        "origin": "bought",
        "tier": "high",
        "tier_reason": _GUESS,
        "lifecycle": "operation",
        "autonomy": "human_can_override",
        "domain": "other",
        "personal_data": True,
        "affects_rights": True,
    }


def _risk(name: str, said: Mapping[str, str], today: date) -> str:
    identity = slug_of(name)
    rights = yes_in(said["rights"])
    known = said["worst"] != "not stated yet"
    harm = said["worst"] if known else f"Not told in the interview. {_GUESS}"
    values = {
        "id": f"{identity}-worst-case",
        "title": f"{name} does the worst that was named",
        "owner": "responsible-ai-lead",
        "systems": [identity],
        "source": "interview",
        "cause": f"Not analysed yet. {_GUESS}",
        "consequences": {
            "organisation": {"text": _GUESS, "impact": 3},
            "individuals": {"text": harm, "impact": 4 if rights or not known else 3},
            "society": {"text": _GUESS, "impact": 3},
        },
        "likelihood": 3,
        "criteria_version": "1",
        "assessed": {"by": "responsible-ai-lead", "on": today},
    }
    return _written("From the interview: numbers are guesses. Assess it, then decide in `treatment`.", values)
