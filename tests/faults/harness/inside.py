"""Runs the module of the harness that the first word names, with the program set up around it."""

from __future__ import annotations

import runpy
import sys

import django

if __name__ == "__main__":
    django.setup()
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
