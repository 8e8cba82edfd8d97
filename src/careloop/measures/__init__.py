"""fairness, drift, performance, latency, business: a small frozen plan of counts, and counts in, values out"""

__all__: list[str] = []
