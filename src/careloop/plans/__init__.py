"""what to do, as a list of typed steps: rollback, kill, policy change, drill, retirement"""

__all__: list[str] = []
