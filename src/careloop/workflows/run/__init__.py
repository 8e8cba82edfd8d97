"""Run: gate, deploy, guard and monitors, alarm, rollback or kill, incident"""

__all__: list[str] = []
