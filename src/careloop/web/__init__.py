"""Django: pages, JSON API, live stream, accounts; routes hold no rules"""

__all__: list[str] = []
