"""the pages, one file each: read the board or call one workflow, show it, and hold no rule"""

__all__: list[str] = []
