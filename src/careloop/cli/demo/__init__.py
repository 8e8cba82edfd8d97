"""the demonstration: a script over the public workflows"""

__all__: list[str] = []
