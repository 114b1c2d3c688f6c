"""What the types without an instrument share whose VAL is a number with limits."""

from __future__ import annotations

from typing import Any

from records.rec.analog import Analog
from records.rec.soft import Soft

__all__ = ["SoftAnalog"]


class SoftAnalog(Soft, Analog):
    """Limits and deadbands as those of ai. The type says itself what NaN means for UDF."""

    def check_alarms(self, value: Any) -> None:
        """NaN is within all limits."""
        if value != value and not self.udf:
            self.lalm = value
            return
        super().check_alarms(value)

    def monitor(self) -> int:
        """VALUE beyond MDEL, LOG beyond ADEL."""
        return Analog.monitor(self)
