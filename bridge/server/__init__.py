"""Channel Access server: serves any mapping of names to PVs."""

from bridge.server.aio import serving
from bridge.server.config import ConfigError, ServerConfig
from bridge.server.eager import EagerRunner
from bridge.server.fieldtypes import FIELD_TYPE, NATIVE
from bridge.server.limits import Limits
from bridge.server.server import CannotListen, CaServer
from bridge.server.serverloop import ServerLoop
from bridge.server.views import MODIFIERS, View, open_view

__all__ = [
    "FIELD_TYPE",  # what holds the elements of a native type of CA
    "MODIFIERS",  # what the modifiers of a channel's name begin with
    "NATIVE",  # the native type of CA of each type of field
    "CaServer",  # the server without an event loop
    "CannotListen",  # an address or port cannot be used
    "ConfigError",  # a setting cannot be used
    "EagerRunner",  # runs coroutines at once, and as tasks only if they wait
    "Limits",  # what one client may make grow
    "ServerConfig",  # where to listen, whom to tell
    "ServerLoop",  # asyncio's loop, faster for CA: asyncio.Runner(loop_factory=ServerLoop)
    "View",  # a PV as a channel's name with modifiers asks for it
    "open_view",  # finds the view that a name means
    "serving",  # `async with serving(group.pvdb) as server:`
]
