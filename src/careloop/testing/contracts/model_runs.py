"""What every registry must say of the runs of a version."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping

from careloop.domain.model_run import RunRole
from careloop.errors import CareloopError, NotFound, UsageError
from careloop.ports.model_runs import ModelRuns

__all__ = ["ModelRunsContract"]


class ModelRunsContract(ABC):
    """Subclass it and hand out a registry with the model `credit`.

    Version 1 came out of the run `made`, the run `measured` logged metrics of it, the run `said` has its place as the
    tag `careloop.model`, and a run that measured it was deleted. Version 2 came out of `later` and nothing else is of
    it. The alias `champion` is version 1.
    """

    @abstractmethod
    def make_registry(self) -> tuple[ModelRuns, Mapping[str, str]]:
        """The registry, and the ids of the runs by the names above."""

    def test_a_version_has_the_runs_that_measured_it_that_say_so_and_that_made_it(self) -> None:
        """R92: deleted runs are none, and runs of other versions are none of it."""
        registry, ids = self.make_registry()
        found = registry.runs_of("models:/credit/1")
        assert (found.model, found.version, found.place) == ("credit", "1", "models:/credit/1")
        assert dict(found.runs) == {
            ids["measured"]: RunRole.MEASURED,
            ids["said"]: RunRole.SAID,
            ids["made"]: RunRole.MADE,
        }

    def test_a_version_that_nobody_measured_has_the_run_that_made_it(self) -> None:
        registry, ids = self.make_registry()
        assert dict(registry.runs_of("models:/credit/2").runs) == {ids["later"]: RunRole.MADE}

    def test_an_alias_is_the_version_that_it_stands_on(self) -> None:
        registry, _ = self.make_registry()
        assert registry.runs_of("models:/credit@champion") == registry.runs_of("models:/credit/1")

    def test_what_is_not_there_is_not_found_and_what_names_no_version_is_refused(self) -> None:
        registry, _ = self.make_registry()
        for place in ("models:/credit/9", "models:/credit@nobody", "models:/unheard-of/1"):
            assert _raised(lambda place=place: registry.runs_of(place)) is NotFound, place  # type: ignore[misc]
        for place in ("models:/credit", "credit/1", "models:/credit/latest", "models:/", ""):
            assert _raised(lambda place=place: registry.runs_of(place)) is UsageError, place  # type: ignore[misc]


def _raised(act: Callable[[], object]) -> type[CareloopError] | None:
    try:
        act()
    except CareloopError as error:
        return type(error)
    return None
