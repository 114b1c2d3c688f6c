"""Channel Access server: serves any mapping of names to PVs."""

from bridge.server.aio import serving
from bridge.server.config import ConfigError, ServerConfig
from bridge.server.eager import EagerRunner
from bridge.server.fieldtypes import FIELD_TYPE, NATIVE
from bridge.server.limits import Limits
from bridge.server.server import CannotListen, CaServer
from bridge.server.serverloop import ServerLoop

__all__ = [
    "FIELD_TYPE",  # what holds the elements of a native type of CA
    "NATIVE",  # the native type of CA of each type of field
    "CaServer",  # the server without an event loop
    "CannotListen",  # an address or port cannot be used
    "ConfigError",  # a setting cannot be used
    "EagerRunner",  # runs coroutines at once, and as tasks only if they wait
    "Limits",  # what one client may make grow
    "ServerConfig",  # where to listen, whom to tell
    "ServerLoop",  # asyncio's loop, faster for CA: asyncio.Runner(loop_factory=ServerLoop)
    "serving",  # `async with serving(group.pvdb) as server:`
]
