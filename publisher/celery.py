"""The Celery application. Tasks are bells: no results, no retries, no ETA; the database is the queue of record."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery
from django.conf import settings
from kombu import Queue

from channels.registry import CHANNELS
from publisher.queue import DESK
from publisher.queue.running import bell

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "publisher.settings")
# A worker needs no pages; Django's checks, which Celery would run at its start, load every one of them.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

REDIS = {
    # Without it a message to a frozen Redis would be waited for without end; a visit may lose this much to a bell.
    "socket_timeout": 3,
    "socket_connect_timeout": 2,
    "socket_keepalive": True,
    "health_check_interval": 25,
    "visibility_timeout": 300,
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 1,
    **{"max_retries": 1, "interval_start": 0, "interval_step": 0.2},
}
AMQP = {
    # A bell counts as rung when RabbitMQ has it, and no longer than this is waited for that.
    "confirm_publish": True,
    "connect_timeout": 2,
    "read_timeout": 3,
    "write_timeout": 3,
    **{"max_retries": 1, "interval_start": 0, "interval_step": 0.2},
}
QUORUM = {"x-queue-type": "quorum"}


def broker_options(url: str) -> dict[str, Any]:
    """How long a broker may keep us waiting, in seconds; what is not named is left to Kombu."""
    scheme = url.partition("://")[0]
    if scheme in ("redis", "rediss", "sentinel"):
        return REDIS
    return AMQP if scheme in ("amqp", "amqps", "pyamqp") else {}


def queues(url: str) -> list[Queue]:
    """One direct queue for each kind of channel and one for the rest; on RabbitMQ they live on several machines."""
    arguments = QUORUM if broker_options(url) is AMQP else None
    return [Queue(name, exchange="", routing_key=name, queue_arguments=arguments) for name in (*CHANNELS, DESK)]


bell.register()
app = Celery("publisher")
app.conf.update(
    broker_url=settings.BROKER_URL,
    broker_transport_options=broker_options(settings.BROKER_URL),
    task_queues=queues(settings.BROKER_URL),
    task_default_queue=DESK,
    task_ignore_result=True,
    task_acks_late=False,
    task_reject_on_worker_lost=False,
    worker_prefetch_multiplier=1,
    worker_cancel_long_running_tasks_on_connection_loss=False,
    worker_enable_remote_control=False,
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
    broker_connection_timeout=2,
    broker_pool_acquire_timeout=5,
    timezone="UTC",
)
# Celery would close every database connection around every task; Django's own age and health checks do better.
app.conf["CELERY_DB_REUSE_MAX"] = 10**9
app.autodiscover_tasks(["publisher.queue.running"])
app.set_default()
