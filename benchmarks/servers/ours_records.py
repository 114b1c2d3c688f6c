"""iocbridge with ao records, as an IOC of instruments has them: alarms, limits, deadbands, fields.

They come in groups of a hundred, many instances of one class: nobody writes a class of ten thousand lines.
"""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.servers.arguments import parse
from benchmarks.servers.ours import serve, with_array
from records import PV, PVGroup, ao

SIZE = 100


def _records(count: int) -> Iterator[PV]:
    """B:x0 to B:x<count - 1>; all but the last two digits of a number are the group's prefix."""
    units = type("Units", (PVGroup,), {f"x{number}": ao(0.0, prec=3) for number in range(SIZE)})
    hundred = {f"n{number:02d}": ao(0.0, name=f"{number:02d}", prec=3) for number in range(SIZE)}
    hundreds = type("Hundred", (PVGroup,), hundred)
    groups = [units("B:"), *(hundreds(f"B:x{number}") for number in range(1, -(-count // SIZE)))]
    return (pv for group in groups for pv in group.pvdb.values())


def main() -> None:
    arguments = parse()
    serve(with_array(_records(arguments.count), arguments), arguments)


if __name__ == "__main__":
    main()
