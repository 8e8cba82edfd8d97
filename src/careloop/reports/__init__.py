"""records in, documents out: check, status, gate, alarm, ledger, scorecard, assessment, as JSON and as lines; schemas"""

__all__: list[str] = []
