"""what the inside asks of the outside, as synchronous Protocols"""

__all__: list[str] = []
