"""The stand-ins break as told, and their books say exactly what happened all the same."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from channels.sandbox.books import Books, Call, now
from channels.sandbox.faults import Fault
from channels.sandbox.server import Sandbox
from tests.channels.sandbox_callers import SHARE, SITE, SUBMIT, TIMELINE, WechatCaller, WeiboCaller

BROKEN = requests.ConnectionError
CUT = requests.exceptions.ChunkedEncodingError

SERVE = """
import sys
from pathlib import Path
from channels.sandbox.server import Sandbox
box = Sandbox(store=Path(sys.argv[1]))
print(box.url, flush=True)
box.serve_forever()
"""


def submitted(sandbox: Sandbox) -> int:
    return len(sandbox.wechat.submitted)


def posted(sandbox: Sandbox) -> int:
    return len(sandbox.weibo.posts)


def submit_call(sandbox: Sandbox) -> Callable[[], requests.Response]:
    caller = WechatCaller(sandbox)
    body = json.dumps({"media_id": caller.draft()}).encode()
    return lambda: caller.raw(SUBMIT, body)


def share_call(sandbox: Sandbox) -> Callable[[], requests.Response]:
    caller = WeiboCaller(sandbox)
    return lambda: caller.post(SHARE, {"status": f"通知 {SITE}/1"})


PLATFORMS = [
    pytest.param(SUBMIT, submit_call, submitted, id="wechat"),
    pytest.param(SHARE, share_call, posted, id="weibo"),
]


@pytest.mark.parametrize(("path", "make_call", "effects"), PLATFORMS)
@pytest.mark.parametrize(
    ("fault", "expected_effects", "expected_error"),
    [
        (Fault.RESET_BEFORE, 0, BROKEN),
        (Fault.RESET_AFTER, 1, BROKEN),
        (Fault.HALF_AFTER, 1, CUT),
    ],
)
def test_connections_break(
    sandbox: Sandbox,
    path: str,
    make_call: Callable[[Sandbox], Callable[[], requests.Response]],
    effects: Callable[[Sandbox], int],
    fault: Fault,
    expected_effects: int,
    expected_error: type[Exception],
) -> None:
    call = make_call(sandbox)
    sandbox.misbehave(path, fault)
    with pytest.raises(expected_error) as caught:
        call()
    assert effects(sandbox) == expected_effects
    if expected_error is BROKEN:
        assert "ConnectionResetError" in repr(caught.value)


@pytest.mark.parametrize(("path", "make_call", "effects"), PLATFORMS)
@pytest.mark.parametrize(
    ("fault", "expected_effects", "status"),
    [
        (Fault.ERROR_BEFORE, 0, 500),
        (Fault.ERROR_AFTER, 1, 500),
        (Fault.GARBAGE_AFTER, 1, 200),
        (Fault.EMPTY_AFTER, 1, 200),
    ],
)
def test_answers_cannot_be_read(
    sandbox: Sandbox,
    path: str,
    make_call: Callable[[Sandbox], Callable[[], requests.Response]],
    effects: Callable[[Sandbox], int],
    fault: Fault,
    expected_effects: int,
    status: int,
) -> None:
    call = make_call(sandbox)
    sandbox.misbehave(path, fault)
    response = call()
    assert response.status_code == status
    with pytest.raises(requests.JSONDecodeError):
        response.json()
    assert effects(sandbox) == expected_effects


@pytest.mark.parametrize(
    ("path", "make_call", "effects", "fault", "code", "expected_effects"),
    [
        pytest.param(SUBMIT, submit_call, submitted, Fault.BUSY, -1, 0, id="wechat busy"),
        pytest.param(SUBMIT, submit_call, submitted, Fault.BUSY_AFTER, -1, 1, id="wechat busy after"),
        pytest.param(SUBMIT, submit_call, submitted, Fault.RATE_LIMITED, 45011, 0, id="wechat rate"),
        pytest.param(SUBMIT, submit_call, submitted, Fault.RATE_LIMITED_AFTER, 45011, 1, id="wechat rate after"),
        pytest.param(SUBMIT, submit_call, submitted, Fault.REFUSED, 53503, 0, id="wechat refused"),
        pytest.param(SHARE, share_call, posted, Fault.BUSY, 10001, 0, id="weibo busy"),
        pytest.param(SHARE, share_call, posted, Fault.BUSY_AFTER, 10001, 1, id="weibo busy after"),
        pytest.param(SHARE, share_call, posted, Fault.RATE_LIMITED, 10024, 0, id="weibo rate"),
        pytest.param(SHARE, share_call, posted, Fault.RATE_LIMITED_AFTER, 10024, 1, id="weibo rate after"),
        pytest.param(SHARE, share_call, posted, Fault.REFUSED, 20021, 0, id="weibo refused"),
        pytest.param(SHARE, share_call, posted, Fault.DUPLICATE, 20019, 0, id="weibo duplicate"),
        pytest.param(SHARE, share_call, posted, Fault.SYNC_DELAYED, 20032, 1, id="weibo slow sync"),
        pytest.param(SHARE, share_call, posted, Fault.UNDER_REVIEW, 20053, 1, id="weibo review"),
    ],
)
def test_platforms_say_no_in_their_own_words(
    sandbox: Sandbox,
    path: str,
    make_call: Callable[[Sandbox], Callable[[], requests.Response]],
    effects: Callable[[Sandbox], int],
    fault: Fault,
    code: int,
    expected_effects: int,
) -> None:
    call = make_call(sandbox)
    sandbox.misbehave(path, fault)
    answer = call().json()
    assert answer.get("errcode", answer.get("error_code")) == code
    assert effects(sandbox) == expected_effects


def test_slow_answer_comes_late_and_whole(sandbox: Sandbox) -> None:
    call = share_call(sandbox)
    sandbox.slow_s = 0.04
    sandbox.misbehave(SHARE, "slow")
    begun = time.monotonic()
    assert "mid" in call().json()
    assert time.monotonic() - begun >= 0.04


def test_hanging_call_has_its_effect_and_ends_with_its_caller(sandbox: Sandbox) -> None:
    sandbox.misbehave(SHARE, "hang")
    headers = WeiboCaller(sandbox).headers
    with pytest.raises(requests.ReadTimeout):
        requests.post(sandbox.url + SHARE, data={"status": f"{SITE}/1"}, headers=headers, timeout=0.05)
    assert posted(sandbox) == 1


def test_closing_lets_hanging_callers_go() -> None:
    with Sandbox() as box:
        box.misbehave(TIMELINE, "hang")
        box.misbehave(TIMELINE, "slow")
        box.slow_s = 60
        outcomes: list[object] = []
        threads = [threading.Thread(target=_remember, args=(box, outcomes)) for _ in range(2)]
        for thread in threads:
            thread.start()
        while len(box.weibo.calls) < 2:
            time.sleep(0.002)
    for thread in threads:
        thread.join(5)
    assert sorted(map(str, outcomes)) == ["200", "reset"]


def _remember(box: Sandbox, outcomes: list[object]) -> None:
    headers = WeiboCaller(box).headers
    try:
        outcomes.append(requests.get(box.url + TIMELINE, headers=headers, timeout=5).status_code)
    except requests.ConnectionError:
        outcomes.append("reset")


def test_faults_wait_in_line_for_their_own_path(sandbox: Sandbox) -> None:
    weibo = WeiboCaller(sandbox)
    sandbox.misbehave(SHARE, "rate_limited", times=2)
    sandbox.misbehave(SHARE, "ok")
    sandbox.misbehave(SHARE, "refused")
    assert weibo.get(TIMELINE)["statuses"] == []
    codes = [weibo.share(f"{number} {SITE}/1").get("error_code") for number in range(5)]
    assert codes == [10024, 10024, None, 20021, None]
    assert [call.fault for call in sandbox.weibo.calls if call.path == SHARE] == [
        "rate_limited", "rate_limited", "ok", "refused", "ok",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "fault", "times"),
    [("/2/typo.json", "slow", 1), ("/x", "slow", 1), (SHARE, "typo", 1), (SUBMIT, "duplicate", 1), (SHARE, "slow", 0)],
)
def test_impossible_faults_are_errors(sandbox: Sandbox, path: str, fault: str, times: int) -> None:
    with pytest.raises(ValueError, match=r"."):
        sandbox.misbehave(path, fault, times)
    answer = requests.post(
        f"{sandbox.url}/_sandbox/faults", json={"path": path, "fault": fault, "times": times}, timeout=5
    )
    assert answer.status_code == 400
    assert requests.get(f"{sandbox.url}/_sandbox/faults", timeout=5).json() == {}


def test_other_processes_order_faults_and_read_the_books(sandbox: Sandbox) -> None:
    control = f"{sandbox.url}/_sandbox"
    order = {"path": SHARE, "fault": "error_after", "times": 1}
    assert requests.post(f"{control}/faults", json=order, timeout=5).json() == {"ok": True}
    assert share_call(sandbox)().status_code == 500
    submit_call(sandbox)()
    books = requests.get(f"{control}/books", timeout=5).json()
    post, publication = books["weibo"]["posts"][0], books["wechat"]["published"][0]
    assert (post["link"], post["sent"]) == (f"{SITE}/1", f"通知 {SITE}/1")
    assert (publication["title"], publication["status"]) == ("全市科技工作会议召开", 0)
    assert publication["content_source_url"] == f"{SITE}/item/1?a=1&b=2"
    assert books["weibo"]["calls"][0] | {"at": ""} == {"path": SHARE, "at": "", "fault": "error_after"}
    assert sandbox.weibo.settings.access_token not in json.dumps(books)
    requests.delete(f"{control}/books", timeout=5)
    emptied = requests.get(f"{control}/books", timeout=5).json()
    assert not any(emptied["weibo"].values())
    assert not any(emptied["wechat"].values())


def test_settings_change_all_or_none(sandbox: Sandbox) -> None:
    def change(**values: Any) -> int:
        return requests.post(f"{sandbox.url}/_sandbox/settings", json=values, timeout=5).status_code

    assert change(platform="weibo", visible_after_s=2.5, safe_domains=["a.example"]) == 200
    assert (sandbox.weibo.settings.visible_after_s, sandbox.weibo.settings.safe_domains) == (2.5, ("a.example",))
    assert change(platform="wechat", daily_quotas={SUBMIT: 7}) == 200
    quotas = sandbox.wechat.settings.daily_quotas
    assert (quotas[SUBMIT], quotas["/cgi-bin/draft/get"]) == (7, 500)
    assert change(platform="weibo", comments=3, unknown=1) == 400
    assert change(platform="weibo", comments=3, uid=[]) == 400
    assert change(platform="other") == 400
    assert sandbox.weibo.settings.comments == 0


def test_errors_do_not_repeat_settings(sandbox: Sandbox) -> None:
    order = {"platform": "weibo", "access_token": ["very-secret"]}
    assert "very-secret" not in requests.post(f"{sandbox.url}/_sandbox/settings", json=order, timeout=5).text
    assert "sandbox-app-secret" not in repr(sandbox.wechat.settings)


def test_pages_of_control_and_readers_exist(sandbox: Sandbox) -> None:
    paths = {"/": 200, "/wechat/": 200, "/weibo/": 200, "/_sandbox/style.css": 200, "/nowhere": 404}
    assert {path: requests.get(sandbox.url + path, timeout=5).status_code for path in paths} == paths
    assert requests.put(f"{sandbox.url}/_sandbox/books", timeout=5).status_code == 405


def test_concurrent_calls_are_all_in_the_books(sandbox: Sandbox) -> None:
    sandbox.weibo.settings.posts_per_hour = 1000
    weibo = WeiboCaller(sandbox)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: weibo.share(f"{number} {SITE}/1")["mid"], range(40)))
    assert sorted(answers) == [str(post.mid) for post in sandbox.weibo.posts]
    assert len(set(answers)) == len(sandbox.weibo.calls) == 40


def test_killed_stand_in_has_everything_it_answered(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", SERVE, tmp_path], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        headers = {"Authorization": "OAuth2 sandbox-access-token"}
        texts = [f"{number} {SITE}/1" for number in range(5)]
        for text in texts:
            assert requests.post(url + SHARE, data={"status": text}, headers=headers, timeout=5).status_code == 200
        process.send_signal(signal.SIGKILL)
    with Sandbox(store=tmp_path) as again:
        assert [post.sent for post in again.weibo.posts] == texts


def test_two_stand_ins_do_not_share_books(tmp_path: Path) -> None:
    with Sandbox(store=tmp_path), pytest.raises(sqlite3.OperationalError):
        Sandbox(store=tmp_path)


def test_taken_port_is_an_error(sandbox: Sandbox) -> None:
    with pytest.raises(OSError, match=r"[Aa]ddress"):
        Sandbox(port=int(sandbox.url.rpartition(":")[2]))


def test_page_that_fails_leaves_no_trace() -> None:
    books = Books()
    shelf = books.shelf("calls", Call)
    call = Call("/x", now())
    shelf.put("1", call)

    def fail_halfway() -> None:
        with books.page():
            shelf.put("2", call)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_halfway()
    assert shelf.all() == [call]
    books.close()
