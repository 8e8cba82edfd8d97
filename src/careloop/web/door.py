"""Who is at the door, and which pages are open to them. A page that no table names is closed to everybody.

An account says who signs in; what that person may do is read from the roles.yaml in force, at every request.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from careloop.domain.matter import AUTHORITY
from careloop.domain.roles import Person
from careloop.web.accounts.models import Account
from careloop.web.site import board

__all__ = ["Door", "Role", "Visitor", "visitor_of"]

_OPERATES = ("rollback", "kill", "restore")
_APPROVES: Final = frozenset(AUTHORITY.values())


class Role(StrEnum):
    """What somebody at the door is; one person may be several."""

    VISITOR = "visitor"
    """Anybody."""
    MEMBER = "member"
    """Signed in."""
    APPROVER = "approver"
    """Holds an authority to approve something: releases and what is asked for beside them, or a restore."""
    OPERATOR = "operator"
    """Holds the authority to roll back, kill or restore."""
    ADMINISTRATOR = "administrator"
    """Makes and closes accounts; that is no authority over systems."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is asking."""

    account: Account | None
    person: Person | None
    """Of the roles.yaml in force, by mail address; None for an account that nobody there has."""
    roles: frozenset[Role]

    @property
    def is_member(self) -> bool:
        """Whether somebody is signed in."""
        return Role.MEMBER in self.roles

    @property
    def is_approver(self) -> bool:
        """Whether they hold an authority to approve something."""
        return Role.APPROVER in self.roles

    @property
    def is_operator(self) -> bool:
        """Whether they hold the authority to roll back, kill or restore."""
        return Role.OPERATOR in self.roles

    @property
    def is_administrator(self) -> bool:
        """Whether they make and close accounts."""
        return Role.ADMINISTRATOR in self.roles

    @property
    def name(self) -> str:
        """What to call them."""
        if self.person is not None:
            return self.person.name
        return (self.account.name or self.account.email) if self.account else ""


_NOBODY = Visitor(None, None, frozenset({Role.VISITOR}))


def visitor_of(request: HttpRequest) -> Visitor:
    """Who is asking, worked out once a request."""
    found: Visitor | None = getattr(request, "care_visitor", None)
    if found is None:
        found = _visitor(getattr(request, "user", None))
        request.care_visitor = found  # type: ignore[attr-defined]
    return found


def _visitor(user: object) -> Visitor:
    if not isinstance(user, Account) or not user.is_authenticated or not user.is_active:
        return _NOBODY
    people = board().picture().people
    person = people.person(user.email) if people is not None else None
    roles = {Role.VISITOR, Role.MEMBER}
    if user.is_administrator:
        roles.add(Role.ADMINISTRATOR)
    if people is not None and person is not None:
        if any(people.seats(person.id, one) for one in _APPROVES):
            roles.add(Role.APPROVER)
        if any(people.seats(person.id, one) for one in _OPERATES):
            roles.add(Role.OPERATOR)
    return Visitor(user, person, frozenset(roles))


class Door:
    """Middleware: lets each page be seen by those whom `careloop.web.routes` names, and by nobody else."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on; the decision falls when its page is known."""
        return self._get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponseBase | None:
        """None when the page may be seen; else where to sign in, or the refusal."""
        from careloop.web.pages.refusals import refused, unknown
        from careloop.web.routes import role_for

        match = request.resolver_match
        needed = role_for(match.view_name if match else "")
        if needed is None:
            return unknown(request, None)
        visitor = visitor_of(request)
        if self._has_left(visitor):
            logout(request)
            return redirect_to_login(request.get_full_path())
        if needed in visitor.roles:
            return None
        if not visitor.is_member:
            return _sign_in(request)
        return refused(request, None, needed=needed)

    @staticmethod
    def _has_left(visitor: Visitor) -> bool:
        people = board().picture().people if visitor.person is not None else None
        return people is not None and visitor.person is not None and people.has_left(visitor.person)


def _sign_in(request: HttpRequest) -> HttpResponseBase:
    """Where to sign in; a part of a page that is fetched in the background asks for the whole page instead."""
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(status=401, headers={"HX-Refresh": "true"})
    return redirect_to_login(request.get_full_path() if request.method == "GET" else "/")
