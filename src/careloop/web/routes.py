"""Which page stands where, and who may see it. What this table does not name is open to nobody.

The same table makes the addresses, the door and `docs/reference/routes.md`, so that none of them can drift.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from careloop.web import flags, live, metrics
from careloop.web.door import Role
from careloop.web.pages import (
    account,
    accounts,
    adapt,
    approvals,
    create,
    fleet,
    incidents,
    ledger,
    orders,
    overview,
    requirements,
    scorecard,
    system,
    systems,
    tokens,
)

__all__ = ["OF_ALLAUTH", "ROUTES", "Route", "role_for"]


@dataclass(frozen=True, slots=True)
class Route:
    """One address."""

    path: str
    view: Callable[..., Any]
    name: str
    role: Role
    methods: str = "GET"
    question: str = ""
    """What the page answers; empty for what is no page."""


_M, _A, _O, _ADMIN = Role.MEMBER, Role.APPROVER, Role.OPERATOR, Role.ADMINISTRATOR

ROUTES: Final[tuple[Route, ...]] = (
    Route("", overview.page, "overview", _M, "GET", "Does the loop turn?"),
    Route("create/", create.page, "create", _M, "GET", "Do our documents hold together?"),
    Route("create/<path:path>/", create.document, "document", _M, "GET", "What does this document say?"),
    Route("systems/", systems.page, "systems", _M, "GET", "Which AI systems do we have?"),
    Route("systems/<slug:name>/", system.page, "system", _M, "GET", "How is this system doing?"),
    Route("systems/<slug:name>/charts.json", system.charts, "charts", _M),
    Route("systems/<slug:name>/order/", orders.order, "order", _O, "POST"),
    Route("adapt/", adapt.page, "adapt", _M, "GET", "What changes around us?"),
    Route("run/", fleet.page, "fleet", _M, "GET", "Is everything that runs well?"),
    Route("approvals/", approvals.inbox, "approvals", _M, "GET", "What waits for people?"),
    Route("approvals/<str:digest>/", approvals.page, "approval", _M, "GET", "Do you agree to this?"),
    Route("approvals/<str:digest>/sign/", approvals.sign, "sign", _A, "POST"),
    Route("incidents/", incidents.page, "incidents", _M, "GET", "What went wrong, and what was done?"),
    Route("incidents/<uuid:record>/", incidents.story, "incident", _M, "GET", "What happened here?"),
    Route("evolve/scorecard/", scorecard.page, "scorecard", _M, "GET", "Are we getting better?"),
    Route("evidence/", requirements.page, "requirements", _M, "GET", "How far is every requirement evidenced?"),
    Route("evidence/explain/", requirements.explain, "explain", _M, "GET", "What is this, and what does it rest on?"),
    Route("ledger/", ledger.page, "ledger", _M, "GET", "What was decided and done?"),
    Route("ledger/key/", ledger.key, "ledger-key", _M),
    Route("ledger/<int:index>/", ledger.entry, "entry", _M, "GET", "What does this entry say?"),
    Route("ledger/<int:index>/proof/", ledger.proof, "proof", _M),
    Route("account/", account.page, "account", _M, "GET", "Who am I here?"),
    Route("account/tokens/", tokens.make, "make-token", _M, "POST"),
    Route("account/tokens/<int:number>/revoke/", tokens.revoke, "revoke-token", _M, "POST"),
    Route("accounts/people/", accounts.page, "accounts", _ADMIN, "GET", "Who may sign in?"),
    Route("accounts/people/make/", accounts.make, "make-account", _ADMIN, "POST"),
    Route("accounts/people/<int:number>/close/", accounts.close, "close-account", _ADMIN, "POST"),
    Route("accounts/people/<int:number>/link/", accounts.link, "link-account", _ADMIN, "POST"),
    Route("live/", live.stream, "live", _M),
    Route("metrics", metrics.page, "metrics", Role.VISITOR),
    Route("ofrep/v1/evaluate/flags", flags.evaluate_all, "flags", Role.VISITOR, "POST"),
    Route("ofrep/v1/evaluate/flags/<str:key>", flags.evaluate, "flag", Role.VISITOR, "POST"),
    Route("healthz", metrics.health, "health", Role.VISITOR),
)
"""`metrics`, the flags and the API check tokens by themselves; `healthz` says nothing but that somebody is there."""

OF_ALLAUTH: Final[dict[str, Role]] = {
    "account_login": Role.VISITOR,
    "account_logout": Role.MEMBER,
    "account_inactive": Role.VISITOR,
    "account_reauthenticate": Role.MEMBER,
    "account_change_password": Role.MEMBER,
    "account_set_password": Role.MEMBER,
    "account_reset_password_from_key": Role.VISITOR,
    "account_reset_password_from_key_done": Role.VISITOR,
    "mfa_authenticate": Role.VISITOR,
    "mfa_reauthenticate": Role.MEMBER,
    "mfa_index": Role.MEMBER,
    "mfa_activate_totp": Role.MEMBER,
    "mfa_deactivate_totp": Role.MEMBER,
    "mfa_view_recovery_codes": Role.MEMBER,
    "mfa_generate_recovery_codes": Role.MEMBER,
    "mfa_download_recovery_codes": Role.MEMBER,
    "openid_connect_login": Role.VISITOR,
    "openid_connect_callback": Role.VISITOR,
    "socialaccount_login_cancelled": Role.VISITOR,
    "socialaccount_login_error": Role.VISITOR,
}
"""What of django-allauth's pages is open; signing up, changing the mail address and the rest are not."""


@cache
def _roles() -> dict[str, Role]:
    return {route.name: route.role for route in ROUTES} | OF_ALLAUTH


def role_for(view_name: str) -> Role | None:
    """Who may see a page; None when nobody may. Calls of the API carry tokens, which the API itself checks."""
    if view_name.startswith("api:"):
        return Role.VISITOR
    return _roles().get(view_name)
