"""Channel Access client for asyncio: reads, writes and monitors the PVs of any CA server."""

from bridge.client.client import Client
from bridge.client.config import ClientConfig, ConfigError
from bridge.client.errors import ClientError, GetFailed, NotConnected, PutFailed, Refused, Timeout
from bridge.client.pv import PV
from bridge.client.result import Result, Update
from bridge.client.subscription import Subscription

__all__ = [
    "PV",  # made by Client.pv
    "Client",  # `async with Client() as client:`
    "ClientConfig",  # where to look for PVs
    "ClientError",  # root of the errors below
    "ConfigError",  # a setting cannot be used
    "GetFailed",
    "NotConnected",
    "PutFailed",
    "Refused",
    "Result",  # what PV.get gives
    "Subscription",  # made by PV.subscribe
    "Timeout",
    "Update",  # what a monitor gives
]
