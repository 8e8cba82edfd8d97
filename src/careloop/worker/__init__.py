"""loops that run by themselves: watch every system, answer alarms, compact the lake; one failure stops nothing else"""

from careloop.worker.watcher import Beat, Watcher, run_forever

__all__ = ["Beat", "Watcher", "run_forever"]
