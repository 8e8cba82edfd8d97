"""Write `system.yaml` for something found in a project, with the reason beside each guess (R80).

Where nothing is known the stricter answer is taken: it is assumed to read personal data and to affect people's rights,
until its owner says otherwise (R26, R27).
"""

import re
from collections.abc import Iterable

from careloop.documents.yaml_scalar import quoted
from careloop.domain.candidate import Candidate
from careloop.domain.organisation import Organisation

__all__ = ["draft_system", "system_id"]

_DOMAINS: tuple[tuple[str, str], ...] = (
    ("credit", r"credit|loan|lending|underwrit|default|instalment"),
    ("employment", r"hiring|recruit|candidate|resume|\bcv\b|workforce|attrition"),
    ("insurance", r"insur|claim|premium"),
    ("health", r"health|patient|clinical|medical|diagnos"),
    ("education", r"student|exam|grading|school"),
    ("fraud", r"fraud|\baml\b|laundering"),
    ("customer-service", r"support|assistant|chat|helpdesk|ticket|\bbot\b"),
    ("retail", r"recommend|churn|basket|product|demand|price"),
)


def system_id(name: str, taken: Iterable[str]) -> str:
    """An id for a name, unlike those that are taken.

    >>> system_id("Churn Forecast v2", ["churn-forecast-v2"])
    'churn-forecast-v2-2'
    """
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:60].strip("-") or "system"
    used = set(taken)
    return next(one for one in (plain, *(f"{plain}-{n}" for n in range(2, 10_000))) if one not in used)


def draft_system(candidate: Candidate, name: str, organisation: Organisation) -> str:
    """The text of systems/<name>/system.yaml."""
    facts = candidate.facts
    told = " ".join((facts.description or "").split())
    purpose = told or f"Not stated yet; found as {facts.name} in {facts.source}."
    field, why = _domain(f"{facts.name} {told}")
    lines = [
        "# yaml-language-server: $schema=../../.care/schemas/system.schema.json",
        f"# Drafted by `care adopt` from {_plain(facts.source)}. Look at each line marked `# guessed`, mend it,",
        "# then take out `draft`: until then what is wrong with it goes to its owner and blocks nothing.",
        *(f"# Note: {_plain(note)}" for note in candidate.notes),
        f"id: {quoted(name)}",
        f"name: {quoted(facts.name)}",
        "draft: true",
        f"owner: {organisation.owner}  # guessed: the owner of the management system",
        f"purpose: {quoted(purpose)}  # guessed: {'its description' if told else 'nobody has said'}",
        f"origin: {candidate.origin}  # guessed: {_plain(candidate.origin_because)}",
        "tier: high  # guessed: it may affect people's rights",
        "tier_reason: Assumed by care adopt until its owner has looked.  # guessed: nobody has judged it yet",
        "lifecycle: inception",
        "autonomy: human_can_override  # guessed: nobody has said who has the last word",
        f"domain: {field}  # guessed: {why}",
        *_jurisdictions(organisation),
        "personal_data: true  # guessed: assumed until somebody says otherwise",
        "affects_rights: true  # guessed: assumed until somebody says otherwise",
        *(["language_model: true  # guessed: it calls a language model"] if candidate.language_model else []),
        *_artefacts(candidate),
    ]
    return "\n".join(lines) + "\n"


def _domain(text: str) -> tuple[str, str]:
    for field, words in _DOMAINS:
        if found := re.search(words, text.lower()):
            return field, f"'{found[0]}' stands in its name or description"
    return "other", "its name says nothing about it"


def _jurisdictions(organisation: Organisation) -> list[str]:
    country = organisation.organisation.country
    if country == "ZZ":
        return []
    return [f"jurisdictions: [{country}]  # guessed: the country of the head office in care.yaml"]


def _artefacts(candidate: Candidate) -> list[str]:
    if not candidate.artefacts:
        return []
    patterns = ", ".join(quoted(pattern) for pattern in candidate.artefacts)
    return [f"artefacts: [{patterns}]  # guessed: files that seem to decide its behaviour"]


def _plain(text: str) -> str:
    """One line without control characters, for a comment."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:160]
