"""rules over the documents of a repository: findings with a place; what check, status and gates have in common"""

__all__: list[str] = []
