"""entry, Merkle tree, checkpoint, proof, verification (no storage)"""

__all__: list[str] = []
