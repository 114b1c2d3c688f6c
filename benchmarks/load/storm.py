"""A control room's worth of subscribers, some of them bad-mannered, and a client that puts all the while.

The value of each put is its number, so that an event says which put it is of, and so when that was sent.
"""

from __future__ import annotations

import select
import time
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.load import frames
from benchmarks.load.circuit import Circuit, Trouble, name
from benchmarks.load.meter import Target
from benchmarks.load.monitors import EVENT, EVENT_SIZE

__all__ = ["Outcome", "Storm"]

PVS = 100
BAD_MANNERS = 200  # subscriptions of each slow or toggling client: two of every PV
SLOW_BYTES, SLOW_EVERY = 512, 0.5  # what a slow reader takes, and how often
TOGGLE_EVERY = 0.5
SMALL_BUFFER = 4096  # of a slow reader's socket
FINAL_LIMIT = 10.0  # seconds after the last put; then what has not come will not come
WAIT = 60.0


@dataclass(slots=True)
class Outcome:
    """What the subscribers saw."""

    puts: int = 0
    events: int = 0
    latencies: array[float] = field(default_factory=lambda: array("d"))  # seconds, of the well-mannered
    reordered: int = 0
    crossed: int = 0  # events with a value that was put to another PV
    final_after: float | None = None  # seconds from the last put until the last subscription had its final value
    late: int = 0  # subscriptions without their final value a second after the last put


class _Watcher:
    """One subscribed circuit."""

    def __init__(self, target: Target, subscriptions: int, receive_buffer: int = 0) -> None:
        self.subscriptions = subscriptions
        self.circuit = Circuit(target.port, receive_buffer)
        self.sids = self.circuit.create([name(number) for number in range(PVS)])
        self.circuit.sock.setblocking(False)
        self.last = [-1.0] * subscriptions
        self._rest = b""

    def subscribe(self) -> None:
        """Ask for the events. Some subscribe twice to the same channel."""
        asked = [frames.subscribe(self.sids[subid % PVS], subid) for subid in range(self.subscriptions)]
        self.circuit.sock.send(b"".join(asked))

    def receive(self, most: int = 1 << 18) -> bytes:
        """Whole events."""
        data = self.circuit.sock.recv(most)
        if not data:
            raise Trouble("the server closed a subscriber's circuit")
        data = self._rest + data
        whole = len(data) - len(data) % EVENT_SIZE
        self._rest = data[whole:]
        return data[:whole]

    def missing(self, finals: Sequence[float]) -> int:
        """Subscriptions whose last value is not the final one."""
        return sum(1 for subid, value in enumerate(self.last) if value != finals[subid % PVS])


