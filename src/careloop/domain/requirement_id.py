"""Ids of requirements and controls; each carries the edition of its framework."""

from typing import Annotated

from pydantic import AfterValidator, Field

__all__ = ["RequirementId", "check_requirement_id"]

_OWN = ("own/", "care/")


def check_requirement_id(value: str) -> str:
    """Return `value` if it is `framework:edition/item`, `care/C1` or `own/X-1`; else say what is missing.

    >>> check_requirement_id("iso42001:2023/A.6.2.4")
    'iso42001:2023/A.6.2.4'
    """
    framework, slash, item = value.partition("/")
    if not slash or not item:
        raise ValueError("a requirement is written framework:edition/item, like iso42001:2023/A.6.2.4")
    if value.startswith(_OWN):
        return value
    name, colon, edition = framework.partition(":")
    if not colon or not name or not edition:
        raise ValueError(f"the framework id '{framework}' has no edition; write it like iso42001:2023/{item}")
    return value


RequirementId = Annotated[
    str, Field(examples=["iso42001:2023/A.6.2.4", "care/C3", "own/X-1"]), AfterValidator(check_requirement_id)
]
