"""What is shown instead of a page: it does not exist, is not for you, was asked wrongly, or we crashed."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from careloop.errors import CareloopError
from careloop.web.door import Role

__all__ = ["crashed", "csrf_refused", "problem", "refused", "unknown", "wrong"]

_NEEDED = {
    Role.APPROVER: "a post in roles.yaml that carries approve_release",
    Role.OPERATOR: "a post in roles.yaml that carries rollback, kill or restore",
    Role.ADMINISTRATOR: "an administrator's account",
}


def _shown(request: HttpRequest, status: int, what: str, next_step: str) -> HttpResponse:
    if request.path.startswith("/api/") or "application/json" in request.headers.get("Accept", ""):
        return JsonResponse({"error": what, "next": next_step}, status=status)
    return render(request, "pages/refusal.html", {"what": what, "next_step": next_step}, status=status)


def problem(request: HttpRequest, error: CareloopError, *, status: int = 409) -> HttpResponse:
    """Something that a workflow would not do, in its own words."""
    return _shown(request, status, error.message, error.hint or "")


def refused(request: HttpRequest, exception: object, *, needed: Role | None = None) -> HttpResponse:
    """Signed in, and not entitled."""
    why = f"It takes {_NEEDED[needed]}." if needed in _NEEDED else "Your account does not open it."
    return _shown(request, 403, "This is not open to you", why)


def unknown(request: HttpRequest, exception: object) -> HttpResponse:
    """No such page, system, request or entry."""
    said = exception.message if isinstance(exception, CareloopError) else "There is no such page"
    return _shown(request, 404, said, "Start from the loop, or from a list.")


def wrong(request: HttpRequest, exception: object) -> HttpResponse:
    """The request cannot be understood."""
    return _shown(request, 400, "The request cannot be understood", "Go back and try again.")


def csrf_refused(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that did not come from one of our pages, or from one that was open too long."""
    return _shown(request, 403, "The form was not accepted", "Reload the page it was on, and send it again.")


def crashed(request: HttpRequest) -> HttpResponse:
    """We crashed; that counts as closed."""
    if request.path.startswith("/api/"):
        return JsonResponse({"error": "careloop crashed; nothing was decided"}, status=500)
    return HttpResponse(
        "<!doctype html><html lang=en><title>careloop crashed</title><h1>careloop crashed</h1>"
        "<p>Nothing was decided by this request. The server's log says what happened.</p>",
        status=500,
    )
