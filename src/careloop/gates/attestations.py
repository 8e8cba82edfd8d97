"""What the gate attests about a release, as in-toto statements that stock tools read: test results, and its summary.

Sources: in-toto attestation framework, predicates Test Result v0.1 and (by SLSA) Verification Summary v1.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from careloop import __version__
from careloop.domain.measured import Outcome
from careloop.domain.release import Result, ResultsFile
from careloop.domain.release_lock import ArtefactKind, ReleaseLock
from careloop.ledger.envelope import Statement
from careloop.ports.ledger import Json, Subject

__all__ = [
    "APPROVAL",
    "TEST_RESULT",
    "VERIFICATION_SUMMARY",
    "SummaryOf",
    "resource_uri",
    "results_statement",
    "subjects_of_lock",
    "summary_statement",
    "verifier_id",
]

APPROVAL: Final = "urn:careloop:predicate:approval:v1"
"""Ours: no predicate that is published says who agreed to a release."""
TEST_RESULT: Final = "https://in-toto.io/attestation/test-result/v0.1"
VERIFICATION_SUMMARY: Final = "https://slsa.dev/verification_summary/v1"
_FAILED: Final = {
    Outcome.SHOWN_HARMFUL: "FAILED",
    Outcome.CANNOT_TELL: "WARNED",
    Outcome.NOT_ASSESSABLE: "WARNED",
    Outcome.SHOWN_SAFE: "PASSED",
}


def subjects_of_lock(lock: ReleaseLock) -> tuple[Subject, ...]:
    """The lock itself, and every artefact whose bytes we hold, by digest."""
    held = (one for one in lock.artefacts if one.kind is not ArtefactKind.HOSTED_MODEL)
    files = (Subject(name=one.name, digest=f"sha256:{one.sha256}") for one in held)
    return (Subject(name=f"release-lock/{lock.system}", digest=lock.digest), *files)


def verifier_id(key_name: str) -> str:
    """The gate's name in a summary, from the name of its key: `urn:careloop:acme/care/gate`."""
    return f"urn:careloop:{_urn(key_name)}"


def _urn(name: str) -> str:
    """The name as it may stand in a URN (RFC 3986, RFC 8141)."""
    return re.sub(r"[^A-Za-z0-9/._~-]", lambda found: "".join(f"%{one:02X}" for one in found[0].encode()), name)


def resource_uri(origin: str, *, system: str, environment: str) -> str:
    """What a summary is about: a system in an environment of the organisation whose log is `origin`."""
    return f"urn:careloop:{_urn(origin)}/systems/{system}/environments/{environment}"


def results_statement(lock: ReleaseLock, file: ResultsFile, results: Sequence[Result], kept: str) -> Statement:
    """The outcome of one evaluation of a release; `kept` is the SHA-256 of the results file that the ledger holds.

    `result` is the worst outcome: FAILED for shown harmful, WARNED for cannot tell.
    """
    said = [(one.measure, _FAILED[one.outcome]) for one in results]
    worst = next((word for word in ("FAILED", "WARNED") if word in {end for _, end in said}), "PASSED")
    configuration: list[Json] = [{"name": "results", "digest": {"sha256": kept}}]
    for name, digest in (("data", file.data_digest), ("configuration", file.config_digest)):
        if digest is not None:
            configuration.append({"name": name, "digest": {"sha256": digest.removeprefix("sha256:")}})
    source = file.source
    if source is not None:
        report = {"sha256": source.report.removeprefix("sha256:")}
        configuration.append(
            {"name": f"report of {source.tool.value} {source.version or ''}".strip(), "digest": report}
        )
    named = {
        key: [measure for measure, end in said if end == word]
        for key, word in (("passedTests", "PASSED"), ("warnedTests", "WARNED"), ("failedTests", "FAILED"))
    }
    predicate: dict[str, Json] = {
        "result": worst,
        "configuration": configuration,
        **named,
        "careloop": {
            "system": lock.system,
            "lock": lock.digest,
            "measured_at": file.measured_at.isoformat() if file.measured_at else None,
            "stated_at_import": list(source.stated_at_import) if source else [],
            "measures": [_measure(one) for one in results],
        },
    }
    return Statement(subject=subjects_of_lock(lock), predicate_type=TEST_RESULT, predicate=predicate)


def _measure(one: Result) -> Mapping[str, Json]:
    numbers = {"value": one.value, "lower": one.lower, "upper": one.upper}
    return {
        "measure": one.measure,
        "outcome": one.outcome.value,
        "n": one.n,
        **{name: None if number is None else repr(number) for name, number in numbers.items()},
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryOf:
    """What a verification summary says of a release that was allowed."""

    lock: ReleaseLock
    origin: str
    """Name of the ledger."""
    key_name: str
    environment: str
    tier: str
    slice: str
    commit: str
    decided_at: datetime
    evidence: tuple[str, ...]
    """SHA-256 of the attestations that the decision rests on."""


def summary_statement(about: SummaryOf) -> Statement:
    """The gate's PASSED, for deploy steps and admission controllers."""
    predicate: dict[str, Json] = {
        "verifier": {"id": verifier_id(about.key_name), "version": {"careloop": __version__}},
        "timeVerified": about.decided_at.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "resourceUri": resource_uri(about.origin, system=about.lock.system, environment=about.environment),
        "policy": {
            "uri": f"urn:careloop:{_urn(about.origin)}/slice",
            "digest": {"sha256": about.slice.removeprefix("sha256:"), "gitCommit": about.commit},
        },
        "inputAttestations": [
            {"uri": f"urn:careloop:blob:{digest}", "digest": {"sha256": digest}} for digest in about.evidence
        ],
        "verificationResult": "PASSED",
        "verifiedLevels": [f"CARELOOP_TIER_{about.tier.upper()}"],
        "careloop": {
            "system": about.lock.system,
            "version": about.lock.version,
            "environment": about.environment,
            "lock": about.lock.digest,
        },
    }
    return Statement(subject=subjects_of_lock(about.lock), predicate_type=VERIFICATION_SUMMARY, predicate=predicate)
