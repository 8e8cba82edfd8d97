"""Print which fields each kind of JSON has into docs/reference/json-fields.md: `print_json_fields.py --write`.

The fields are read from the source that writes them, so the document cannot fall behind; a test compares.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from printed_document import settle

__all__ = ["main", "table"]

PROJECT = Path(__file__).resolve().parent.parent
SOURCE = PROJECT / "src" / "careloop"
DOCUMENT = PROJECT / "docs" / "reference" / "json-fields.md"
EVERYWHERE = ("schema", "careloop_version", "standards_digest", "commit")
HEAD = """\
# Fields of JSON answers and files

Printed by `make fields` from the source that writes them; examples with values stand in [JSON answers](json.md).
`a[]: b, c` are the fields of each item of the list `a`; `a: {b, c}` those of the object `a`; `…` says that more come
from elsewhere, which the command's own output shows. Fields that every answer has are left out.

| schema | fields |
|---|---|
"""


def table() -> str:
    """The document as it should be."""
    found: dict[str, set[str]] = {}
    for path in sorted(SOURCE.rglob("*.py")):
        for schema, fields in _answers(ast.parse(path.read_text(encoding="utf-8"))):
            found.setdefault(schema, set()).add(fields)
    rows = [f"| `{schema}` | {' or '.join(sorted(texts))} |" for schema, texts in sorted(found.items())]
    return HEAD + "\n".join(rows) + "\n"


def _answers(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """The schema of each dictionary that says one, and its fields."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if _text(key) == "schema" and (_text(value) or "").startswith("careloop/"):
                    yield str(_text(value)), _fields(node)


def _fields(node: ast.Dict) -> str:
    names = []
    for key, value in zip(node.keys, node.values, strict=True):
        if key is None:
            names.append("…")
        elif (name := _text(key)) is not None and name not in EVERYWHERE:
            names.append(_shown(name, value))
    return "; ".join(dict.fromkeys(names)) or "…"


def _shown(name: str, value: ast.expr) -> str:
    """One field, with the fields inside it where the source writes them in the same place."""
    item = value.elt if isinstance(value, ast.ListComp) else None
    if isinstance(item, ast.Dict):
        return f"`{name}[]`: {_inside(item)}"
    return f"`{name}`: {{{_inside(value)}}}" if isinstance(value, ast.Dict) and value.keys else f"`{name}`"


def _inside(node: ast.Dict) -> str:
    return ", ".join(dict.fromkeys("…" if key is None else f"`{_text(key) or '…'}`" for key in node.keys))


def _text(node: ast.expr | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def main(words: list[str]) -> int:
    """Write the document, or say whether it is as it should be."""
    return settle(DOCUMENT, table(), words, target="fields")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
