"""Running the program: all in one process, or its parts."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from types import FrameType

import click
import waitress
from celery import current_app
from django.conf import settings
from django.core.wsgi import get_wsgi_application

from channels.errors import Text
from publisher.cli.output import Exit, say, stop
from publisher.cli.schema import ensure_schema
from publisher.office import get_office, missing_secrets
from publisher.queue.embedded import Engine
from publisher.wording import sentence, system_reason

WEB_THREADS = 8

port_option = click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
host_option = click.option("--host", default="127.0.0.1", show_default=True, help="监听地址。 Address to listen on.")


@click.command()
@port_option
@host_option
def up(port: int, host: str) -> None:
    """一条命令启动网页、发布进程和调度。 Web pages, worker and scheduler in one process."""
    ensure_schema()
    _warn_of_missing_secrets()
    server = _listen(host, port)
    engine = Engine(current_app, settings.PUBLISHER_HOME)
    if settings.BROKER_URL.startswith("bell:"):
        engine.start()
    say(Text("publisher is running at http://{host}:{port}/ – stop it with Ctrl-C.", host=host, port=port))
    run_until_stopped(server.run)
    say(Text("Stopping: calls in hand are finished first."))
    engine.stop()


@click.command()
@port_option
@host_option
def web(port: int, host: str) -> None:
    """只启动网页。 Only the web pages."""
    ensure_schema()
    server = _listen(host, port)
    say(Text("The web pages are at http://{host}:{port}/ – stop them with Ctrl-C.", host=host, port=port))
    run_until_stopped(server.run)


@click.command()
@click.option("--concurrency", type=click.IntRange(1, 64), default=8, show_default=True)
def worker(concurrency: int) -> None:
    """只启动发布进程（须设置 BROKER_URL）。 Only a worker; needs a broker."""
    _require_broker()
    ensure_schema()
    queues = ",".join(queue.name for queue in current_app.conf.task_queues)
    options = ["--pool=threads", f"--concurrency={concurrency}", f"--queues={queues}", "--without-gossip"]
    current_app.worker_main(["worker", *options, "--without-mingle", "--loglevel=WARNING"])


@click.command()
def beat() -> None:
    """只启动调度（须设置 BROKER_URL）。 Only the scheduler; needs a broker. More than one does no harm."""
    _require_broker()
    ensure_schema()
    current_app.start(["beat", "--loglevel=WARNING", f"--schedule={settings.PUBLISHER_HOME / 'beat-schedule'}"])


def _listen(host: str, port: int) -> waitress.server.BaseWSGIServer:
    try:
        return waitress.create_server(get_wsgi_application(), host=host, port=port, threads=WEB_THREADS, ident=None)
    except OSError as error:
        stop_for_port(host, port, error)


def stop_for_port(host: str, port: int, error: OSError) -> None:
    text = Text(
        "The address {host}:{port} cannot be used ({reason}): choose another one with --port.",
        host=host,
        port=port,
        reason=system_reason(error),
    )
    stop(text, Exit.USAGE)


def run_until_stopped(run: Callable[[], object]) -> None:
    """Run until Ctrl-C or a supervisor's SIGTERM, and come back either way."""

    def leave(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, leave)
    try:
        run()
    except KeyboardInterrupt:
        sys.stderr.write("\n")


def _require_broker() -> None:
    if settings.BROKER_URL.startswith("bell:"):
        stop(
            Text("The embedded broker lives inside `publisher up`: set BROKER_URL, such as redis://host:6379/0."),
            Exit.USAGE,
        )


def _warn_of_missing_secrets() -> None:
    for flaw in missing_secrets(get_office()):
        say(Text("{key}: {problem} Until then this channel is held.", key=flaw.key, problem=sentence(flaw.text)))
