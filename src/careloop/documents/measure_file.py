"""A file of measures that are wanted, for `care measure run`: YAML or JSON in, the noun or placed errors out."""

from pydantic import TypeAdapter

from careloop.documents.placed_text import read_placed_text
from careloop.documents.validation import validate
from careloop.domain.finding import Finding
from careloop.domain.measure_spec import MeasureSpec

__all__ = ["read_measure_spec"]


def read_measure_spec(name: str, raw: bytes) -> MeasureSpec | tuple[Finding, ...]:
    """Read the file, or tell everything that is wrong with it."""
    text = read_placed_text(name, raw)
    if isinstance(text, tuple):
        return text
    found = validate(TypeAdapter(MeasureSpec), MeasureSpec, text.value)
    if isinstance(found, tuple):
        return text.findings(found)
    assert isinstance(found, MeasureSpec)
    return found
