"""Baseline: a plain script that makes the calls from a few threads and remembers nothing.

Run as a process: ``python -m tests.benchmarks.baseline_script URL COUNT THREADS``.
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from tests.benchmarks.calls import post

if __name__ == "__main__":
    url, count, threads = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(partial(post, url), range(count)):
            pass
