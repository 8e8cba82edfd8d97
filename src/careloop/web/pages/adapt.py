"""What changes around us? Laws with their days, training, drills, and reviews that fall due."""

from __future__ import annotations

from datetime import date, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from careloop import wiring
from careloop.domain.evolve import Drill
from careloop.domain.noun import Governed, days_in
from careloop.domain.third_party import Course, Law
from careloop.web.site import board

__all__ = ["page"]

_SOON = timedelta(days=60)


def page(request: HttpRequest) -> HttpResponse:
    """The calendar of what comes, the training there is, and the drills that were held."""
    picture = board().picture()
    repository, today = picture.repository, wiring.now().date()
    laws = [(document.path, law) for document, law in repository.all(Law)]
    reviews = [
        (document.path, document.noun, due)
        for document in repository.documents
        if isinstance(document.noun, Governed) and (due := _due(document.noun)) is not None and due <= today + _SOON
    ]
    reviews.sort(key=lambda row: row[2])
    shown = {
        "laws": laws,
        "reviews": reviews,
        "late": sum(due < today for _, _, due in reviews),
        "today": today,
        "trainings": [(document.path, one) for document, one in repository.all(Course)],
        "drills": [(document.path, one) for document, one in repository.all(Drill)],
        "phase": next((one for one in picture.phases if one.phase.value == "adapt"), None),
    }
    return render(request, "pages/adapt.html", shown)


def _due(noun: Governed) -> date | None:
    return noun.reviewed + timedelta(days=days_in(noun.review_every)) if noun.reviewed else None
