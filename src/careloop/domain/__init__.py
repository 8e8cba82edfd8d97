"""the nouns, one file each; frozen (hot ones as slotted dataclasses or msgspec structs, without pydantic)"""

__all__: list[str] = []
