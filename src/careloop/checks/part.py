"""Checks again only what an edit can have changed, beside a check of the whole tree that is still remembered.

A repository falls into a core (care.yaml, roles, policies, rules, ...) and units: the folder of one system, one risk of
the register, one supplier. Findings of a unit rest on the core, on the unit, on its neighbours (a system's risks and
supplier) and on which names exist elsewhere; findings of the core rest on the core and on names. So when two trees
share their core and their names, only the units of the changed files and their neighbours need another look.

Whatever this reasoning does not cover (an error, a name that came or went, a system's new stage, a rule about the whole
organisation, a check that is not listed in `PART_CHECKS`) is answered with null: check the whole tree.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from careloop.checks.catalogue import Catalogue
from careloop.checks.references import Beyond, made_by
from careloop.checks.run import CHANGE_CHECKS, PROGRAMME_CHECKS, Judgement, judge
from careloop.checks.tree_digests import UNITS
from careloop.documents.compile import compile_tree, identities_of
from careloop.documents.layout import kind_of
from careloop.domain.check import TreeCheck
from careloop.domain.dataset import Dataset
from careloop.domain.policy import Policy
from careloop.domain.repository import Document
from careloop.domain.risk import Risk
from careloop.domain.roles import Roles
from careloop.domain.rule import Subject
from careloop.domain.source_tree import SourceTree
from careloop.domain.system import System
from careloop.domain.third_party import Supplier
from careloop.domain.tier import Moment

__all__ = ["PART_CHECKS", "Memory", "check_part", "remember"]

PART_CHECKS = frozenset(
    {
        *("reference-exists", "statement-linked", "rule-linked", "rule-tested", "rule-cases", "rule-tightens"),
        *(
            "size-guard",
            "review-past",
            "link-inside",
            "document-placed",
            "soa-complete",
            "scope-complete",
            "reason-stated",
        ),
        *("accountable-once", "escalation-ends", "session-key-apart", "credit-applicable", "card-complete"),
        *("answers-fit", "answers-approved", "questionnaire-sound", "tier-answered", "supplier-answered"),
        *("provenance-chained", "data-sheet-filled"),
        *("acceptance-designated", "scale-respected", "triggered-assessed", "tier-justified", "module-known"),
    }
)
"""Structural checks whose findings in a unit rest on core, unit, neighbours and names, and in the core on core and
names. A check that looks further must not stand here."""

_MOST_CHANGED = 500
"""Files that may differ; beyond it, looking at the whole is as quick."""
_NAMED = ("system", "risk", "supplier", "party", "assessment", "made")


@dataclass(frozen=True, slots=True)
class _File:
    """What is remembered of a file of a unit."""

    digest: str
    declares: tuple[str, ...]
    """Names that it brings into the world, and what else the core may rest on, each as `space:name`."""
    leads_to: tuple[str, ...]
    """Of a risk, the folders of the systems it threatens; of a system or a supplier, `supplier=` and its id."""


@dataclass(frozen=True, slots=True)
class Memory:
    """A whole tree that was checked: what each file of a unit is to the others, and what was found."""

    files: Mapping[str, _File]
    checked: TreeCheck

    def frozen(self) -> bytes:
        """The files as JSON; what was found is kept by the caller, in its own form."""
        rows = {path: [one.digest, one.declares, one.leads_to] for path, one in self.files.items()}
        return json.dumps(rows).encode()

    @staticmethod
    def thawed(kept: bytes, checked: TreeCheck) -> "Memory":
        """What `frozen` gave, with what was found."""
        rows = json.loads(kept).items()
        return Memory({path: _File(one[0], tuple(one[1]), tuple(one[2])) for path, one in rows}, checked)


def remember(judged: Judgement, digests: Mapping[str, str]) -> Memory | None:
    """A memory of a check of a whole tree; null when a part of it could not be judged by itself."""
    compiled, book = judged.compiled, judged.book
    repository = compiled.repository
    manned = repository.only(Roles) is not None or repository.only(Policy) is not None
    whole = any(rule.rule.subject is Subject.ORGANISATION for rule in book.at(Moment.CHANGE))
    known = {rule.check for rule in book.structural()} <= PART_CHECKS | CHANGE_CHECKS | PROGRAMME_CHECKS
    if judged.checked.errors or whole or not known or not manned:
        return None
    files = {path: _File(digests[path], (), ()) for path in digests if path.startswith(UNITS)}
    for document in repository.documents:
        if document.path in files:
            files[document.path] = _file_of(document, digests[document.path])
    return Memory(files, judged.checked)


def check_part(
    tree: SourceTree, digests: Mapping[str, str], memory: Memory, catalogue: Catalogue, on: date | None
) -> Memory | None:
    """The tree's check and memory, from those of a tree with the same core; null when the whole must be looked at."""
    changed = {path for path, one in memory.files.items() if digests[path] != one.digest}
    after = _read(tree, changed, digests) if len(changed) <= _MOST_CHANGED else None
    if after is None or any(one.declares != memory.files[path].declares for path, one in after.items()):
        return None
    files = {**memory.files, **after}
    touched = _touched(memory.files, after, files)
    needed = touched | set(_neighbours(files, touched))
    judged = judge(compile_tree(_cut(tree, needed)), tree, catalogue, on, beyond=_beyond(files.values()))
    if judged.checked.errors:
        return None
    kept = [one for one in memory.checked.findings if _unit(one.place.file) not in touched]
    found = [one for one in judged.checked.findings if _unit(one.place.file) in touched]
    findings = tuple(sorted((*kept, *found), key=lambda one: (one.place, one.rule, one.message)))
    return Memory(files, replace(memory.checked, findings=findings))


