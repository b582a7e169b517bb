"""The Celery application. Tasks are bells: no results, no retries, no ETA; the database is the queue of record."""

from __future__ import annotations

import os

from celery import Celery
from celery.signals import task_prerun
from django.conf import settings
from django.db import close_old_connections
from kombu import Queue

from channels.registry import CHANNELS
from publisher.queue import DESK, SWEEP, bell
from publisher.queue.delays import SWEEP_S

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "publisher.settings")

bell.register()
app = Celery("publisher")
app.conf.update(
    broker_url=settings.BROKER_URL,
    task_queues=[Queue(name, exchange="", routing_key=name) for name in (*CHANNELS, DESK)],
    task_default_queue=DESK,
    task_ignore_result=True,
    task_acks_late=False,
    task_reject_on_worker_lost=False,
    worker_prefetch_multiplier=1,
    worker_cancel_long_running_tasks_on_connection_loss=False,
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_pool_acquire_timeout=5,
    worker_soft_shutdown_timeout=60,
    timezone="UTC",
    beat_schedule={"sweep": {"task": SWEEP, "schedule": SWEEP_S * settings.PUBLISHER_TIME_SCALE}},
)
if settings.BROKER_URL.startswith("redis"):
    app.conf.broker_transport_options = {
        "socket_timeout": 5,
        "socket_connect_timeout": 2,
        "socket_keepalive": True,
        "health_check_interval": 25,
        "visibility_timeout": 300,
        "unacked_restore_interval": 10,
        "unacked_restore_throttle": 1,
    }
# Celery would close every database connection around every task; Django's own age and health checks do better.
app.conf["CELERY_DB_REUSE_MAX"] = 10**9
app.autodiscover_tasks(["publisher.queue"])
app.set_default()


@task_prerun.connect
def refresh_connections(**_: object) -> None:
    """Drop database connections that died or grew too old before a task uses them."""
    close_old_connections()
