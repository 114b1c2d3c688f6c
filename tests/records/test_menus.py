"""The SCAN menu and its periods."""

import pytest

from records.menus import MENU_SCAN, scan_index, scan_period


@pytest.mark.parametrize(
    ("scan", "choice"),
    [
        ("1 second", "1 second"),
        ("I/O Intr", "I/O Intr"),
        ("i/o intr", "I/O Intr"),
        ("0.5 second", ".5 second"),
        ("10 seconds", "10 second"),
        (1, "1 second"),
        (0.1, ".1 second"),
        (0.01, ".01 second"),
    ],
)
def test_index(scan: str | float, choice: str) -> None:
    assert MENU_SCAN[scan_index(scan)] == choice


@pytest.mark.parametrize("scan", ["3 second", "often", 0.3, 0, True, ""])
def test_no_such_scan(scan: str | float) -> None:
    with pytest.raises(ValueError, match=r"choose one of 'Passive', 'Event', 'I/O Intr', '10 second'.*'\.01 second'"):
        scan_index(scan)


def test_periods() -> None:
    periods = [scan_period(scan) for scan in range(len(MENU_SCAN))]
    assert periods == [None, None, None, 10.0, 5.0, 2.0, 1.0, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01]
    assert scan_period(65535) is None
