"""Modules of the management system that care.yaml switches on and off (S5)."""

import difflib
from collections.abc import Iterator, Mapping

from careloop.checks.breach import Breach
from careloop.domain.profile import Module
from careloop.domain.repository import Repository

__all__ = ["module_known", "switched_off"]


def switched_off(repository: Repository, modules: tuple[Module, ...]) -> Mapping[str, str]:
    """Rules of modules that care.yaml switches off, with the module of each."""
    organisation = repository.organisation
    switches = organisation.modules if organisation else {}
    return {rule: module.id for module in modules if switches.get(module.id) == "off" for rule in module.rules}


def module_known(repository: Repository, modules: tuple[Module, ...]) -> Iterator[Breach]:
    """A switch that moves nothing is a mistake: the module it names exists."""
    organisation = repository.organisation
    known = [module.id for module in modules]
    for name in organisation.modules if organisation else ():
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            guess = f"; did you mean '{close[0]}'?" if close else f"; there are {', '.join(known)}"
            yield Breach(path="care.yaml", pointer=("modules", name), message=f"there is no module '{name}'{guess}")
