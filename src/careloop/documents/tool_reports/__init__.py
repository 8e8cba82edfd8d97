"""reports of other tools in, what they say out: one file a tool; strict, and nothing is guessed"""

__all__: list[str] = []
