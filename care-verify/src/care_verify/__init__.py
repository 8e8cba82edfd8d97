"""Check an export of an evidence ledger: offline, with only Python and `cryptography`, and no code of careloop's."""

__version__ = "0.1.0"

__all__ = ["__version__"]
