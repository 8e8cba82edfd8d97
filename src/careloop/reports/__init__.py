"""records in, documents out: check, status, gate, alarm, ledger, scorecard, assessment, as JSON or lines; schemas"""

__all__: list[str] = []
