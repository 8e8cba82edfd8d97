"""What is secret comes from the environment, by the name that a document gives it."""

import os

from careloop.errors import UsageError

__all__ = ["told_by_environment"]


def told_by_environment(name: str, told: str) -> str:
    """The value of a variable; `told` is where its name stands. Raises `UsageError` where it is not set."""
    value = os.environ.get(name)
    if not value:
        raise UsageError(f"{told}: the environment has no variable {name}", hint=f"Set {name} where this runs.")
    return value
