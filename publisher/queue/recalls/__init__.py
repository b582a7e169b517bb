"""Taking an item back everywhere as one thing: asked for once, open until every channel has its evidence."""

from publisher.queue.recalls.queries import open_recalls

__all__ = ["open_recalls"]
