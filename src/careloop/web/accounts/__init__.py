"""who may sign in to the pages: accounts, their tokens, the first administrator"""

__all__: list[str] = []
