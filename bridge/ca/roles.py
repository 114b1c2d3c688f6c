"""The two ends of Channel Access, and what a client may do with a channel."""

from __future__ import annotations

from enum import Enum, IntFlag
from typing import Final

__all__ = ["CLIENT", "SERVER", "AccessRights", "Role", "SubscriptionType"]


class Role(Enum):
    """Which end of the wire one is."""

    CLIENT = "client"
    SERVER = "server"

    @property
    def other(self) -> Role:
        """The other end."""
        return SERVER if self is CLIENT else CLIENT

    def __repr__(self) -> str:
        return self.name


CLIENT: Final = Role.CLIENT
SERVER: Final = Role.SERVER


class AccessRights(IntFlag):
    """What the server lets this client do with a channel (ACCESS_RIGHTS)."""

    NO_ACCESS = 0
    READ = 1
    WRITE = 2


class SubscriptionType(IntFlag):
    """What a monitor wants to hear of (EVENT_ADD mask, ``caeventmask.h``)."""

    DBE_VALUE = 1
    DBE_LOG = 2
    DBE_ARCHIVE = 2
    DBE_ALARM = 4
    DBE_PROPERTY = 8
