"""bytes in, nouns or placed errors out; schemas; upcasters"""

__all__: list[str] = []
