"""careloop: the CARE loop (Create, Adapt, Run, Evolve) as software."""

__all__ = ["__version__"]

__version__ = "0.1.0"
