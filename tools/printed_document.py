"""Documents that are printed from what they describe: written anew with `--write`, else held against it."""

import sys
from pathlib import Path

__all__ = ["settle"]


def settle(document: Path, wanted: str, words: list[str], *, target: str) -> int:
    """Write the document as it should be, or say whether it is; the exit code. `make TARGET` is what writes it."""
    if "--write" in words:
        document.write_text(wanted, encoding="utf-8")
        return 0
    if document.is_file() and document.read_text(encoding="utf-8") == wanted:
        return 0
    print(f"{document.name} is not what it is printed from: run `make {target}`", file=sys.stderr)
    return 1
