"""findings + results + approvals + appetite in, one decision out: allow / block / wait, with reasons"""

__all__: list[str] = []
