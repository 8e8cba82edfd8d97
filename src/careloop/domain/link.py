"""`careloop.link.yaml`: a code repository says which system it holds and where that system is governed (R81)."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from careloop.domain.link_file import GovernanceRef
from careloop.domain.noun import Noun, Slug, Text

__all__ = ["Link", "read_governance"]

_REF = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*\Z")
_SCP_LIKE = re.compile(r"[^/@]+@[^/:]+:")


def read_governance(text: str) -> GovernanceRef:
    """Split `URL@ref`; an `@` that names a user belongs to the address.

    >>> read_governance("git@code.example:acme/aims.git@main")
    GovernanceRef(url='git@code.example:acme/aims.git', ref='main')
    >>> read_governance("../governance").ref is None
    True
    """
    scheme, found, rest = text.partition("://")
    scp = _SCP_LIKE.match(text)
    start = len(scheme) + 3 + max(rest.find("/"), 0) if found else scp.end() if scp else 0
    cut = text.rfind("@", start)
    if cut < 0:
        if found or scp:
            raise ValueError(f"'{text}' names no branch, tag or commit; write it like {text}@main")
        return GovernanceRef(text, None)
    url, ref = text[:cut], text[cut + 1 :]
    if not url or url.startswith("-") or not _REF.match(ref) or ".." in ref:
        raise ValueError(f"'{text}' is not an address and a branch, tag or commit, like https://host/aims.git@main")
    return GovernanceRef(url, ref)


def _a_governance(text: str) -> str:
    read_governance(text)
    return text


def _below(text: str) -> str:
    if text.startswith("/") or "\\" in text or ".." in text.split("/"):
        raise ValueError(f"'{text}' is not a path below the link")
    return text.removeprefix("./")


_Path = Annotated[Text, AfterValidator(_below)]


class Link(Noun):
    """What stands in a code repository beside the code of one system (SEMANTICS 9)."""

    governance: Annotated[Text, AfterValidator(_a_governance)]
    """`URL@ref` of the governance repository, or a folder relative to this file, as in a monorepo."""
    folder: _Path | None = None
    """Folder of the governance documents within that repository, where they are not at its top."""
    system: Slug
    watch: tuple[_Path, ...] = Field(min_length=1)
    """Patterns of the files that decide behaviour: a change to one wants a valid card and a risk record (R39)."""
    card: _Path | None = None
    """The model card beside the code; left out where it stands in the governance repository."""
