"""The CALC language of EPICS base: ``compile_calc("A>B ? MAX(A,C) : 0")`` gives what calculates it. Nothing is eval-ed.

Source: ``postfix.c`` and ``calcPerform.c`` of EPICS base 7.0, and their behaviour on x86-64 where C leaves it open.
"""

from records.calc.errors import CalcError
from records.calc.expression import ARGUMENTS, Expression, compile_calc

__all__ = [
    "ARGUMENTS",  # the letters A to U
    "CalcError",  # a mistake in an expression, with its column
    "Expression",  # a compiled expression
    "compile_calc",  # makes one from its text
]
