"""The cases: one per record type. A new family of types is a module here, and its name in CASES."""

from tests.records.differential.cases.arrays import ARRAYS
from tests.records.differential.cases.bits import BITS
from tests.records.differential.cases.calculations import CALCULATIONS
from tests.records.differential.cases.calls import CALLS
from tests.records.differential.cases.flow import FLOW
from tests.records.differential.cases.longtexts import LONG_TEXTS
from tests.records.differential.cases.values import VALUES
from tests.records.differential.model import Case

__all__ = ["CASES"]

CASES: tuple[Case, ...] = (*VALUES, *CALCULATIONS, *FLOW, *CALLS, *ARRAYS, *BITS, *LONG_TEXTS)
