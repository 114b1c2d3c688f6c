"""iocbridge with ao records, as an IOC of instruments has them: alarms, limits, deadbands, fields."""

from __future__ import annotations

from benchmarks.servers.arguments import parse
from benchmarks.servers.ours import serve, with_array
from records import PVGroup, ao


def main() -> None:
    arguments = parse()
    group = type("Bench", (PVGroup,), {name: ao(0.0, prec=3) for name in arguments.names})
    serve(with_array(group("B:").pvdb.values(), arguments), arguments)


if __name__ == "__main__":
    main()
