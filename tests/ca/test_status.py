from __future__ import annotations

import pytest

from bridge.ca.status import ECA, Severity, from_code


def test_known_codes() -> None:
    # the values that clients compare with: caerr.h, DEFMSG
    assert (ECA.NORMAL.code, ECA.GETFAIL.code, ECA.PUTFAIL.code, ECA.INTERNAL.code) == (1, 152, 160, 142)
    assert ECA.PUTFAIL.message == "Channel write request failed"
    assert ECA.PUTFAIL.severity is Severity.WARNING
    assert ECA.NORMAL.success
    assert not ECA.NOWTACCESS.success
    assert str(ECA.NORMAL) == "ECA_NORMAL: Normal successful completion"


def test_numbers_are_all_there_once() -> None:
    assert [status.number for status in ECA] == list(range(61))


@pytest.mark.parametrize("status", ECA)
def test_code_is_number_and_severity(status: ECA) -> None:
    assert status.code == status.number * 8 + status.severity
    assert from_code(status.code) is status


def test_a_code_that_base_does_not_have() -> None:
    assert from_code(0xFFFF) is None


def test_against_caproto() -> None:
    """The same table, typed in by others."""
    caproto = pytest.importorskip("caproto")
    theirs = {status.value.name: status.value.code_with_severity for status in caproto.CAStatus}
    ours = {f"ECA_{status.name}": status.code for status in ECA if status is not ECA.ARRAY16KCLIENT}
    theirs.pop("ECA_16KARRAYCLIENT", None)
    assert ours == theirs
