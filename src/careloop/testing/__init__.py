"""fakes (one per port) and contract suites, for our tests and for plug-in authors"""

__all__: list[str] = []
