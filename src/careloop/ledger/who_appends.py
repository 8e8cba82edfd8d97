"""Which records may come from where: by hand, from afar with a token, or late after the ledger was away.

Everything not named here is appended by the workflow that decided it, at the log. Approvals and attestations count by
the signature they carry, not by who sent them. Source: LEDGER 4, 8, 10.
"""

from typing import Final

__all__ = ["BY_HAND", "BY_PIPELINES", "BY_RELEASES", "MAY_WAIT"]

MAY_WAIT: Final = frozenset(
    {
        "alarm.raised",
        "check.result",
        "dataset.preparation_checked",
        "dataset.provenance_checked",
        "dataset.quality_checked",
        "deploy.done",
        "incident.opened",
        "ingest.segment",
        "page.sent",
        "retrain.requested",
        "source.heartbeat",
        "training.completed",
        "window.closed",
    }
)
"""What was observed: true whenever it is recorded, so it is kept in a spool while the ledger is away."""
BY_HAND: Final = MAY_WAIT | {"attestation"}
"""What `care ledger append` takes."""
BY_PIPELINES: Final = BY_HAND | {
    "approval.given",
    "approval.rejected",
    "approval.requested",
    "attestation.key",
    "automation.paused",
    "gate.decision",
    "matter.ended",
    "process.run",
    "release.validated",
    "review.cross_functional",
    "spool.drained",
}
"""What a token with the scope `record` may send."""
BY_RELEASES: Final = BY_PIPELINES | {
    "authority.taken",
    "matter.ended",
    "matter.granted",
    "matter.used",
    "release.emergency",
    "automation.resumed",
    "release.recorded",
    "release.revoked",
    "release.standing",
    "rollback.verified",
    "safe_state.entered",
    "scorecard.frozen",
    "treatment.approved",
}
"""What a token with the scope `release` may send: also what puts a release, a grant or an authority in force."""
