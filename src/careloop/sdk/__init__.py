"""what an application imports: Recorder, RecordedModel, ASGI middleware; its own tiny composition, light to import"""

__all__: list[str] = []
