"""A folder of its own for each process of the harness, with the environment the program needs there."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from channels.sandbox.wechat import WechatSettings
from channels.sandbox.weibo import WeiboSettings
from tests.faults.harness.papers import SECRETS
from tests.world import free_port, write_office

MEMORY = Path("/dev/shm")
"""A folder in memory: what is killed loses nothing of it."""

CALL_S = 2
"""How long a call may take in a storm: the lease, which must be longer, is not shortened by the time scale."""

QUOTAS = "posts_per_hour = {many}, calls_per_day = {many}, min_gap_s = 0"


@contextmanager
def temporary_root(name: str, *, in_memory: bool) -> Iterator[Path]:
    """A folder that is gone afterwards; with ``in_memory`` where writing costs nothing, if the machine has that."""
    parent = MEMORY if in_memory and MEMORY.is_dir() else None
    root = Path(tempfile.mkdtemp(prefix=f"publisher-{name}-", dir=parent))
    try:
        yield root
    finally:
        shutil.rmtree(root, ignore_errors=True)


def environment(root: Path, *, database: str = "", broker: str = "", time_scale: float = 1) -> dict[str, str]:
    """The environment of the program in ``root``; its home is made."""
    home = root / "home"
    home.mkdir(exist_ok=True)
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "publisher.settings",
        "PUBLISHER_HOME": str(home),
        "PUBLISHER_CONFIG": str(root / "office.toml"),
        "PUBLISHER_TIME_SCALE": str(time_scale),
        "PUBLISHER_SECRET_KEY": "for the harness only, and for nothing else",
        "PUBLISHER_LOG_LEVEL": "ERROR",
        "DATABASE_URL": database,
        "BROKER_URL": broker,
        "WECHAT_APP_ID": WechatSettings().app_id,
        "WECHAT_APP_SECRET": WechatSettings().app_secret,
        "WECHAT_CALLBACK_TOKEN": WechatSettings().callback_token,
        "WECHAT_CALLBACK_AES_KEY": WechatSettings().callback_aes_key,
        "WEIBO_ACCESS_TOKEN": WeiboSettings().access_token,
        **SECRETS,
    }


def inside(module: str, *words: str) -> list[str]:
    """The command that runs a module of the harness with the program around it."""
    return [sys.executable, "-m", "tests.faults.harness.inside", f"tests.faults.harness.{module}", *words]


def write_config(root: Path, url: str) -> None:
    """The model office in a hurry: stand-ins at ``url``, short calls, and quotas that never run out."""
    many = 10**6
    write_office(
        root,
        url,
        changes=(
            ("submits_per_day = 100", f"submits_per_day = {many}"),
            ("confirms_per_day = 100", f"confirms_per_day = {many}"),
            ("lookups_per_day = 100", f"lookups_per_day = {many}"),
            ("posts_per_hour = 30, calls_per_day = 100, min_gap_s = 1", QUOTAS.format(many=many)),
            ("timeout_s = 10", f"timeout_s = {CALL_S}"),
            *((name, f"{name}\ntimeout_s = {CALL_S}") for name in ('name = "门户网站"', 'name = "攀枝花日报"')),
        ),
    )


def database_url() -> str:
    """A PostgreSQL of the harness's own, which is not there yet."""
    return f"postgres://tester@127.0.0.1:{free_port()}/publisher"


def redis_url() -> str:
    """A Redis of the harness's own, which is not there yet."""
    return f"redis://127.0.0.1:{free_port()}/0"
