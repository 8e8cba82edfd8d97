"""contract suites: what every adapter of a port must do"""

__all__: list[str] = []
