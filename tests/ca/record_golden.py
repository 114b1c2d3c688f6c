"""Capture tests/golden/ca_*.txt afresh from base's own programs: ``python -m tests.ca.record_golden``."""

from __future__ import annotations

import asyncio
import socket
import sys

from bridge.ca import SERVER
from tests.ca import golden
from tests.ca.golden import Captured
from tests.ca.recorder import Recorder, recording
from tests.ca.softioc import softioc
from tests.clients import C_TOOLS, c_tool, ca_environment, communicate

PVS = ("G:double", "G:long", "G:enum", "G:string", "G:chars", "G:shorts", "G:floats", "G:doubles", "G:strings")


async def tool(recorder: Recorder, name: str, *words: str, **env: str) -> None:
    if env:
        assert C_TOOLS is not None
        done = await communicate(str(C_TOOLS / name), *words, env=ca_environment(recorder.port) | env)
    else:
        done = await c_tool(recorder.port, name, *words)
    if done.code:
        print(name, *words, "->", done.code, done.err.strip(), file=sys.stderr)


async def fill(port: int) -> None:
    for words in (
        ("G:chars", "-a", "3", "1", "2", "200"),
        ("G:shorts", "-a", "4", "1", "-2", "300", "-32768"),
        ("G:floats", "-a", "2", "1.5", "-2.25"),
        ("G:doubles", "-a", "3", "1.5", "nan", "-1e300"),
        ("G:strings", "-a", "2", "one", "two words"),
    ):
        await c_tool(port, "caput", *words[1:2], words[0], *words[2:])


async def conversations(recorder: Recorder) -> dict[str, str]:
    """Run base's tools; gives the file of each capture and what it says about it."""
    parts: list[tuple[str, str, list[tuple[str, ...]]]] = [
        ("ca_get", "caget: every element type", [("caget", pv) for pv in PVS]),
        ("ca_get_callback", "caget -c and -a: callback, dynamic count, time", [("caget", "-c", "-a", *PVS)]),
        ("ca_info", "cainfo, with a name that nobody has", [("cainfo", *PVS[:4])]),
        (
            "ca_put",
            "caput, caput -c, arrays, text",
            [
                ("caput", "G:double", "4.5"),
                ("caput", "-c", "G:double", "2.5"),
                ("caput", "G:enum", "ready for the measurement"),
                ("caput", "-n", "G:enum", "1"),
                ("caput", "G:string", "a text of thirty-nine characters, no mo"),
                ("caput", "-S", "G:chars", "abc"),
                ("caput", "-a", "G:doubles", "2", "0.5", "1e9"),
            ],
        ),
        (
            "ca_refused",
            "puts that fail: ERROR and WRITE_NOTIFY with a status",
            [("caput", "G:locked", "2"), ("caput", "-c", "G:locked", "2"), ("caput", "-c", "G:double", "@#$%")],
        ),
        ("ca_large", "an array above 64 KiB: extended headers", [("caget", "-c", "-#", "66000", "G:large")]),
    ]
    about = {}
    for name, words, calls in parts:
        recorder.lines.clear()
        for program, *arguments in calls:
            await tool(recorder, program, *arguments)
        golden.write(name, words, list(recorder.lines))
        about[name] = words
    return about


async def every_type(recorder: Recorder) -> None:
    recorder.lines.clear()
    for number in (*range(35), 37, 38):
        await tool(recorder, "caget", "-d", str(number), *PVS[:4], "G:chars")
    kept = [line for line in recorder.lines if line.messages[0][:2] == b"\x00\x0f"]
    golden.write("ca_types", "caget -d 0..38 of a double, a long, an enum, a string and bytes", kept)


async def monitor(recorder: Recorder) -> None:
    """camonitor until it has seen a put, and is told to stop; a name server over TCP."""
    assert C_TOOLS is not None
    recorder.lines.clear()
    process = await asyncio.create_subprocess_exec(
        "timeout",
        "-s",
        "INT",
        "2",
        str(C_TOOLS / "camonitor"),
        "G:double",
        "G:enum",
        env=ca_environment(recorder.port),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    await process.stdout.readline()
    await c_tool(recorder._upstream, "caput", "G:double", "8.5")
    await process.communicate()
    golden.write("ca_monitor", "camonitor of two records, one of which changes", list(recorder.lines))
    recorder.lines.clear()
    port = recorder.port
    servers = {"EPICS_CA_NAME_SERVERS": f"127.0.0.1:{port}", "EPICS_CA_ADDR_LIST": ""}
    await tool(recorder, "caget", "G:double", **servers)
    await tool(recorder, "caget", "-w", "0.3", "G:nobody", **servers)
    golden.write("ca_name_server", "caget with EPICS_CA_NAME_SERVERS: searches over TCP", list(recorder.lines))


CLEAR = """
from epics import ca
ca.initialize_libca()
other = ca.create_channel("G:long", connect=True)  # without a channel libca would close the circuit at once
channel = ca.create_channel("G:double", connect=True)
seen = []
_, _, event = ca.create_subscription(channel, callback=lambda **words: seen.append(words))
while not seen:
    ca.poll(0.01, 1.0)
ca.clear_subscription(event)
ca.clear_channel(channel)
ca.flush_io()
ca.pend_event(0.5)
"""


async def clear(recorder: Recorder) -> None:
    """pyepics, which is libca under Python, ends a monitor and a channel; base's own tools just exit."""
    recorder.lines.clear()
    done = await communicate(sys.executable, "-c", CLEAR, env=ca_environment(recorder.port))
    print(done.err, file=sys.stderr)
    golden.write("ca_clear", "libca under pyepics: subscribe, cancel, clear the channel", list(recorder.lines))


def udp_socket() -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))
    sock.settimeout(10)
    return sock


async def repeater() -> None:
    """caRepeater confirms a client and passes a softIoc's beacons on."""
    # What libca sends to register is not to be captured: it is an empty datagram (udpiiu.cpp).
    assert C_TOOLS is not None
    lines = []
    with udp_socket() as spare:
        port = spare.getsockname()[1]
    env = ca_environment(port - 1) | {"EPICS_CA_REPEATER_PORT": str(port)}
    process = await asyncio.create_subprocess_exec(str(C_TOOLS / "caRepeater"), env=env)
    try:
        with udp_socket() as client:
            register = bytes.fromhex("0018 0000 0000 0000 00000000 7f000001")
            client.settimeout(0.2)
            for _ in range(50):
                client.sendto(register, ("127.0.0.1", port))
                try:
                    answer = await asyncio.to_thread(client.recv, 1024)
                    break
                except OSError:
                    continue
            lines.append(Captured(SERVER, "udp", (answer,)))
            client.settimeout(10)
            async with softioc(beacon_port=port):
                for _ in range(3):
                    beacon = await asyncio.to_thread(client.recv, 1024)
                    lines.append(Captured(SERVER, "udp", tuple(beacon[i : i + 16] for i in range(0, len(beacon), 16))))
    finally:
        process.terminate()
        await process.wait()
    golden.write("ca_repeater", "caRepeater's confirmation, and beacons of softIoc that it passes on", lines)


async def main() -> None:
    async with softioc() as port, recording(port) as recorder:
        await fill(port)
        await conversations(recorder)
        await every_type(recorder)
        await monitor(recorder)
        await clear(recorder)
    await repeater()


if __name__ == "__main__":
    asyncio.run(main())
