"""A small governance repository that passes its own check, and edits of it: where tests begin."""

from collections.abc import Mapping
from pathlib import Path

from careloop.domain.source_tree import SourceTree

__all__ = ["SMALL_REPOSITORY", "Files", "edited", "small_repository", "tree_of", "with_file", "without", "write_files"]

Files = Mapping[str, bytes]
"""Paths, relative to the repository's root, to their bytes."""

SMALL_REPOSITORY: Mapping[str, str] = {
    "care.yaml": """\
schema: 1
organisation:
  name: Harbour Books
  sector: Bookshops
  country: IE
owner: ai-lead
top_management: director
time_zone: Europe/Dublin
frameworks: ["iso42001:2023"]
rule_packs: [careloop/base@1]
scope:
  statement: All AI systems in the shops and in the web shop.
  included: [all AI systems]
  reviewed: 2026-03-02
""",
    "roles.yaml": """\
owner: ai-lead
reviewed: 2026-03-02
people:
  - {id: ada-byron, name: Ada Byron, mail: ada@harbour.example}
  - {id: ben-okri, name: Ben Okri, mail: ben@harbour.example}
posts:
  - id: director
    title: Director
    function: top_management
    holders: [ben-okri]
    authorities: [approve_policy, accept_risk]
  - id: ai-lead
    title: AI lead
    function: risk
    holders: [ada-byron]
    duties: [aims_conformity, aims_reporting]
escalations:
  - id: ai-risk
    when: An AI risk cannot be settled by its owner.
    steps:
      - {post: ai-lead, within: P2D}
      - {post: director, within: P5D}
""",
    "policies/ai-policy.md": """\
---
id: ai-policy
title: AI policy
kind: ai_policy
owner: ai-lead
approvers: [director]
reviewed: 2026-03-02
commits_to: [requirements, improvement, objectives]
---
# AI policy

## Systems

1.1 Every AI system has an owner and says where it is used.
{rules: [owner-named, jurisdictions-stated]}

1.2 Whoever buys a book may ask why it was recommended.
{manual: {owner: ai-lead, interval: P6M}}

## Own rules

2.1 Nobody is recommended a book on the strength of what they paid.
{rules: [no-price-model]}
""",
    "rules/shop.yaml": """\
rules:
  - id: no-price-model
    sentence: No system of the shop works in the field of pricing.
    subject: system
    moment: change
    require: system.domain != 'pricing'
    severity: must
    remedy: choose another field, or another system
    controls: ["iso42001:2023/A.9.2"]
    cases:
      - name: a pricing system is refused
        facts: {system: {domain: pricing}}
        expect: violate
        because: domain
      - name: a recommender is not
        facts: {system: {domain: retail}}
        expect: allow
""",
    "risk/criteria.yaml": """\
owner: ai-lead
reviewed: 2026-03-02
method: Likelihood times impact, for organisation, individuals and society apart.
likelihood:
  - {value: 1, label: rare, meaning: not expected within five years}
  - {value: 2, label: likely, meaning: several times a year}
impact:
  - {value: 1, label: small, meaning: put right the same day}
  - {value: 2, label: large, meaning: lasting harm to somebody}
levels:
  - {id: low, from_score: 1, accepted_by: ai-lead}
  - {id: high, from_score: 3, accepted_by: director}
appetite: {organisation: 2, individuals: 2, society: 2}
tiers:
  - {tier: high, when: system.affects_rights, reason: it changes what people can get}
""",
    "risk/register/odd-advice.yaml": """\
id: odd-advice
title: The recommender suggests books that hurt
owner: ai-lead
systems: [book-finder]
source: Letters of customers
cause: The catalogue carries few warnings.
consequences:
  organisation: {text: A lost customer, impact: 1}
  individuals: {text: A bad evening, impact: 1}
  society: {text: None that we know of, impact: 1}
likelihood: 2
criteria_version: "1"
assessed: {by: ada-byron, on: 2026-03-02}
treatment: {option: retain, reason: It is small and seen at once.}
""",
    "systems/book-finder/system.yaml": """\
id: book-finder
name: Book finder
owner: ai-lead
reviewed: 2026-03-02
purpose: Suggests the next book.
origin: built
tier: low
tier_reason: It only suggests.
lifecycle: inception
autonomy: advises
domain: retail
jurisdictions: [Ireland]
personal_data: false
affects_rights: false
""",
}
"""Documents of a bookshop with one idea of a system; `care check` finds nothing to mend in it."""


def small_repository() -> dict[str, bytes]:
    """The documents of `SMALL_REPOSITORY` as bytes, to be edited."""
    return {path: text.encode() for path, text in SMALL_REPOSITORY.items()}


def edited(files: Files, path: str, old: str, new: str) -> dict[str, bytes]:
    """The files with one text replaced where it first stands. Raises KeyError when it is not there."""
    text = files[path].decode()
    if old not in text:
        raise KeyError(f"{path} does not hold {old!r}")
    return {**files, path: text.replace(old, new, 1).encode()}


def with_file(files: Files, path: str, content: str | bytes) -> dict[str, bytes]:
    """The files with one added or written anew."""
    return {**files, path: content.encode() if isinstance(content, str) else content}


def without(files: Files, *paths: str) -> dict[str, bytes]:
    """The files without some. Raises KeyError when one of them is not there."""
    left = dict(files)
    for path in paths:
        del left[path]
    return left


def tree_of(files: Files) -> SourceTree:
    """The files as a check sees them."""
    return SourceTree(dict(files))


def write_files(folder: Path, files: Files) -> Path:
    """Write the files below a folder, which may be new, and return it."""
    for path, content in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return folder
