#!/usr/bin/env python3
"""News from a thread: keys that are pressed in the terminal, or characters of a pipe, become values."""

import atexit
import sys
import threading

from bridge import PVGroup, ioc_arg_parser, pvproperty, run


def read_keys(tell):
    """Call `tell` with each key; this blocks and so has a thread of its own."""
    if sys.stdin.isatty():
        import termios
        import tty

        atexit.register(termios.tcsetattr, sys.stdin, termios.TCSADRAIN, termios.tcgetattr(sys.stdin))
        tty.setcbreak(sys.stdin)
    while key := sys.stdin.read(1):
        tell(key)


class Keys(PVGroup):
    """`keypress` is the latest key."""

    keypress = pvproperty(value="", max_length=10)

    @keypress.startup
    async def keypress(self, instance, async_lib):
        queue = async_lib.ThreadsafeQueue()
        threading.Thread(target=read_keys, args=(queue.put,), daemon=True).start()
        while True:
            await instance.write(await queue.async_get())


if __name__ == "__main__":
    ioc_options, run_options = ioc_arg_parser(default_prefix="io:", desc=Keys.__doc__)
    run(Keys(**ioc_options).pvdb, **run_options)
