"""claims, requirements, residual risk, SoA rows, gap: evidence in, status out"""

__all__: list[str] = []
