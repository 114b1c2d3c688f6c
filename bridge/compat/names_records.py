"""The names of `caproto.server.records`: a field class for each record type."""

from __future__ import annotations

from typing import Any

from bridge.compat.fields import RecordFieldGroup, get_record_registry, register_record, registry

_CLASSES = {made.__name__: made for made in registry.values()}
records = registry
globals().update(_CLASSES)
MADE = tuple(_CLASSES)

__all__ = ["RecordFieldGroup", "get_record_registry", "records", "register_record", "summarize"]


def summarize(file: Any = None) -> None:
    """Print the record types and their fields."""
    for rtyp, made in registry.items():
        print(rtyp, *sorted(attr for attr in vars(made) if not attr.startswith("_")), file=file)
