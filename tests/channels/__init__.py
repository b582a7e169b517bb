"""Tests of the adapters: one shared suite of promises, and what each channel has of its own."""

import pytest

pytest.register_assert_rewrite("tests.channels.contract")
