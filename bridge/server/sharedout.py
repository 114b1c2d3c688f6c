"""SharedOut: events that the same sessions get, gathered once for all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bridge.server.session import Session

__all__ = ["SharedOut"]


class SharedOut:
    """Sessions whose clients chose the same ids: what each of them is to send are the same bytes.

    While `pieces` is there, events are added to it and to no session's `out`. One at a time gathers, and whatever else
    is sent to one of its sessions has the hub pass on first what has gathered: all events of a client keep their order.
    (Only answers to a row of gets or puts may overtake events of the same turn: in base these are two threads.)
    """

    __slots__ = ("__weakref__", "pieces", "sessions")

    def __init__(self, sessions: tuple[Session, ...]) -> None:
        self.sessions = sessions
        self.pieces: list[bytes] | None = None

    def open(self) -> list[bytes] | None:
        """Begin to gather, if all of them take events."""
        hub = self.sessions[0].hub
        hub.pass_on()
        for session in self.sessions:
            if session.held:
                return None
            if not session.dirty:
                hub.mark(session)
            session.flowing = False
        hub.gathering = self
        self.pieces = []
        return self.pieces

    def close(self) -> None:
        """Give each session what has gathered."""
        if self.pieces:
            events = b"".join(self.pieces)
            for session in self.sessions:
                session.out.append(events)
        self.pieces = None
