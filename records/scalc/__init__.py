"""The string calculations of synApps (sCalc): ``compile_scalc("PRINTF('SETP %.2f', A)")``. Nothing is eval-ed.

Source: ``sCalcPostfix.c`` and ``sCalcPerform.c`` of the module epics-modules/calc. The way from text to postfix form is
that of `records.calc`, with other words and priorities.
"""

from records.calc.errors import CalcError
from records.scalc.ctext import escaped
from records.scalc.expression import Outcome, StringExpression, compile_scalc

__all__ = [
    "CalcError",  # a mistake in an expression, with its column
    "Outcome",  # what came out: a number, a text, and whether all went well
    "StringExpression",  # a compiled expression
    "compile_scalc",  # makes one from its text
    "escaped",  # bytes as text, with escapes
]
