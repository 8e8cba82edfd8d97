"""Addresses, made from the table in `routes`."""

from django.urls import URLPattern, URLResolver, include, path
from django.views.decorators.http import require_http_methods

from careloop.web.api import api
from careloop.web.routes import ROUTES, Route

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


def _pattern(route: Route) -> URLPattern:
    methods = [*route.methods.split(), *(["HEAD"] if "GET" in route.methods else [])]
    return path(route.path, require_http_methods(methods)(route.view), name=route.name)


urlpatterns: list[URLPattern | URLResolver] = [
    *map(_pattern, ROUTES),
    path("accounts/", include("allauth.urls")),
    path("api/v1/", api.urls),
]
handler400 = "careloop.web.pages.refusals.wrong"
handler403 = "careloop.web.pages.refusals.refused"
handler404 = "careloop.web.pages.refusals.unknown"
handler500 = "careloop.web.pages.refusals.crashed"
