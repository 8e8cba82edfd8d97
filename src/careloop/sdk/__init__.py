"""what an application imports: so far the Recorder; its own tiny composition, light to import"""

__all__: list[str] = []
