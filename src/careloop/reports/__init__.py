"""records in, documents out: SoA, risk register, gap, scorecard, audit pack, OSCAL, CycloneDX, SARIF, JUnit"""

__all__: list[str] = []
