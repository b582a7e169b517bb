"""The office of the benchmarks: many Weibo accounts, as a province has them.

A Weibo account takes one post at a time, because the platform has no mark of ours; so what several threads can do is
only seen with several accounts. Quotas are as wide as they go: they are kept and counted, and never make anything wait.
"""

from __future__ import annotations

from pathlib import Path

ACCOUNTS = 16
CHANNELS = tuple(f"weibo-{number:02d}" for number in range(1, ACCOUNTS + 1))
SLUG = "kzj"

HEAD = f"""
[office]
slug = "{SLUG}"
name = "攀枝花市科学技术和知识产权局"

[workflow]
direct_release = true

[[columns]]
key = "dynamics"
name = "工作动态"
class = "政务动态"

[channels.portal]
kind = "website"
driver = "static"
base_url = "http://127.0.0.1:8000/site/"
"""
ACCOUNT = """
[channels.{key}]
kind = "weibo"
api_base = "{url}"
access_token = "env:{variable}"
safe_domain = "127.0.0.1"
rip = "203.0.113.7"
looks_before = false
timeout_s = 10
quotas = {{ posts_per_hour = 1000000, calls_per_day = 10000000, min_gap_s = 0 }}
"""


def write(home: Path, url: str) -> Path:
    """Write the configuration with the platform at ``url``."""
    home.mkdir(parents=True, exist_ok=True)
    accounts = (ACCOUNT.format(key=key, url=url, variable=_variable(key)) for key in CHANNELS)
    path = home / "office.toml"
    path.write_text(HEAD + "".join(accounts), encoding="utf-8")
    return path


def environment(home: Path, url: str, *, database: str = "", broker: str = "") -> dict[str, str]:
    """The environment of the program with that home; empty addresses mean the embedded defaults."""
    return {
        "PUBLISHER_HOME": str(home),
        "PUBLISHER_CONFIG": str(write(home, url)),
        "PUBLISHER_TIME_SCALE": "1",
        "DATABASE_URL": database,
        "BROKER_URL": broker,
        "LC_ALL": "C.UTF-8",
        **{_variable(key): f"token-{key[-2:]}" for key in CHANNELS},
    }


def _variable(key: str) -> str:
    return f"TOKEN_{key.replace('-', '_').upper()}"
