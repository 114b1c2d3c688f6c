"""Random puts over CA to the same database in base's IOC and in ours: all fields must be the same after each."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from typing import Any, NamedTuple

from bridge.client import PV as ClientPV
from bridge.client import Client, ClientError
from records import PV, states
from tests.records.differential.dbd import fields_of
from tests.records.differential.iocs import TIMEOUT, both, same, shown
from tests.records.differential.model import Case

__all__ = ["LEFT_OUT", "Difference", "compare", "missing_fields"]

#: Not compared, of any type: docs/record-differences.md says why.
LEFT_OUT = frozenset(("AMSG", "NAMSG", "DTYP", "OLDSIMM", "BKPT", "TIME"))
#: What is compared of the records around `$x`.
AROUND = ("VAL", "STAT", "SEVR", "UDF", "PACT", "RPRO", "PUTF", "DISA")
SETTLED = 1.5  # seconds: what differs for longer is a difference


class Difference(NamedTuple):
    """Where ours and base's disagree: fields with base's value and ours, after which puts."""

    case: str
    sequence: int
    fields: tuple[tuple[str, Any, Any], ...]
    history: tuple[str, ...]

    def __str__(self) -> str:
        fields = "; ".join(f"{name}: base {base!r}, ours {ours!r}" for name, base, ours in self.fields[:12])
        said = "\n        ".join(self.history[-14:])
        return f"{self.case} #{self.sequence}: {fields}\n        {said}"


def missing_fields(case: Case, pvdb: dict[str, PV]) -> list[str]:
    """The fields of base that ours has not, for the types in `case`."""
    found = []
    for record in case.records:
        ours = pvdb[_expand(record.name, 0)]
        rows = ours.fields  # type: ignore[attr-defined]  # a record
        found += [f"{record.type}.{name}" for name in fields_of(record.type) if name not in {*rows, *LEFT_OUT}]
    return sorted(set(found))


def database_text(case: Case, copies: int) -> str:
    """The .db text of a case."""
    lines = [case.text]
    for copy in range(copies):
        for record in case.records:
            lines.append(f'record({record.type}, "{_expand(record.name, copy)}") {{')
            for name, text in record.fields.items():
                quoted = _expand(text, copy).replace("\\", "\\\\").replace('"', '\\"')
                lines.append(f'    field({name}, "{quoted}")')
            lines.append("}")
    return "\n".join(lines) + "\n"


def _expand(text: str, copy: int) -> str:
    return text.replace("$$", "\0").replace("$", f"d{copy}:").replace("\0", "$")


async def compare(case: Case, sequences: int, seed: int, copies: int = 20) -> list[Difference]:
    """Run random sequences on `copies` sets of the records; a set ends with its first difference."""
    copies = min(copies, sequences)
    states.clear()  # base's IOC is a new one, too
    async with both(database_text(case, copies)) as (base, ours, pvdb):
        missing = missing_fields(case, pvdb)
        found = [Difference(case.name, 0, ((field, "there", "missing"),), ()) for field in missing]
        for copy in range(copies):
            one = _Set(case, copy, base, ours, random.Random(f"{seed} {case.name} {copy}"), missing)
            different = await one.begin()
            for number in range(copy, sequences, copies):
                if different:
                    break
                different = await one.sequence(number)
            found += different
            one.close()
    return found


class _Set:
    """One set of the records of a case, in both IOCs."""

    def __init__(
        self, case: Case, copy: int, base: Client, ours: Client, random_: random.Random, missing: list[str]
    ) -> None:
        self.case = case
        self.copy = copy
        self.clients = (base, ours)
        self.random = random_
        self.history: list[str] = []
        self.fields: dict[str, tuple[ClientPV, ClientPV]] = {}
        for record in case.records:
            for field in self._compared(record.type, record.name == "$x"):
                if f"{record.type}.{field}" not in missing:
                    name = f"{_expand(record.name, copy)}.{field}"
                    self.fields[name] = (base.pv(name), ours.pv(name))

    def _compared(self, record_type: str, whole: bool) -> Iterator[str]:
        for field in fields_of(record_type):
            if field in AROUND if not whole else field not in LEFT_OUT | self.case.left_out:
                yield field

    def close(self) -> None:
        for pair in self.fields.values():
            for pv in pair:
                pv.close()

    async def begin(self) -> list[Difference]:
        """Compare the types of the fields, and their first values."""
        for pair in self.fields.values():
            for pv in pair:
                await pv.wait_connected(TIMEOUT)
        kinds = [
            (f"type of {name}", base.native_type, ours.native_type)
            for name, (base, ours) in self.fields.items()
            if base.native_type != ours.native_type
        ]
        return self._different(-1, kinds) + self._different(-1, await self._differences())

    async def sequence(self, number: int) -> list[Difference]:
        for _ in range(self.random.randint(3, 8)):
            target, value = self._choice()
            outcome = await asyncio.gather(*(self._put(client, target, value) for client in self.clients))
            self.history.append(f"put {target} {value!r}: {outcome[0]}")
            if outcome[0] != outcome[1]:
                return self._different(number, [(target, *outcome)])
            if outcome[0] == "refused" and self.case.waits:
                await self._process_refused(target)
            different = await self._differences()
            if different:
                return self._different(number, different)
        return []

    def _different(self, number: int, fields: list[tuple[str, Any, Any]]) -> list[Difference]:
        return [Difference(self.case.name, number, tuple(fields), tuple(self.history))] if fields else []

    def _choice(self) -> tuple[str, Any]:
        weights = [one.weight for one in self.case.puts]
        put = self.random.choices(self.case.puts, weights)[0]
        value = self.random.choice(put.values)
        return _expand(put.target, self.copy), _expand(value, self.copy) if isinstance(value, str) else value

    async def _process_refused(self, target: str) -> None:
        """Do what base does after a put with completion that it has refused (docs/record-differences.md): process."""
        name, _, field = target.partition(".")
        (record_type,) = [one.type for one in self.case.records if _expand(one.name, self.copy) == name]
        base, ours = self.clients
        scan = await ours.pv(f"{name}.SCAN").get(timeout=TIMEOUT)
        if fields_of(record_type)[field or "VAL"].processes and scan.value == 0:
            proc = await base.pv(f"{name}.PROC").get(timeout=TIMEOUT)  # any number processes; this one stays
            await self._put(ours, f"{name}.PROC", proc.value)

    async def _put(self, client: Client, target: str, value: Any) -> str:
        try:
            await client.pv(target).put(value, wait=self.case.waits, timeout=TIMEOUT)
        except ClientError as error:
            return "refused" if "refused" in str(error) or "not be written" in str(error) else str(error)
        except ValueError as error:
            return str(error)
        return "taken"

    async def _differences(self) -> list[tuple[str, Any, Any]]:
        """What differs, once both IOCs have come to rest."""
        names = list(self.fields)
        end = asyncio.get_running_loop().time() + SETTLED
        while True:
            asked = [shown(pv) for name in names for pv in self.fields[name]]
            seen = await asyncio.gather(*asked)
            pairs = zip(names, seen[::2], seen[1::2], strict=True)
            found = [(name, base, ours) for name, base, ours in pairs if not same(base, ours)]
            if not found or asyncio.get_running_loop().time() > end:
                return found
            names = [name for name, _, _ in found]
            await asyncio.sleep(0.02)
