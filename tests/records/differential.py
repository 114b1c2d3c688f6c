"""The same records in base's softIoc and in ours, the same random puts over CA: all fields must be the same.

python -m tests.records.differential [--sequences 200] [--seed 1] [case ...]
"""

from __future__ import annotations

import argparse
import asyncio
import math
import random
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, NamedTuple

from bridge.client import PV as ClientPV
from bridge.client import Client, ClientError, Result
from bridge.runtime.ioc import running
from records import PV
from records.makers import RECORD_TYPES
from tests.ca.softioc import softioc
from tests.client.settings import only
from tests.records.differences import CASES, Case, Rec
from tests.server.serving import loopback

__all__ = ["Difference", "compare", "main"]

#: Fields that are not compared: our own words, or what docs/record-differences.md explains.
LEFT_OUT = frozenset(("AMSG", "NAMSG", "UTAG", "NAME", "RTYP", "DTYP", "ASG", "OLDSIMM", "LCNT"))


class Difference(NamedTuple):
    """Where ours and base's disagree: fields with base's value and ours, after which puts."""

    case: str
    sequence: int
    fields: tuple[tuple[str, Any, Any], ...]
    history: tuple[str, ...]

    def __str__(self) -> str:
        fields = "; ".join(f"{name}: base {base!r}, ours {ours!r}" for name, base, ours in self.fields)
        said = "\n        ".join(self.history[-12:])
        return f"{self.case} #{self.sequence}: {fields}\n        {said}"


def database_text(case: Case, copies: int) -> str:
    """The .db text of a case."""
    lines = []
    for copy in range(copies):
        for record in case.records:
            lines.append(f'record({record.type}, "{_expand(record.name, copy)}") {{')
            lines += [f'    field({name}, "{_expand(text, copy)}")' for name, text in record.fields.items()]
            lines.append("}")
    return "\n".join(lines) + "\n"


def our_records(case: Case, copies: int) -> dict[str, PV]:
    """The same records of ours."""
    pvdb: dict[str, PV] = {}
    for copy in range(copies):
        for record in case.records:
            name = _expand(record.name, copy)
            pvdb[name] = _made(record, name, copy)
    return pvdb


def _made(record: Rec, name: str, copy: int) -> PV:
    record_class = RECORD_TYPES[record.type].record_class
    texts = {key: _expand(text, copy) for key, text in record.fields.items()}
    links = {key: texts.pop(key) for key in ("INP", "OUT") if key in texts}
    value = texts.pop("VAL", None)
    return record_class(name, value, links=links or None, **{key.lower(): text for key, text in texts.items()})


def _expand(text: str, copy: int) -> str:
    return text.replace("$", f"d{copy}:")


@asynccontextmanager
async def _both(case: Case, copies: int) -> AsyncIterator[tuple[Client, Client]]:
    async with AsyncExitStack() as stack:
        port = await stack.enter_async_context(softioc(database_text(case, copies)))
        ioc = await stack.enter_async_context(running(our_records(case, copies), config=loopback()))
        base = await stack.enter_async_context(Client(only(port)))
        ours = await stack.enter_async_context(Client(only(ioc.server.port)))
        yield base, ours


async def compare(case: Case, sequences: int, seed: int, copies: int = 4) -> list[Difference]:
    """Run random sequences on `copies` sets of the records; returns the first difference of each set."""
    async with _both(case, copies) as (base, ours):
        found: list[Difference] = []
        for copy in range(copies):
            one = _Set(case, copy, base, ours, random.Random(f"{seed} {case.name} {copy}"))
            for number in range(-(-sequences // copies)):
                found += await one.sequence(number * copies + copy)
                if found:
                    break
        return found


class _Set:
    """One set of the records of a case, in both IOCs."""

    def __init__(self, case: Case, copy: int, base: Client, ours: Client, random_: random.Random) -> None:
        self.case = case
        self.copy = copy
        self.clients = (base, ours)
        self.random = random_
        self.history: list[str] = []
        self.fields: dict[str, tuple[ClientPV, ClientPV]] = {}
        for record in case.records:
            name = _expand(record.name, copy)
            table = RECORD_TYPES[record.type].record_class.fields
            for field in table:
                ours_alone = field == "INP" and "OUT" in table  # an output's own setting, read back
                if field not in LEFT_OUT | case.left_out and not ours_alone:
                    self.fields[f"{name}.{field}"] = (base.pv(f"{name}.{field}"), ours.pv(f"{name}.{field}"))

    async def sequence(self, number: int) -> list[Difference]:
        for _ in range(self.random.randint(3, 8)):
            target, value = self._choice()
            outcome = await asyncio.gather(*(self._put(client, target, value) for client in self.clients))
            self.history.append(f"put {target} {value!r}: {outcome[0]}")
            if outcome[0] != outcome[1]:
                return [Difference(self.case.name, number, ((target, *outcome),), tuple(self.history))]
            different = await self._looks()
            if different:
                return [Difference(self.case.name, number, tuple(different), tuple(self.history))]
        return []

    def _choice(self) -> tuple[str, Any]:
        weights = [one.weight for one in self.case.puts]
        put = self.random.choices(self.case.puts, weights)[0]
        value = self.random.choice(put.values)
        return _expand(put.target, self.copy), _expand(value, self.copy) if isinstance(value, str) else value

    async def _put(self, client: Client, target: str, value: Any) -> str:
        try:
            await client.pv(target).put(value, timeout=20.0)
        except ClientError:
            return "refused"
        return "taken"

    async def _looks(self) -> list[tuple[str, Any, Any]]:
        pairs = list(self.fields.items())
        asked = [pv.get("time", timeout=20.0) for _, both in pairs for pv in both]
        seen = await asyncio.gather(*asked)
        found = []
        for index, (name, _) in enumerate(pairs):
            base, ours = _shown(seen[2 * index]), _shown(seen[2 * index + 1])
            if not _same(base, ours):
                found.append((name, base, ours))
        return found


def _shown(result: Result) -> Any:
    return result.value if isinstance(result.value, (int, float, str)) else list(result.value)


def _same(base: Any, ours: Any) -> bool:
    if isinstance(base, list):
        return isinstance(ours, list) and len(base) == len(ours) and all(map(_same, base, ours))
    if isinstance(base, float) and isinstance(ours, float) and math.isnan(base):
        return math.isnan(ours)
    return bool(base == ours)


async def _run(names: Sequence[str], sequences: int, seed: int) -> int:
    bad = 0
    cases: Mapping[str, Case] = {case.name: case for case in CASES}
    for name in names or list(cases):
        found = await compare(cases[name], sequences, seed)
        bad += len(found)
        print(f"{name}: {sequences} sequences, {'no difference' if not found else ''}", flush=True)
        for one in found:
            print("   ", one)
    return 1 if bad else 0


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*")
    parser.add_argument("--sequences", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    return asyncio.run(_run(options.cases, options.sequences, options.seed))


if __name__ == "__main__":
    sys.exit(main())
