"""what an application imports: Guard, Recorder, ASGI middleware, gateway plug-ins; its own tiny composition,
light to import"""

__all__: list[str] = []
