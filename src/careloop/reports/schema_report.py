"""JSON Schemas of the documents, for editors and other tools (draft 2020-12), generated from the nouns."""

import ast
import inspect
import textwrap
from collections.abc import Mapping
from functools import cache
from itertools import pairwise
from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from careloop.documents.layout import KINDS, Form
from careloop.documents.nouns import NOUNS, adapter_of
from careloop.domain.link import Link
from careloop.domain.link_file import LINK_FILE

__all__ = ["document_schema", "schema_kinds"]


_LINK = "link"
"""The one kind that stands in code repositories and not among the governance documents."""


def schema_kinds() -> Mapping[str, str]:
    """Kinds that have a schema, with the path of their documents."""
    return {kind.name: kind.pattern for kind in KINDS if kind.form is not Form.CARD} | {_LINK: LINK_FILE}


def document_schema(kind: str) -> dict[str, Any]:
    """The JSON Schema of a kind of document. Markdown documents: of their front matter."""
    adapter = TypeAdapter(Link) if kind == _LINK else adapter_of(kind)
    schema = adapter.json_schema(by_alias=True, schema_generator=GenerateJsonSchema)
    noun = Link if kind == _LINK else NOUNS[kind]
    form = next((row.form for row in KINDS if row.name == kind), Form.YAML)
    described = {**schema, "$schema": GenerateJsonSchema.schema_dialect, "title": kind}
    for name, model in _models(noun).items():
        target = described.get("$defs", {}).get(name) or (described if schema.get("title") == name else None)
        for field, text in _field_docs(model).items():
            shown = model.model_fields[field].alias or field
            if target and shown in target.get("properties", {}):
                target["properties"][shown].setdefault("description", text)
    if form is not Form.YAML:
        for derived in ("sections", "statements"):
            described.get("properties", {}).pop(derived, None)
    return described


def _models(noun: Any) -> dict[str, type[BaseModel]]:
    """All model classes a noun is made of, by name."""
    found: dict[str, type[BaseModel]] = {}
    waiting = [noun]
    while waiting:
        one = waiting.pop()
        if isinstance(one, type) and issubclass(one, BaseModel):
            if one.__name__ not in found:
                found[one.__name__] = one
                waiting.extend(info.annotation for info in one.model_fields.values())
        else:
            waiting.extend(getattr(one, "__args__", ()))
    return found


@cache
def _field_docs(model: type[BaseModel]) -> Mapping[str, str]:
    """Texts that stand below the fields of a class, by field, its parents' included."""
    docs: dict[str, str] = {}
    for base in reversed(model.__mro__):
        if not (isinstance(base, type) and issubclass(base, BaseModel) and base.__module__.startswith("careloop.")):
            continue
        module = ast.parse(textwrap.dedent(inspect.getsource(base)))
        definition = module.body[0]
        statements = definition.body if isinstance(definition, ast.ClassDef) else []
        for field, text in pairwise(statements):
            if not (isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)):
                continue
            if isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant):
                docs[field.target.id] = inspect.cleandoc(str(text.value.value))
    return docs
