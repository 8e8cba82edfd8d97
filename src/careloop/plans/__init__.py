"""what to do, as a list of typed steps: rollback, safe state, undo; explained and executed alike"""

__all__: list[str] = []
