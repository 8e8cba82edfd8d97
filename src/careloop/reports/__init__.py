"""records in, documents out: check, status, gate, alarm, ledger and scorecard, as JSON and as lines; schemas"""

__all__: list[str] = []
