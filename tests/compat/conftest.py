"""`caproto` means us in these tests."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest

from bridge.cli.args import ioc_arg_parser, template_arg_parser
from bridge.cli.caproto import run
from bridge.compat import Given, activate, deactivate
from bridge.server import ServerConfig


@pytest.fixture
def caproto() -> Iterator[Any]:
    """The package as programs import it."""
    before = {name: module for name, module in sys.modules.items() if name.partition(".")[0] == "caproto"}
    for name in before:
        del sys.modules[name]
    activate(Given(run, ioc_arg_parser, template_arg_parser, ServerConfig))
    import caproto

    yield caproto
    deactivate()
    sys.modules.update(before)
