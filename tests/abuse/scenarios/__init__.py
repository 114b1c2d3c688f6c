"""All attacks: importing this package enters them in `tests.abuse.attack.ATTACKS`."""

from tests.abuse.scenarios import (
    counts,
    crowds,
    datagrams,
    hooks,
    ids,
    messages,
    mutations,
    names,
    puts,
    readers,
    types,
)

__all__ = [
    "counts",
    "crowds",
    "datagrams",
    "hooks",
    "ids",
    "messages",
    "mutations",
    "names",
    "puts",
    "readers",
    "types",
]
