"""ledger and lake readings in, metrics out: value, unit, n, window, target, trend"""

__all__: list[str] = []
