"""caproto's programs on our server: `iocbridge run --caproto` maps their imports to this package."""

from bridge.compat.finder import Given, activate, deactivate
from bridge.compat.served import Served

__all__ = [
    "Given",  # what the command line brings
    "Served",  # a caproto program's PVs, for our server
    "activate",  # `import caproto` means us from now on
    "deactivate",  # and no longer
]
