"""Samples of views are kept as the port says, whatever processes and disk do (R46, R47)."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from careloop.adapters.sqlite_views import SqliteViews
from careloop.domain.view import PrometheusView, ViewKey, ViewState
from careloop.errors import Unavailable
from careloop.ports.view_store import ViewStore
from careloop.testing.contracts.view_store import ViewStoreContract, a_range
from careloop.testing.view_store_fake import ViewStoreFake
from careloop.workflows.run.show_views import show_views

NOON = datetime(2026, 3, 31, 12, tzinfo=UTC)


class TestFake(ViewStoreContract):
    def make_store(self) -> ViewStore:
        return ViewStoreFake()


class TestSqlite(ViewStoreContract):
    @pytest.fixture(autouse=True)
    def _a_folder(self, tmp_path: Path) -> None:
        self._folder, self._made = tmp_path, 0

    def make_store(self) -> ViewStore:
        self._made += 1
        return SqliteViews(self._folder / f"lake-{self._made}" / "views.sqlite")

    def test_writers_do_not_lose_each_other_s_views(self) -> None:
        path = self._folder / "views.sqlite"
        keys = [ViewKey("shop", f"v{n}") for n in range(8)]

        def written(key: ViewKey) -> None:
            for n in range(10):
                given = a_range(0, 100, key=key, north={n: float(n)})
                SqliteViews(path).note(given, keep_from=0, now=NOON)

        threads = [threading.Thread(target=written, args=(key,)) for key in keys]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        store = SqliteViews(path)
        assert store.tried().keys() == set(keys)
        readings = [store.reading(key) for key in keys]
        assert [[point.at for point in one.series[0].points] for one in readings if one] == [[9]] * 8

    def test_a_file_that_is_none_is_unavailable_and_told_where_views_are_shown(self) -> None:
        path = self._folder / "views.sqlite"
        path.write_bytes(b"no database" * 100)
        with pytest.raises(Unavailable, match="cannot be used"):
            SqliteViews(path).reading(ViewKey("shop", "v"))
        view = PrometheusView(kind="prometheus", title="V", address="https://prom.example", query="q")
        (shown,) = show_views("shop", {"v": view}, SqliteViews(path), now=NOON)
        assert (shown.standing.state, "cannot be used" in shown.standing.because) == (ViewState.UNREAD, True)
        assert shown.series == ()
