"""The queue: deliveries on their way to the channels, exactly once each. The database is the queue of record."""

WORK = "publisher.queue.work"
"""Name of the task that looks at one delivery."""

DESK = "desk"
"""Celery queue of what belongs to no channel; each kind of channel has its own queue beside it."""

SYSTEM = "system"
"""The actor of what no person decided."""

BATCH = 500
"""How many rows one round of the sweep takes of each sort."""
