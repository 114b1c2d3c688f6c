"""What sub and aSub share: they call a Python function that SNAM names."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

from records.alarm import Severity, Status
from records.functions import Subroutine, find_function
from records.rec.soft import Soft

__all__ = ["BAD_SUB", "Called"]

BAD_SUB = (511 << 16) | 35  # S_db_BadSub of dbAccessDefs.h, which aSub shows in VAL


class Called(Soft):
    """A record with a function. A type brings `called`, for what to do when the function has answered."""

    snam: str
    inam: str
    brsv: Severity

    function: Subroutine | None = None  # what SNAM named when it was written last

    def initialize(self) -> None:
        """Call what INAM names, once."""
        first = find_function(self.inam) if self.inam else None
        if first is not None:
            first(self)

    def called(self, status: int) -> None:
        """The function has answered: finish."""
        raise NotImplementedError

    def call(self) -> None:
        """Call the function, and then `called` with what it answers."""
        function = self.function
        if function is None:
            self.raise_alarm(Status.BAD_SUB, Severity.INVALID, f"there is no function {self.snam!r}")
            self.called(BAD_SUB)
            return
        try:
            answer = function(self)
        except Exception as error:
            self._failed(error)
            return
        if hasattr(answer, "__await__") and self.host is not None:
            self._active += 1
            self.outdate()
            self.host.start(self, self._await(answer))
        else:
            self._finished(answer)

    async def _await(self, answer: Awaitable[Any]) -> None:
        try:
            result = await answer
        except Exception as error:
            self._failed(error)
        else:
            self._finished(result)
        finally:
            self.complete()

    def _failed(self, error: Exception) -> None:
        why = str(error) or type(error).__name__
        self.raise_alarm(Status.SOFT, Severity.INVALID, f"{self.snam}: {why}")
        self.called(-1)

    def _finished(self, answer: Any) -> None:
        status = answer if isinstance(answer, int) else 0
        if status < 0:
            self.raise_alarm(Status.SOFT, self.brsv, f"{self.snam} has answered {status}")
        self.called(status)