def _read(tree: SourceTree, paths: set[str], digests: Mapping[str, str]) -> dict[str, _File] | None:
    """What the changed files say by themselves; null when one cannot be read. Files of no kind say nothing."""
    compiled = compile_tree(SourceTree({path: tree.files[path] for path in (*paths, "care.yaml")}))
    if compiled.errors:
        return None
    silent = {path: _File(digests[path], (), ()) for path in paths if kind_of(path) is None}
    documents = (document for document in compiled.repository.documents if document.path in paths)
    return silent | {document.path: _file_of(document, digests[document.path]) for document in documents}


def _touched(before: Mapping[str, _File], after: Mapping[str, _File], files: Mapping[str, _File]) -> set[str]:
    """Units whose findings may be others now: those of the changed files, and the systems that rest on one of them."""
    leads = {lead for path in after for lead in (*before[path].leads_to, *after[path].leads_to)}
    resting = {_unit(path) for path, one in files.items() if path.startswith("systems/") and leads & set(one.leads_to)}
    of_risks = {lead for lead in leads if lead.startswith("systems/")}
    return {_unit(path) for path in after} | of_risks | resting


def _file_of(document: Document, digest: str) -> _File:
    noun = document.noun
    declares = [f"{space}:{name}" for space, name, _ in identities_of(document)]
    leads: tuple[str, ...] = ()
    if document.kind == "impact":
        declares.append(f"assessment:{getattr(noun, 'id', '')}")
    elif isinstance(noun, Dataset):
        declares += [f"made:{made}" for made in made_by(document, noun)]
    if isinstance(noun, System):
        declares.append(f"draft:{noun.id}={noun.owner if noun.draft else ''}")
        declares.append(f"stage:{noun.id}={noun.lifecycle}")
        leads = (f"supplier={noun.supplier}",) if noun.supplier else ()
    elif isinstance(noun, Risk):
        leads = tuple(f"systems/{system}/" for system in noun.systems)
    elif isinstance(noun, Supplier):
        declares += [f"party:{noun.id}", f"serves:{','.join(noun.systems)}"]
        leads = (f"supplier={noun.id}",)
    return _File(digest, tuple(declares), leads)


def _unit(path: str) -> str:
    """The unit that a file belongs to; the file itself for a file of the core."""
    return "/".join(path.split("/")[:2]) + "/" if path.startswith("systems/") else path


def _neighbours(files: Mapping[str, _File], touched: set[str]) -> Iterator[str]:
    """Units that a touched system rests on: its supplier, and every risk that names it."""
    wanted = touched | {lead for path, one in files.items() if _unit(path) in touched for lead in one.leads_to}
    return (path for path, one in files.items() if not path.startswith("systems/") and wanted & set(one.leads_to))


def _cut(tree: SourceTree, units: set[str]) -> SourceTree:
    kept = {path: raw for path, raw in tree.files.items() if not path.startswith(UNITS) or _unit(path) in units}
    return replace(tree, files=kept)


def _beyond(files: Iterable[_File]) -> Beyond:
    names: dict[str, set[str]] = {space: set() for space in _NAMED}
    drafts: dict[str, str] = {}
    for one in files:
        for declared in one.declares:
            space, _, name = declared.partition(":")
            if space in names:
                names[space].add(name)
            elif space == "draft":
                system, _, owner = name.partition("=")
                if owner:
                    drafts[system] = owner
    return Beyond({space: frozenset(found) for space, found in names.items()}, drafts)
