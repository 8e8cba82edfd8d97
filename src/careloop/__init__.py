"""careloop: the CARE loop (Create, Adapt, Run, Evolve) as software."""

from importlib import import_module
from typing import Any

__all__ = ["__version__", "evaluate", "from_metricframe"]

__version__ = "0.1.0"

evaluate: Any
"""`careloop.sdk.evaluate.evaluate`, for notebooks and pipelines; loaded on first use."""
from_metricframe: Any
"""`careloop.sdk.metric_frame.from_metricframe`; loaded on first use."""

_LOADED_WHEN_USED = {"evaluate": "careloop.sdk.evaluate", "from_metricframe": "careloop.sdk.metric_frame"}


def __getattr__(name: str) -> Any:
    if name not in _LOADED_WHEN_USED:
        raise AttributeError(f"module 'careloop' has no attribute '{name}'")
    return getattr(import_module(_LOADED_WHEN_USED[name]), name)
