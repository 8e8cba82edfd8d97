"""the rule language: parse, type-check, evaluate, explain"""

__all__: list[str] = []
