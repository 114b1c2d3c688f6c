"""``python -m tests.records.base_tests``: the tests of base on base's own IOC as well, which shows that they hold."""

from __future__ import annotations

import os
import sys

import pytest

if __name__ == "__main__":
    os.environ["IOCBRIDGE_BASE_TESTS"] = "both"
    sys.exit(pytest.main(["tests/records/base_tests", "-q", *sys.argv[1:]]))
