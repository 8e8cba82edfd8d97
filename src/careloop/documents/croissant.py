"""A published description of a data set in Croissant (JSON-LD), as far as a data sheet can use it.

Source: Croissant format specification 1.0 and 1.1, and Croissant RAI 1.0 (MLCommons, docs.mlcommons.org/croissant).
Keys count by their last part, whatever prefix or address stands before it, so that no vocabulary has to be fetched.
What is not here: data, record sets in detail, anything that would need the network.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from careloop.documents.json_exact import JsonRefused, read_json_with_places
from careloop.errors import InvalidInput

__all__ = ["CroissantSheet", "PublishedFile", "read_croissant"]

_PREFIX = re.compile(r"^(?:.*[/#]|[a-z]+:)(?=[A-Za-z@]+$)")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ]|$)")
_BESIDE = frozenset({"Enumeration", "Split"})
"""Kinds of record sets that describe values of other ones, and hold no data themselves."""


@dataclass(frozen=True, slots=True)
class PublishedFile:
    """One file of the data set, with the digest that its maker gives; null where none, or no SHA-256, is given."""

    name: str
    digest: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CroissantSheet:
    """What the description says; empty or null where it says nothing."""

    digest: str
    """SHA-256 of the description itself."""
    name: str
    description: str
    version: str
    address: str
    creators: tuple[str, ...]
    publisher: tuple[str, ...]
    licence: str
    usage: str
    """What the description says about permission to use it, beside the licence."""
    published: date | None
    period: tuple[date, date] | None
    """First and last day on which data was collected."""
    files: tuple[PublishedFile, ...]
    columns: tuple[str, ...]
    splits: tuple[str, ...]
    live: bool
    """Whether its files change while their description stays."""
    said: Mapping[str, str]
    """Texts of the RAI vocabulary, by property: `dataBiases`, `dataUseCases`, …"""


def read_croissant(name: str, raw: bytes) -> CroissantSheet:
    """Read a description. Raises InvalidInput, with file and place, for anything that is none."""
    try:
        value, _ = read_json_with_places(raw)
    except JsonRefused as error:
        raise InvalidInput(f"{name}:{error.line}:{error.column}: {error.what}", hint="Croissant is JSON-LD") from error
    node = _data_set(value)
    if node is None:
        raise InvalidInput(
            f"{name}:1:1: no node of type Dataset stands here", hint="give the Croissant file of a data set"
        )
    title = _text(node.get("name"))
    if not title:
        raise InvalidInput(f"{name}:1:1: the data set has no name", hint="Croissant asks for `name`")
    records = [_plain(one) for one in _many(node.get("recordSet"))]
    return CroissantSheet(
        digest=hashlib.sha256(raw).hexdigest(),
        name=title,
        description=_text(node.get("description")),
        version=_text(node.get("version")),
        address=_text(node.get("url")),
        creators=tuple(_names(node.get("creator"))),
        publisher=tuple(_names(node.get("publisher"))),
        licence=", ".join(_names(node.get("license"))),
        usage=", ".join(_names(node.get("usageInfo"))),
        published=_day(node.get("datePublished")) or _day(node.get("dateModified")),
        period=_period(node),
        files=tuple(_files(node)),
        columns=tuple(dict.fromkeys(_columns(records))),
        splits=tuple(dict.fromkeys(_splits(records))),
        live=node.get("isLiveDataset") is True,
        said={key: text for key, value in node.items() if key in _RAI and (text := _text(value))},
    )


_RAI = frozenset(
    {
        "annotationsPerItem",
        "annotatorDemographics",
        "dataAnnotationAnalysis",
        "dataAnnotationPlatform",
        "dataAnnotationProtocol",
        "dataBiases",
        "dataCollection",
        "dataCollectionMissingData",
        "dataCollectionRawData",
        "dataCollectionType",
        "dataImputationProtocol",
        "dataLimitations",
        "dataManipulationProtocol",
        "dataPreprocessingProtocol",
        "dataReleaseMaintenancePlan",
        "dataSocialImpact",
        "dataUseCases",
        "machineAnnotationTools",
        "personalSensitiveInformation",
    }
)
"""Properties of the RAI vocabulary that hold text."""


def _plain(node: object) -> dict[str, object]:
    """A node with its keys cut down to their last part."""
    return {_PREFIX.sub("", key): value for key, value in node.items()} if isinstance(node, dict) else {}


def _many(value: object) -> list[object]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _types(node: Mapping[str, object]) -> set[str]:
    kinds = [*_many(node.get("@type")), *_many(node.get("dataType"))]
    return {_PREFIX.sub("", kind) for kind in kinds if isinstance(kind, str)}


def _data_set(value: object) -> dict[str, object] | None:
    nodes = [_plain(one) for one in _many(value)]
    inner = [_plain(one) for node in nodes for one in _many(node.get("@graph"))]
    return next((node for node in (*nodes, *inner) if "Dataset" in _types(node)), None)


def _text(value: object) -> str:
    """The words of a value, on one line: plain, with a language, by address, or several of these."""
    return "; ".join(" ".join(word.split()) for word in _words(value) if word.strip())


def _words(value: object) -> Iterator[str]:
    for one in _many(value):
        if isinstance(one, bool):
            yield "yes" if one else "no"
        elif isinstance(one, str | int | float):
            yield str(one)
        elif isinstance(one, dict):
            keys = ("@value", "name", "url", "@id")
            yield next((str(one[key]) for key in keys if isinstance(one.get(key), str | int | float)), "")


def _names(value: object) -> Iterator[str]:
    return (found for one in _many(value) if (found := _text(_plain(one) or one)))


def _day(value: object) -> date | None:
    found = _DAY.match(_text(value))
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:
        return None


def _period(node: Mapping[str, object]) -> tuple[date, date] | None:
    """From `rai:dataCollectionTimeframe`, else from schema.org's `temporalCoverage`, an interval of ISO 8601."""
    told = [_text(one) for one in _many(node.get("dataCollectionTimeframe"))] or [_text(node.get("temporalCoverage"))]
    days = [day for text in told for part in text.split("/") if (day := _day(part.strip())) is not None]
    return (min(days), max(days)) if len(days) > 1 else None


def _files(node: Mapping[str, object]) -> Iterator[PublishedFile]:
    for one in map(_plain, _many(node.get("distribution"))):
        if "FileObject" in _types(one):
            digest = _text(one.get("sha256")).lower()
            name = _text(one.get("name")) or _text(one.get("contentUrl")) or "a file"
            yield PublishedFile(name, digest if _SHA256.fullmatch(digest) else None)


def _columns(records: list[dict[str, object]]) -> Iterator[str]:
    for record in records:
        if not _types(record) & _BESIDE:
            for field in map(_plain, _many(record.get("field"))):
                if name := _text(field.get("name")) or _text(field.get("@id")):
                    yield name.rpartition("/")[2]


def _splits(records: list[dict[str, object]]) -> Iterator[str]:
    for record in records:
        if "Split" in _types(record):
            for row in _many(record.get("data")):
                yield from (_text(value) for value in (row.values() if isinstance(row, dict) else ()))
