"""what answers over HTTP, routes without rules: so far the ingest of events"""

__all__: list[str] = []