class Storm:
    """`good` clients with a hundred monitors each, two that read slowly, two that switch their events off and on."""

    def __init__(self, target: Target, good: int) -> None:
        began = time.perf_counter()
        self.writer = Circuit(target.port)
        self._sids = self.writer.create([name(number) for number in range(PVS)])
        self._good = [_Watcher(target, PVS) for _ in range(good)]
        self._slow = [_Watcher(target, BAD_MANNERS, SMALL_BUFFER) for _ in range(2)]
        self._toggling = [_Watcher(target, BAD_MANNERS) for _ in range(2)]
        self._watchers = [*self._good, *self._slow, *self._toggling]
        self._poller = select.epoll()
        self._by_descriptor = {watcher.circuit.sock.fileno(): watcher for watcher in self._watchers}
        for descriptor in self._by_descriptor:
            self._poller.register(descriptor, select.EPOLLIN)
        self.subscriptions = sum(watcher.subscriptions for watcher in self._watchers)
        self._sent_at = array("d")
        self._finals = [0.0] * PVS
        self.outcome = Outcome()
        self._subscribe()
        self.ready_after = time.perf_counter() - began  # seconds until every subscription had its first event

    def close(self) -> None:
        """Hang up all."""
        self._poller.close()
        self.writer.close()
        for watcher in self._watchers:
            watcher.circuit.close()

    def _subscribe(self) -> None:
        for watcher in self._watchers:
            watcher.subscribe()
        left = self.subscriptions
        end = time.perf_counter() + WAIT
        while left:
            for descriptor, _ in self._poller.poll(0.1):
                watcher = self._by_descriptor[descriptor]
                for subid, value in EVENT.iter_unpack(watcher.receive()):
                    left -= watcher.last[subid] < 0
                    watcher.last[subid] = max(value, 0.0)
            if time.perf_counter() > end:
                raise Trouble(f"{left} of {self.subscriptions} first events did not come within {WAIT:g} s")

    # --- putting --------------------------------------------------------------------------------------------------

    def blow(self, seconds: float, rate: float) -> Outcome:
        """Put `rate` times a second, evenly; then wait for the final values."""
        for watcher in self._slow:
            self._poller.unregister(watcher.circuit.sock.fileno())
        self._restart()
        clock = time.perf_counter
        began = now = clock()
        end = began + seconds
        next_slow = next_toggle = began
        while now < end:
            due = int((now - began) * rate) + 1
            while len(self._sent_at) < due:
                self._put()
            self._pull(max(0.0, min(began + due / rate, end) - clock()))
            now = clock()
            if now >= next_slow:
                next_slow += SLOW_EVERY
                self._read_slowly()
            if now >= next_toggle:
                next_toggle += TOGGLE_EVERY
                self._toggle()
        self._finish()
        return self.outcome

    def _restart(self) -> None:
        """Numbers go on from zero, and so must begin above what the subscribers have seen: with a put of -1 each."""
        puts = (frames.write(sid, 0, -1.0) for sid in self._sids)
        self.writer.send(b"".join(puts))
        self.writer.collect(PVS, (frames.WRITE_NOTIFY,))
        settled = time.perf_counter() + 0.5
        while time.perf_counter() < settled:
            self._pull(0.05)
        for watcher in self._watchers:
            watcher.last = [-1.0] * watcher.subscriptions
        self._sent_at = array("d")
        self._off = False
        self.outcome = Outcome()

    def _put(self) -> None:
        number = len(self._sent_at)
        channel = number % PVS
        self._finals[channel] = float(number)
        self._sent_at.append(time.perf_counter())
        self.writer.sock.send(frames.write(self._sids[channel], number & 0xFFFFFFFF, float(number)))
        self.outcome.puts += 1

    def _pull(self, timeout: float) -> None:
        for descriptor, _ in self._poller.poll(timeout):
            watcher = self._by_descriptor[descriptor]
            self._take(watcher, watcher.receive(), watcher.subscriptions == PVS)

    def _take(self, watcher: _Watcher, events: bytes, timed: bool) -> None:
        now = time.perf_counter()
        outcome, last, sent_at, puts = self.outcome, watcher.last, self._sent_at, len(self._sent_at)
        note = outcome.latencies.append
        for subid, value in EVENT.iter_unpack(events):
            number = int(value)
            if not 0 <= number < puts:
                continue  # of before the storm
            outcome.events += 1
            if number % PVS != subid % PVS:
                outcome.crossed += 1
            if value < last[subid]:
                outcome.reordered += 1
            last[subid] = value
            if timed:
                note(now - sent_at[number])

    def _read_slowly(self) -> None:
        for watcher in self._slow:
            try:
                self._take(watcher, watcher.receive(SLOW_BYTES), timed=False)
            except BlockingIOError:
                continue

    def _toggle(self) -> None:
        self._off = not self._off
        word = frames.events_off() if self._off else frames.events_on()
        for watcher in self._toggling:
            watcher.circuit.sock.send(word)

    def _finish(self) -> None:
        last_put = self._sent_at[-1]
        if self._off:
            self._toggle()
        for watcher in self._slow:
            self._poller.register(watcher.circuit.sock.fileno(), select.EPOLLIN)
        self.writer.collect(self.outcome.puts, (frames.WRITE_NOTIFY,))
        late_at = last_put + 1.0
        late: int | None = None
        while time.perf_counter() < last_put + FINAL_LIMIT:
            self._pull(0.02)
            now = time.perf_counter()
            missing = sum(watcher.missing(self._finals) for watcher in self._watchers)
            if late is None and (not missing or now >= late_at):
                late = missing
            if not missing:
                self.outcome.final_after = now - last_put
                break
        self.outcome.late = late or 0
