"""The call the baselines make: the same POST the program's Weibo channel makes, with nothing around it."""

from __future__ import annotations

import threading

import requests

from tests.benchmarks.standin import SHARE_PATH

TIMEOUT_S = (5.0, 10.0)
WORDS = "全市科技工作会议召开，总结上一年度科技创新和知识产权工作，部署今年的重点任务。" * 3
_local = threading.local()


def post(url: str, number: int) -> str:
    """Make one post with the session of this thread; returns the number the platform gave it."""
    session: requests.Session | None = getattr(_local, "session", None)
    if session is None:
        session = _local.session = requests.Session()
        # As the program does: no looking for proxies at each call.
        session.trust_env = False
    form = {
        "status": f"【工作动态第{number}期】{WORDS} http://127.0.0.1:8000/site/#kzj-{number}-r1",
        "rip": "203.0.113.7",
    }
    headers = {"Authorization": f"OAuth2 token-{number % 16 + 1:02d}"}
    answer = session.post(url + SHARE_PATH, data=form, headers=headers, timeout=TIMEOUT_S, allow_redirects=False)
    answer.raise_for_status()
    mid: str = answer.json()["mid"]
    return mid
