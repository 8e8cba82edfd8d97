"""Puts the example repositories into the wheel, where `care demo` finds them; an editable install has them already."""

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

__all__ = ["ExamplesInWheel"]


class ExamplesInWheel(BuildHookInterface[Any]):
    """Named by pyproject.toml; hatchling calls it before it writes a wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the folder to a wheel that is built to be installed elsewhere."""
        if version == "standard":
            build_data["force_include"]["examples/acme"] = "careloop/examples/acme"
