"""Differential tests: the same records in base's IOC and in ours, the same puts over CA, all fields compared."""

from tests.records.differential.compare import compare

__all__ = ["compare"]
