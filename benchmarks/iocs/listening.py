"""An IOC with one record that hears lines of an instrument."""

from __future__ import annotations

import argparse

from bridge import ServerConfig, ai, run
from devices import Instrument
from drivers import Hear, TcpPort


class Talker(Instrument):
    """Says ``T 12.5`` whenever it likes."""

    T = ai(inp=Hear(r"T ([\d.]+)"), scan="I/O Intr", egu="K", prec=3, hihi=320, hhsv="MAJOR")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--instrument", type=int, required=True)
    args = parser.parse_args()
    config = ServerConfig(interfaces=("127.0.0.1",), port=args.port, auto_beacon=False)
    group = Talker("B:", port=TcpPort("127.0.0.1", args.instrument))
    raise SystemExit(run(group, argv=["--quiet"], config=config))


if __name__ == "__main__":
    main()
