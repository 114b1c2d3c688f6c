"""An IOC whose instruments are all away: no such tty, nobody listens, somebody listens and says nothing."""

from __future__ import annotations

import argparse

from bridge import ServerConfig, run
from devices import SDM630, LakeShore336, ShellyPlug
from drivers import ModbusTcpPort, TcpPort


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--closed", type=int, required=True, help="a port that nobody listens on")
    parser.add_argument("--silent", type=int, required=True, help="a port where connections are never accepted")
    args = parser.parse_args()
    groups = (
        LakeShore336("B:TTY:", device="/dev/no-such-tty"),
        LakeShore336("B:CLOSED:", port=TcpPort("127.0.0.1", args.closed)),
        LakeShore336("B:SILENT:", port=TcpPort("127.0.0.1", args.silent)),
        SDM630("B:RTU:", device="/dev/no-such-tty"),
        SDM630("B:MODBUS:", port=ModbusTcpPort("127.0.0.1", args.silent)),
        ShellyPlug("B:PLUG:", url=f"http://127.0.0.1:{args.silent}"),
    )
    config = ServerConfig(interfaces=("127.0.0.1",), port=args.port, auto_beacon=False)
    raise SystemExit(run(*groups, argv=["--quiet"], config=config))


if __name__ == "__main__":
    main()
