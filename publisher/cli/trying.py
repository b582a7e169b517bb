"""The stand-ins of the platforms, for trying out."""

from __future__ import annotations

import sqlite3

import click
from django.conf import settings

from channels.errors import Text
from channels.sandbox.server import Sandbox
from publisher.cli.output import Exit, say, stop
from publisher.cli.running import run_until_stopped, stop_for_port


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=8090, show_default=True)
def sandbox(port: int) -> None:
    """启动微信、微博的本地替身，供试用。 Stand-ins of WeChat and Weibo for trying out."""
    try:
        stand_in = Sandbox(port=port, store=settings.PUBLISHER_HOME / "sandbox")
    except OSError as error:
        stop_for_port("127.0.0.1", port, error)
    except sqlite3.OperationalError:
        stop(Text("Other stand-ins keep their books in this home: stop them first."), Exit.REFUSED)
    say(Text("The stand-ins are at {url} – stop them with Ctrl-C.", url=stand_in.url))
    say(Text("In office.toml, api_base of WeChat and Weibo is that address. Their secrets here are:"))
    wechat, weibo = stand_in.wechat.settings, stand_in.weibo.settings
    click.echo(f"export WECHAT_APP_ID={wechat.app_id} WECHAT_APP_SECRET={wechat.app_secret}")
    click.echo(f"export WEIBO_ACCESS_TOKEN={weibo.access_token}")
    run_until_stopped(stand_in.serve_forever)
