"""What the front matter of a Hugging Face card states: licence, base model, data, results, emissions, and the rest.

Source of the keys: Hugging Face's model card metadata (huggingface_hub, repocard_data.py). A key outside them counts
when it reads like a heading that we know (`intended_use`, `limitations`).
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from careloop.documents.card_evidence import Evidence, Kind
from careloop.documents.card_headings import fields_of
from careloop.domain.place import Pointer

__all__ = ["implies_a_base_model", "metadata_evidence", "words_of"]

_KEYS: dict[str, tuple[str, ...]] = {
    "model_name": ("name",),
    "name": ("name",),
    "title": ("name",),
    "license": ("licence",),
    "licence": ("licence",),
    "license_name": ("licence",),
    "license_link": ("licence",),
    "base_model": ("base_model",),
    "base_models": ("base_model",),
    "datasets": ("training_data",),
    "dataset": ("training_data",),
    "train_datasets": ("training_data",),
    "test_datasets": ("evaluation_data",),
    "metrics": ("metrics",),
    "pipeline_tag": ("model_type",),
    "model_type": ("model_type",),
    "co2_eq_emissions": ("environment",),
    "arxiv": ("citation",),
    "doi": ("citation",),
}
_SILENT = frozenset({"care", "tags", "model-index", "language", "library_name", "widget", "inference", "thumbnail"})
"""Keys that are read elsewhere, or that state no field."""

_TASKS = re.compile(
    """
    any-to-any audio-classification audio-text-to-text automatic-speech-recognition depth-estimation
    document-question-answering feature-extraction fill-mask graph-ml image-classification image-feature-extraction
    image-segmentation image-text-to-text image-to-image image-to-text image-to-video keypoint-detection mask-generation
    object-detection question-answering reinforcement-learning robotics sentence-similarity summarization
    table-question-answering tabular-classification tabular-regression text-classification text-generation text-ranking
    text-to-audio text-to-image text-to-speech text-to-video text2text-generation time-series-forecasting
    token-classification translation unconditional-image-generation video-classification visual-question-answering
    voice-activity-detection zero-shot-classification zero-shot-image-classification zero-shot-object-detection
    """.strip()
    .replace("    ", " ")
    .replace("\n", " ")
    .replace("  ", " ")
    .replace(" ", "|")
)
"""Hugging Face's names of tasks: as a tag they say what kind of model it is."""

_DERIVING_TAG = re.compile(
    r"adapters?|distill(?:ed|ation)|fine-?tuned?|q?lora|merge(?:kit)?|peft|quantized|base_model:.*"
)


def metadata_evidence(front: Mapping[str, object], line_of: Callable[[Pointer], int]) -> Iterator[Evidence]:
    """Everything that the keys state, each at the line of its key."""
    for key, value in front.items():
        if not isinstance(key, str) or key in _SILENT:
            continue
        fields = _KEYS.get(key) or fields_of(key) or ()
        for field in fields:
            yield Evidence(field, Kind.METADATA, line_of((key,)), words_of(value))
    yield from _from_tags(front.get("tags"), line_of(("tags",)) if "tags" in front else 1)
    if isinstance(index := front.get("model-index"), Sequence) and not isinstance(index, str):
        line = line_of(("model-index",))
        for model in index:
            yield from _from_index(model, line)


def implies_a_base_model(front: Mapping[str, object]) -> bool:
    """Whether tags, library or relation say that the model was made from another one."""
    if any(_DERIVING_TAG.fullmatch(tag.casefold()) for tag in _texts(front.get("tags"))):
        return True
    return words_of(front.get("library_name")) == "peft" or bool(words_of(front.get("base_model_relation")))


def _from_tags(tags: object, line: int) -> Iterator[Evidence]:
    for tag in _texts(tags):
        kind, _, rest = tag.partition(":")
        if _TASKS.fullmatch(tag.casefold()):
            yield Evidence("model_type", Kind.METADATA, line, tag)
        elif kind in ("arxiv", "doi") and rest:
            yield Evidence("citation", Kind.METADATA, line, tag)
        elif kind == "base_model" and rest:
            yield Evidence("base_model", Kind.METADATA, line, rest.rpartition(":")[2])
        elif kind == "license" and rest:
            yield Evidence("licence", Kind.METADATA, line, rest)
        elif kind == "dataset" and rest:
            yield Evidence("training_data", Kind.METADATA, line, rest)


def _from_index(model: object, line: int) -> Iterator[Evidence]:
    """Results in the form that leaderboards read: task, data set, metrics with values."""
    if not isinstance(model, Mapping):
        return
    yield Evidence("name", Kind.METADATA, line, words_of(model.get("name")))
    for result in _items(model.get("results")):
        data = words_of(_part(result, "dataset", "name")) or words_of(_part(result, "dataset", "type"))
        yield Evidence("evaluation_data", Kind.METADATA, line, data)
        for metric in _items(result.get("metrics")):
            name = words_of(metric.get("name")) or words_of(metric.get("type"))
            value = words_of(metric.get("value"))
            yield Evidence("metrics", Kind.METADATA, line, name)
            yield Evidence("results", Kind.METADATA, line, f"{name}: {value}" if value else "")


def _part(record: Mapping[object, object], *keys: str) -> object:
    value: object = record
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _items(value: object) -> list[Mapping[object, object]]:
    if isinstance(value, Mapping):
        return [value]
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [item for item in value if isinstance(item, Mapping)]
    return []


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [item for item in value if isinstance(item, str)] if isinstance(value, Sequence) else []


def words_of(value: object) -> str:
    """All that a value says, in one line; empty for null and empty things."""
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {words}" for key, inner in value.items() if (words := words_of(inner)))
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(words for inner in value if (words := words_of(inner)))
    return str(value).strip()
