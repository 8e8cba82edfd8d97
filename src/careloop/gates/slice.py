"""The slice of the repository that a gate's decision reads, by the digest of its material fields (SEMANTICS 12).

An approval binds to this digest. What changes no decision is left out: a system's prose, review dates, the wording of a
rule, other systems. What can change one is in: expressions, thresholds, tier and use of the system, what its card
states, its monitors, waivers, the lock and every number of the results.
"""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any, Final

from pydantic import BaseModel

from careloop.domain.card import Card
from careloop.domain.evolve import Waiver
from careloop.domain.impact import Assessment
from careloop.domain.monitor import Monitors
from careloop.domain.release import ResultsFile
from careloop.domain.repository import Repository
from careloop.domain.risk import Risk, RiskCriteria
from careloop.domain.system import System
from careloop.domain.tier import Moment
from careloop.gates.release_rules import ReleaseRules
from careloop.ledger.canonical import canonical_bytes

__all__ = ["slice_bytes", "slice_digest", "slice_grounds"]

_RULE: Final = {
    "subject", "moment", "applies", "require", "severity", "enforce", "block_from", "waiver", "tightens", "conflict",
}  # fmt: skip
_SYSTEM: Final = {
    "id", "origin", "tier", "lifecycle", "autonomy", "entity", "domain", "iso_role", "eu_role", "jurisdictions",
    "data_classes", "personal_data", "affects_rights", "language_model", "supplier", "intended_use",
    "out_of_scope_uses", "artefacts", "events",
}  # fmt: skip
_CARD: Final = {"form", "version", "tier", "risks", "assessment", "constraints", "results"}
_MONITOR: Final = {
    "id", "kind", "measure", "by", "window", "reference", "tolerance", "promise", "minimum_n", "response",
}  # fmt: skip
_RISK: Final = {"id", "kind", "likelihood", "criteria_version"}


def slice_grounds(system: System, rules: ReleaseRules) -> Mapping[str, Any]:
    """Material fields of the documents that decisions about a system's releases read, whatever the release."""
    repository = rules.repository
    organisation = repository.organisation
    quorum = organisation.approvals.get(system.tier) if organisation else None
    return {
        **({"quorum": _plain(quorum.model_dump(mode="json"))} if quorum else {}),
        "rules": {rule.id: _fields(rule.rule, _RULE) for rule in rules.book.at(Moment.RELEASE)},
        "read_by_rules": _plain(list(rules.facts_read(system.id))),
        "criteria": _criteria(repository),
        "system": _system(system),
        "documents": sorted(_beside(repository, system.id), key=str),
        "risks": {risk.id: _risk(risk) for risk in repository.nouns(Risk) if system.id in risk.systems},
        "waivers": {
            waiver.id: _fields(waiver, {"rule", "subject", "expires", "approved"})
            for waiver in repository.nouns(Waiver)
            if waiver.subject in (system.id, f"systems/{system.id}/system.yaml")
        },
    }


def slice_bytes(grounds: Mapping[str, Any], *, lock: str, results: Sequence[ResultsFile], fresh_days: int) -> bytes:
    """Everything material that the decision about one release reads, in canonical form (RFC 8785)."""
    read: dict[str, Any] = {
        **grounds,
        "lock": lock,
        "fresh_days": fresh_days,
        "results": sorted((_plain(_results(file)) for file in results), key=str),
    }
    return canonical_bytes(read)


def slice_digest(slice_text: bytes) -> str:
    """`sha256:` of a slice: what an approval binds to."""
    return f"sha256:{sha256(slice_text).hexdigest()}"


def _results(file: ResultsFile) -> Any:
    """Every number; what only other tools' reports have is left out where it is not there, as it was before them."""
    found = file.model_dump(mode="json", exclude={"source"} if file.source is None else None)
    unset = {"hits": None, "reported_as": None, "errored": 0, "skipped": 0}
    found["results"] = [
        {key: value for key, value in one.items() if key not in unset or value != unset[key]}
        for one in found["results"]
    ]
    return found


def _system(system: System) -> Any:
    state = system.safe_state
    evaluation = _fields(system, {"evaluation"}) if system.evaluation else {}
    return {
        **evaluation,
        "fields": _fields(system, _SYSTEM),
        "safe_state": state.kind.value if state else None,
        "version": system.design.version if system.design else None,
    }


def _criteria(repository: Repository) -> Any:
    criteria = repository.only(RiskCriteria)
    return None if criteria is None else _fields(criteria, {"appetite", "levels", "combine", "tiers"})


def _risk(risk: Risk) -> Any:
    borne, treated = risk.consequences, risk.treatment
    return {
        "fields": _fields(risk, _RISK),
        "impact": _plain({who: one["impact"] for who, one in borne.model_dump().items()}) if borne else None,
        "treatment": _fields(treated, {"option", "credits", "accepted"}) if treated else None,
    }


def _beside(repository: Repository, system: str) -> Iterable[Any]:
    for document in repository.documents:
        noun = document.noun
        if document.folder != system:
            continue
        if isinstance(noun, Card):
            states = {name: section.state.value for name, section in noun.fields.items()}
            yield {"card": _fields(noun, _CARD), "states": states}
        elif isinstance(noun, Monitors):
            yield {"monitors": [_fields(monitor, _MONITOR) for monitor in noun.monitors]}
        elif isinstance(noun, Assessment):
            yield {"assessment": _fields(noun, {"id", "version", "on", "approved"})}


def _fields(noun: BaseModel, names: set[str]) -> Any:
    return _plain(noun.model_dump(mode="json", include=names))


def _plain(value: Any) -> Any:
    """The value with every fraction as text, since canonical JSON here has none."""
    match value:
        case float():
            return repr(value)
        case Mapping():
            return {str(key): _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case None | bool() | int() | str():
            return value
        case _:
            return str(value)
