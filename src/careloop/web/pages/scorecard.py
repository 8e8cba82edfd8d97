"""Are we getting better? The quarter's figures with n, interval, target, trend, colour and reason."""

from __future__ import annotations

from contextlib import ExitStack, closing

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from careloop import wiring
from careloop.domain.metric import MetricState
from careloop.errors import CareloopError
from careloop.web.pages.refusals import problem
from careloop.web.site import board, place
from careloop.workflows.evolve.compute_scorecard import Period, ScorecardResult, Stores, compute_scorecard

__all__ = ["page"]


def page(request: HttpRequest) -> HttpResponse:
    """This quarter from the board; `?quarter=2026Q3` computes another one, which takes a moment."""
    quarter = request.GET.get("quarter", "").strip()
    picture = board().picture()
    found = picture.scorecard
    if quarter:
        try:
            found = _computed(quarter)
        except CareloopError as error:
            return problem(request, error, status=400)
    card = found.scorecard if found else None
    counts = {state: sum(one.state is state for one in card.metrics) for state in MetricState} if card else {}
    shown = {"card": card, "counts": counts, "quarter": quarter, "failed": picture.scorecard_failed}
    return render(request, "pages/scorecard.html", shown)


def _computed(quarter: str) -> ScorecardResult:
    root = place().root
    with ExitStack() as opened:
        ledger, lake = wiring.ledger_to_read(root), wiring.lake_to_read(root)
        for store in (ledger, lake):
            if store is not None:
                opened.enter_context(closing(store))
        stores = Stores(
            source=wiring.repository_source(root), standards=wiring.standards_library(), ledger=ledger, lake=lake
        )
        return compute_scorecard(stores, now=wiring.now(), period=Period(quarter=quarter))
