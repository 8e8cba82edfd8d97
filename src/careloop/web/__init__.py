"""what answers over HTTP, routes without rules: pages, JSON API, live stream, accounts, ingest of events"""

__all__: list[str] = []
