"""Expressions as calc records of a C IOC, and what it makes of them."""

from __future__ import annotations

import asyncio
import random
import struct
from typing import Any, NamedTuple

from bridge.client import Client
from records.calc import ARGUMENTS, compile_calc
from tests.ca.softioc import softioc
from tests.client.settings import only
from tests.records.calc.generate import arguments, expression

__all__ = ["compare", "same"]


class Case(NamedTuple):
    """An expression with A to U and VAL."""

    name: str
    text: str
    args: list[float]


def same(one: float, other: float) -> bool:
    """Whether two numbers are the same bits, or both no numbers."""
    return struct.pack("d", one) == struct.pack("d", other) or (one != one and other != other)


def _record(case: Case) -> str:
    fields = [("CALC", case.text), *zip((*ARGUMENTS, "VAL"), map(repr, case.args), strict=True), ("PINI", "YES")]
    return f'record(calc, "{case.name}") {{ {" ".join(f"field({name}, {text!r})" for name, text in fields)} }}'


def _cases(rng: random.Random, count: int) -> list[Case]:
    cases = []
    for index in range(count):
        # a literal of a denormal number is an error to base
        args = [0.0 if 0 < abs(number) < 1e-307 else number for number in arguments(rng)]
        cases.append(Case(f"X:{index}", expression(rng), args))
    return cases


async def compare(rng: random.Random, count: int) -> list[str]:
    """Let a C IOC calculate `count` expressions and return in what ours differ."""
    cases = _cases(rng, count)
    text = "\n".join(map(_record, cases)).replace("'", '"')
    differences = []
    async with softioc(text, newest=True) as port, Client(only(port)) as client:
        for begin in range(0, count, 500):  # not all at once: each has its own search
            some = cases[begin : begin + 500]
            results = await asyncio.gather(*(_base(client, case) for case in some))
            differences += [
                line for case, result in zip(some, results, strict=True) if (line := _differs(case, result))
            ]
    return differences


async def _base(client: Client, case: Case) -> dict[str, float]:
    """VAL, and the arguments that the expression stores to."""
    names = ("VAL", *compile_calc(case.text).stores)
    values: list[Any] = [await client.pv(f"{case.name}.{name}").get(timeout=30) for name in names]
    return {name: result.value for name, result in zip(names, values, strict=True)}


def _differs(case: Case, base: dict[str, float]) -> str | None:
    args = list(case.args)
    ours = {"VAL": compile_calc(case.text)(args)}
    ours |= dict(zip(ARGUMENTS, args, strict=False))
    for name, value in base.items():
        if not same(ours[name], value):
            return f"{case.name} {name}: base {value!r}, ours {ours[name]!r}: {case.text} with {case.args}"
    return None
