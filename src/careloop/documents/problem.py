"""Something that keeps a document from being read, before it has a file name."""

from dataclasses import dataclass

from careloop.domain.place import Pointer

__all__ = ["Problem"]


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, where in the text (from 1) or at which value, and how to mend it."""

    code: str
    """`yaml-syntax`, `unknown-key`, `wrong-type`, … shown as the error's rule."""
    message: str
    line: int | None = None
    column: int | None = None
    pointer: Pointer = ()
    remedy: str = ""
