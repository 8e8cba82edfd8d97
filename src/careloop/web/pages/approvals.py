"""What waits for people? The inbox: releases, waivers, envelopes, restores, reviews; what changed; approve or reject.

Who signs is who is signed in, after a step-up. What they sign is the request that the page showed: a page that is older
than the request's state signs nothing.
"""

from __future__ import annotations

from hashlib import sha256
from threading import Lock
from typing import Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from careloop import wiring
from careloop.domain.approval import RequestState
from careloop.errors import CareloopError, InvalidInput, NotFound, Refused
from careloop.web.door import visitor_of
from careloop.web.pages.orders import voucher_of
from careloop.web.pages.refusals import problem, unknown
from careloop.web.site import board, place
from careloop.web.stepping_up import stepped_up_or_redirect
from careloop.workflows.run.approve_request import approve_request
from careloop.workflows.run.give_approval import ApprovalAsk
from careloop.workflows.run.reject_release import RejectionAsk, reject_release
from careloop.workflows.run.release_desk import ReleaseDesk, read_governance
from careloop.workflows.run.view_requests import RequestView, refusal_for, view_request

__all__ = ["inbox", "page", "seen_mark", "sign"]


def inbox(request: HttpRequest) -> HttpResponse:
    """Open requests first, then what became of the others."""
    picture = board().picture()
    person = visitor_of(request).person
    waiting = [(one, refusal_for(one, person.id) if person else None) for one in picture.open_requests]
    closed = [one for one in picture.requests if one.state is not RequestState.OPEN]
    shown = {
        "waiting": waiting,
        "closed": closed,
        "mine": sum(person is not None and refusal is None for _, refusal in waiting),
    }
    return render(request, "pages/approvals.html", shown)


def page(request: HttpRequest, digest: str) -> HttpResponse:
    """One request, read anew from the stores."""
    try:
        with wiring.release_desk(place().root, {}, read_only=True) as desk:
            now = wiring.now()
            governance = read_governance(desk, now, before=board().picture().governance)
            view = view_request(desk, digest, now, governance=governance)
    except (InvalidInput, NotFound) as error:
        return unknown(request, error)
    except CareloopError as error:
        return problem(request, error)
    return _shown(request, view)


def _shown(request: HttpRequest, view: RequestView) -> HttpResponse:
    visitor = visitor_of(request)
    picture = board().picture()
    refusal = refusal_for(view, visitor.person.id) if visitor.person else None
    row = picture.row(view.asked.system)
    shown = {
        "view": view,
        "request_": view.asked.request,
        "row": row,
        "seen": seen_mark(view),
        "refusal": refusal,
        "may": visitor.is_approver and visitor.person is not None and refusal is None,
        "may_reject": visitor.is_approver and view.state is RequestState.OPEN,
        "line": _line_to_add(picture.people is not None),
    }
    return render(request, "pages/approval.html", shown)


def _line_to_add(readable: bool) -> str | None:
    """What care.yaml lacks for sessions of this server to count; None when it counts."""
    people = board().picture().people if readable else None
    line = wiring.session_key(place().root).line()
    return None if people is not None and any(line == key.line for key in people.servers) else line


_one_at_a_time: Final = Lock()
"""Held from the look at what the page showed until the signature is recorded: of two tabs that sign at once, the second
finds that the request has changed."""


def sign(request: HttpRequest, digest: str) -> HttpResponse:
    """Approve or reject in the name of whoever is signed in."""
    back = reverse("approval", args=[digest])
    later = stepped_up_or_redirect(request, back=back)
    if later is not None:
        return later
    verdict, reason = request.POST.get("verdict", ""), request.POST.get("reason", "")
    try:
        with _one_at_a_time, wiring.release_desk(place().root, {}) as desk:
            _refuse_stale(desk, digest, request.POST.get("seen", ""))
            told = _signed(request, desk, digest, verdict, reason)
    except (InvalidInput, NotFound) as error:
        return problem(request, error, status=400)
    except CareloopError as error:
        return problem(request, error)
    board().renew()
    messages.success(request, told)
    return redirect(back)


def _signed(request: HttpRequest, desk: ReleaseDesk, digest: str, verdict: str, reason: str) -> str:
    proof, now = voucher_of(request), wiring.now()
    if verdict == "reject":
        reject_release(RejectionAsk(request=digest, reason=reason), desk, proof, now)
        return "You rejected it. It stays closed on these grounds."
    if verdict != "approve":
        raise InvalidInput("say whether you approve or reject")
    done = approve_request(ApprovalAsk(request=digest, reason=reason), desk, proof, now)
    return f"You approved it as {done.post}: {done.given} of {done.required} approvals."


def _refuse_stale(desk: ReleaseDesk, digest: str, seen: str) -> None:
    """Refuse to sign what the page did not show: somebody approved meanwhile, or what it rests on has changed."""
    view = view_request(desk, digest, wiring.now())
    if view.state is not RequestState.OPEN:
        raise Refused(view.condition.because, hint="look at the page again")
    if seen != seen_mark(view):
        raise Refused(
            "the request changed while the page was open, and nothing was signed", hint="look at it again, then decide"
        )


def seen_mark(view: RequestView) -> str:
    """Names what a page shows of a request: its digest, its state, who approved, what the gate says and why."""
    decision = view.decision
    shown = [
        view.asked.digest,
        view.state.value,
        *(one.approval.record for one in view.count.counted),
        *((decision.verdict.value, *(one.message for one in decision.reasons)) if decision else ()),
    ]
    return sha256("\0".join(shown).encode()).hexdigest()
