"""Evolve: ledger and lake to status, explanation, scorecard, audit"""

__all__: list[str] = []
