"""words typed in a shell or in CI: parse, call one workflow, print, exit code"""

__all__: list[str] = []
