"""The documents that `care init` writes: enough to pass the check, honest about what is missing."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date

from careloop.documents.yaml_scalar import quoted
from careloop.ports.workspace import Author

__all__ = ["starter_documents"]


_LONGEST_ID = 60
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\Z")


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain)[:_LONGEST_ID].strip("-") or "owner"


def _person(owner: Author) -> str:
    """The owner as an entry of roles.yaml; a mail address that is none, or not in ASCII, is left out."""
    mail = f", mail: {quoted(owner.mail)}" if owner.mail.isascii() and _MAIL.match(owner.mail) else ""
    return f"{{id: {quoted(_slug(owner.name))}, name: {quoted(owner.name.strip() or 'unassigned')}{mail}}}"


def starter_documents(name: str, owner: Author, today: date) -> Mapping[str, str]:
    """Path to text, for an organisation of this name whose posts are all held by one person."""
    return {
        "care.yaml": _CARE.format(name=quoted(name.strip() or "Unnamed organisation"), today=today),
        "roles.yaml": _ROLES.format(person=quoted(_slug(owner.name)), entry=_person(owner), today=today),
        "policies/ai-policy.md": _POLICY.format(today=today),
        "risk/criteria.yaml": _CRITERIA.format(today=today),
        ".gitignore": ".care/\n",
    }


_CARE = """\
# The root of the AI management system. `care check` reads it; `care status` says what is still missing.
schema: 1
organisation:
  name: {name}
  sector: not stated
  country: ZZ  # ISO 3166-1 code of the head office
owner: responsible-ai-lead
top_management: top-management
time_zone: UTC
frameworks: ["iso42001:2023"]
rule_packs: [careloop/base@1]
scope:
  statement: All AI systems that the organisation develops, provides or uses.
  included: [all AI systems]
  reviewed: {today}
phases:
  - {{phase: create, owner: responsible-ai-lead, every: P3M}}
  - {{phase: adapt, owner: responsible-ai-lead, every: P1M}}
  - {{phase: run, owner: responsible-ai-lead, every: P1M}}
  - {{phase: evolve, owner: top-management, every: P3M}}
"""

_ROLES = """\
# Posts and who holds them. One person may hold several until others are appointed.
owner: responsible-ai-lead
reviewed: {today}
people:
  - {entry}
posts:
  - id: top-management
    title: Top management
    function: top_management
    holders: [{person}]
    authorities: [approve_policy, accept_risk]
  - id: responsible-ai-lead
    title: Responsible-AI lead
    function: risk
    holders: [{person}]
    duties: [aims_conformity, aims_reporting]
    authorities: [approve_release]
escalations:
  - id: ai-risk
    when: An AI risk or incident cannot be settled by its owner.
    steps:
      - {{post: responsible-ai-lead, within: P2D}}
      - {{post: top-management, within: P5D}}
"""

_POLICY = """\
---
id: ai-policy
title: AI policy
kind: ai_policy
version: "0.1"
owner: responsible-ai-lead
approvers: [top-management]
reviewed: {today}
commits_to: [requirements, improvement, objectives]
---
# AI policy

A first draft. Each numbered sentence names the rules that enforce it, or the person who attests it.

## Systems

1.1 Every AI system is in the inventory with a purpose, an owner and a risk tier.
{{rules: [owner-named, intended-use-stated]}}

1.2 Every AI system in use has a model card that says what the system must not be used for.
{{rules: [card-present, card-complete]}}

## Risk

2.1 Every risk has a decision, and nobody accepts more than the risk appetite.
{{rules: [risk-decided]}}

## Learning

3.1 The responsible-AI lead reports the performance of the management system to top management.
{{manual: {{owner: responsible-ai-lead, interval: P3M}}}}
"""

_CRITERIA = """\
# One yardstick for all AI risks: score = likelihood x impact, judged for each who would bear it.
owner: responsible-ai-lead
reviewed: {today}
method: Likelihood times impact on five-point scales, for organisation, individuals and society apart.
likelihood:
  - {{value: 1, label: rare, meaning: not expected within five years}}
  - {{value: 2, label: unlikely, meaning: once in two to five years}}
  - {{value: 3, label: possible, meaning: about once a year}}
  - {{value: 4, label: likely, meaning: several times a year}}
  - {{value: 5, label: frequent, meaning: monthly or more often}}
impact:
  - {{value: 1, label: negligible, meaning: noticed by few and put right the same day}}
  - {{value: 2, label: limited, meaning: an inconvenience that can be made good}}
  - {{value: 3, label: serious, meaning: lasting disadvantage for some people or a material loss}}
  - {{value: 4, label: major, meaning: lasting harm to many or a threat to the business}}
  - {{value: 5, label: severe, meaning: irreversible harm to people or a breach of law with lasting effect}}
levels:
  - {{id: low, from_score: 1, accepted_by: responsible-ai-lead}}
  - {{id: medium, from_score: 5, accepted_by: responsible-ai-lead}}
  - {{id: high, from_score: 10, accepted_by: top-management}}
appetite: {{organisation: 9, individuals: 6, society: 6}}
tiers:
  - tier: high
    when: system.affects_rights
    reason: it changes somebody's access to money, work or services
triggers:
  - id: affects-rights
    when: system.affects_rights
    reason: it changes somebody's access to money, work or services
"""
