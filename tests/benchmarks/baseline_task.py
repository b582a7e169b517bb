"""Baseline: a bare Celery task that makes the call, with the program's own settings of Celery and no database.

Run as a process: ``python -m tests.benchmarks.baseline_task BROKER URL THREADS``.
"""

from __future__ import annotations

import sys

from celery import Celery

from tests.benchmarks.calls import post

TASK = "post"
QUEUE = "bare"


def make_app(broker: str) -> Celery:
    app = Celery("bare", broker=broker)
    app.conf.update(
        task_default_queue=QUEUE,
        task_ignore_result=True,
        task_acks_late=False,
        worker_prefetch_multiplier=1,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        worker_hijack_root_logger=False,
        broker_connection_retry_on_startup=True,
    )
    return app


def send(app: Celery, numbers: range) -> None:
    for number in numbers:
        app.send_task(TASK, (number,), retry=False, ignore_result=True)


if __name__ == "__main__":
    broker, url, threads = sys.argv[1:]
    worker = make_app(broker)

    def post_one(number: int) -> None:
        post(url, number)

    worker.task(post_one, name=TASK)
    options = ["--pool=threads", f"--concurrency={threads}", "--without-gossip", "--without-mingle"]
    worker.worker_main(["worker", *options, "--loglevel=WARNING"])
