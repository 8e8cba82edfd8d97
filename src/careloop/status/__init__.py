"""claims to requirements, and what the programme owes: evidence in, status out"""

__all__: list[str] = []
