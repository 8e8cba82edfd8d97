"""A scikit-learn model in a joblib or pickle file: its kind, parameters and inputs, read without loading it."""

from collections.abc import Iterator
from pathlib import Path

from careloop.adapters.pickle_shape import Shape, attributes_of, read_shape
from careloop.domain.model_facts import ModelFacts
from careloop.errors import InvalidInput

__all__ = ["SklearnFile"]


class SklearnFile:
    """The model in a file; a registry of one."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def models(self) -> tuple[ModelFacts, ...]:
        """The one model, named after the file. Raises InvalidInput for a file that holds none."""
        whole = read_shape(self._file)
        if not isinstance(whole, Shape) or not whole.module.startswith("sklearn."):
            held = f"{whole.module}.{whole.name}" if isinstance(whole, Shape) else type(whole).__name__
            raise InvalidInput(f"{self._file} holds {held}, not a model of scikit-learn", hint="name the model's file")
        steps = [step for _, step in _steps(whole)]
        last = steps[-1] if steps else whole
        version = attributes_of(whole).get("_sklearn_version") or attributes_of(last).get("_sklearn_version")
        kind = last.name if last is whole else f"{last.name} behind {', '.join(step.name for step in steps[:-1])}"
        return (
            ModelFacts(
                name=self._file.name.partition(".")[0],
                source=self._file.name,
                kind=f"{kind} (scikit-learn {version})" if version else kind,
                parameters=_parameters(last),
                inputs=tuple(dict.fromkeys(_inputs(whole, steps))),
            ),
        )


def _steps(whole: Shape) -> Iterator[tuple[str, Shape]]:
    steps = whole.state.get("steps")
    for step in steps if isinstance(steps, list) else ():
        if isinstance(step, tuple) and len(step) == 2 and isinstance(step[1], Shape):
            yield str(step[0]), step[1]


def _parameters(model: Shape) -> dict[str, str]:
    """What was set before fitting: plain values whose names do not end with an underscore."""
    plain = (str, int, float, bool)
    return {
        name: str(value)
        for name, value in model.state.items()
        if not name.startswith("_") and not name.endswith("_") and isinstance(value, plain)
    }


def _inputs(whole: Shape, steps: list[Shape]) -> Iterator[str]:
    """Names of the features, from where scikit-learn keeps them; none when it was fitted on bare arrays."""
    for model in (whole, *steps):
        named = attributes_of(model.state.get("feature_names_in_")).get("items")
        if isinstance(named, list):
            yield from (str(name) for name in named)
        columns = model.state.get("_columns")
        for group in columns if isinstance(columns, list) else ():
            yield from (name for name in group if isinstance(name, str)) if isinstance(group, list) else ()
