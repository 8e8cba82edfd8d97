"""Approve whatever people were asked to agree to, a release or another matter, by a signature over the request."""

from datetime import datetime

from careloop.domain.approval import RELEASE
from careloop.ports.session_voucher import PersonalProof
from careloop.workflows.run.approve_matter import approve_matter
from careloop.workflows.run.approve_release import approve_release
from careloop.workflows.run.give_approval import ApprovalAsk, Approved
from careloop.workflows.run.release_desk import ReleaseDesk
from careloop.workflows.run.release_records import find_request

__all__ = ["approve_request"]


def approve_request(ask: ApprovalAsk, desk: ReleaseDesk, proof: PersonalProof, now: datetime) -> Approved:
    """Sign the request and record the approval; see `approve_release` and `approve_matter` for what they refuse."""
    asked = find_request(desk.ledger, ask.request)
    if asked.request.action == RELEASE:
        return approve_release(ask, desk, proof, now)
    return approve_matter(ask, desk, proof, now)
