"""A model card as it was published (Hugging Face Markdown), as facts to start a card of our own from."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import cast

from careloop.documents.card_markdown import read_card_markdown
from careloop.documents.markdown_text import split_front_matter
from careloop.documents.problem import Problem
from careloop.documents.yaml_text import decode, read_yaml
from careloop.domain.card import FieldState
from careloop.domain.model_facts import ModelFacts
from careloop.errors import InvalidInput, NotFound

__all__ = ["PublishedCard"]


class PublishedCard:
    """The card in a file; a registry of one."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def models(self) -> tuple[ModelFacts, ...]:
        """What the card states; its figures are left behind. Raises NotFound or InvalidInput."""
        front, body = self._parts()
        card = read_card_markdown({key: value for key, value in front.items() if key != "care"}, body, 1)
        stated = {name: one.text for name, one in card.fields.items() if one.state is FieldState.STATED}
        name = stated.pop("name", self._file.parent.name)
        return (
            ModelFacts(
                name=name,
                source=f"the published card {self._file.name}",
                version=stated.pop("version", None),
                kind=stated.pop("model_type", None),
                measures=tuple(dict.fromkeys(_measures(front))),
                licence=stated.pop("licence", None),
                base_model=stated.pop("base_model", None),
                sections=stated,
            ),
        )

    def _parts(self) -> tuple[dict[str, object], str]:
        try:
            raw = self._file.read_bytes()
        except OSError as error:
            raise NotFound(f"the card {self._file} cannot be read: {error.strerror}") from error
        text = decode(raw)
        if isinstance(text, Problem):
            raise InvalidInput(f"{self._file}: {text.message}")
        if not text.startswith("---"):
            return {}, text
        cut = split_front_matter(text)
        if isinstance(cut, Problem):
            raise InvalidInput(f"{self._file}:{cut.line or 1}: {cut.message}")
        reading = read_yaml(cut.front)
        if reading.problems or not isinstance(reading.value, dict):
            raise InvalidInput(
                f"{self._file}: the front matter cannot be read", hint="it is YAML between two lines ---"
            )
        return cast("dict[str, object]", reading.value), cut.body


def _measures(front: Mapping[str, object]) -> Iterator[str]:
    """Names of measures, from `metrics` and from the results in `model-index`."""
    metrics = front.get("metrics")
    yield from (str(one) for one in metrics if isinstance(one, str)) if isinstance(metrics, list) else ()
    for model in _mappings(front.get("model-index")):
        for result in _mappings(model.get("results")):
            for metric in _mappings(result.get("metrics")):
                if named := metric.get("type") or metric.get("name"):
                    yield str(named)


def _mappings(value: object) -> list[Mapping[str, object]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
