"""`ioc_arg_parser` and `template_arg_parser`."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from bridge import ioc_arg_parser, template_arg_parser


@pytest.fixture(autouse=True)
def _log() -> Iterator[None]:
    logger = logging.getLogger("iocbridge")
    before = (list(logger.handlers), logger.level, logger.propagate)
    yield
    logger.handlers[:], logger.level, logger.propagate = before
    logger.setLevel(before[1])


def test_options() -> None:
    given, how = ioc_arg_parser(
        desc="x", default_prefix="p:", argv=["--list-pvs", "--interfaces", "127.0.0.1", "--thing", "T"],
        macros={"thing": "t", "beam-line": "b"},
    )  # fmt: skip
    assert given == {"prefix": "p:", "macros": {"thing": "T", "beam-line": "b"}}
    assert (how["log_pv_names"], how["interfaces"]) == (True, ["127.0.0.1"])
    given, how = ioc_arg_parser(desc="x", default_prefix="p:", argv=["--prefix", "Q:", "-q"])
    assert (given["prefix"], how["log_pv_names"], how["interfaces"]) == ("Q:", False, None)
    assert logging.getLogger("iocbridge").level == logging.WARNING


def test_a_macro_that_must_be_given(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        ioc_arg_parser(desc="x", default_prefix="p:", argv=[], macros={"beamline": None})
    assert "--beamline" in capsys.readouterr().err


def test_help_has_an_option_for_each_macro(capsys: pytest.CaptureFixture[str]) -> None:
    parser, _ = template_arg_parser(desc="A thing.", default_prefix="p:", macros={"thing": "t", "other": None})
    parser.add_argument("--more", help="my own")
    with pytest.raises(SystemExit):
        parser.parse_args(["-h"])
    out = capsys.readouterr().out
    for word in ("A thing.", "--thing", "--other", "--more", "--prefix", "--list-pvs", "--interfaces", "--async-lib"):
        assert word in out


def test_options_of_ones_own() -> None:
    parser, split = template_arg_parser(desc="x", default_prefix="p:")
    parser.add_argument("--rate", type=float, default=0.5)
    args = parser.parse_args(["--rate", "0.7", "-v"])
    given, how = split(args)
    assert (args.rate, given["prefix"], how["log_pv_names"]) == (0.7, "p:", False)
