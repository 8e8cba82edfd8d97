"""windows, thresholds, alarms: counts in, Signal out"""

__all__: list[str] = []
