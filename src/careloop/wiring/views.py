"""Composition for views: who is asked for a business figure, and where its samples are kept."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from careloop.domain.view import PrometheusView, ViewKey
from careloop.errors import Unavailable
from careloop.wiring.lakes import lake_folder
from careloop.wiring.variables import told_by_environment

if TYPE_CHECKING:
    from careloop.ports.range_query import RangeQuery
    from careloop.ports.view_store import ViewStore

__all__ = ["declared_views", "last_tried", "view_source", "view_store"]


def declared_views(root: Path) -> Mapping[ViewKey, PrometheusView]:
    """Every view that the repository declares. Raises `InvalidInput` for what cannot be read."""
    from careloop import wiring
    from careloop.workflows.run.ingest_events import declared_systems

    systems = declared_systems(wiring.repository_source(root))
    return {ViewKey(one.id, name): view for one in systems for name, view in sorted(one.views.items())}


def view_source(key: ViewKey, view: PrometheusView) -> "RangeQuery":
    """The server that a view names. Raises `UsageError` where a variable that it names is not set."""
    from careloop.adapters.prometheus_range import PrometheusRange

    told = f"systems/{key.system}/system.yaml: views.{key.view}"
    return PrometheusRange(
        view.address,
        name=told,
        user=None if view.user is None else told_by_environment(view.user, f"{told}.user"),
        secret=None if view.secret is None else told_by_environment(view.secret, f"{told}.secret"),
    )


def view_store(root: Path, declared_lake: str | None) -> "ViewStore":
    """Samples of views, beside the lake of a repository."""
    from careloop.adapters.sqlite_views import SqliteViews

    return SqliteViews(lake_folder(root, declared_lake) / "views.sqlite")


def last_tried(root: Path, declared_lake: str | None) -> Mapping[str, float]:
    """System to when a view of it was read or tried last, in seconds since 1970; nothing where that cannot be known."""
    found: dict[str, float] = {}
    try:
        tried = view_store(root, declared_lake).tried()
    except Unavailable:
        return {}
    for key, at in tried.items():
        found[key.system] = max(found.get(key.system, 0.0), at.timestamp())
    return found
