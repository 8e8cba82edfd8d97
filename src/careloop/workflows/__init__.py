"""THE CARE LOOP, one file per use case; does I/O only through ports, appends its own evidence, returns the receipt"""

__all__: list[str] = []
