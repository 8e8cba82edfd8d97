"""Approve a release: one person agrees to one request, after it is seen that nothing material has changed since.

`care approve` brings the person's SSH keys; the pages bring a session in which the person has just proven again who
they are. Everything else is the same (SEMANTICS 18; LEDGER 8; R41).
"""

from datetime import datetime

from careloop.domain.approval import RELEASE
from careloop.errors import Refused
from careloop.ports.session_voucher import PersonalProof
from careloop.workflows.run.attest import attested_approval
from careloop.workflows.run.give_approval import About, ApprovalAsk, Approved, asked_for, give_approval
from careloop.workflows.run.release_case import case_from_blobs
from careloop.workflows.run.release_desk import ReleaseDesk, read_governance
from careloop.workflows.run.release_records import subjects
from careloop.workflows.run.request_condition import refuse_unless_open

__all__ = ["approve_release"]


def approve_release(ask: ApprovalAsk, desk: ReleaseDesk, proof: PersonalProof, now: datetime) -> Approved:
    """Sign a request and record the approval.

    Raises `Refused` for the requester, an author or committer, a second approval by the same human, account or post, a
    key that the roles.yaml in force does not list, a session of a server that the care.yaml in force does not list or
    that was not stepped up in time, somebody without the authority or who left, a request that expired or was used up,
    and one whose artefacts or material grounds have changed: that one is void.
    """
    asked = asked_for(ask, desk)
    if asked.request.action != RELEASE:
        raise Refused(f"the request is about another action: {asked.request.action}")
    governance = read_governance(desk, now)
    case = case_from_blobs(asked.results, asked.request.lock, asked.request.environment, governance, desk)
    refuse_unless_open(asked, case)
    about = About(
        fields={"system": asked.system, "lock": asked.request.lock, "environment": asked.request.environment},
        subject=subjects(asked.system, asked.request.lock, asked.digest),
        control="iso42001:2023/A.6.2.5",
        kept=lambda record: attested_approval(case, record),
    )
    given = give_approval(ask, asked, case, about, proof)
    return given.approved(asked, required=case.decide(given.count).required_approvals)
