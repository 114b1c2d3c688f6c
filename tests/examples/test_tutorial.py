"""docs/tutorial.md, as a newcomer goes through it: each program, each command, each answer."""

from __future__ import annotations

import asyncio
import contextlib
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.clients import communicate
from tests.programs import Program, program
from tests.waiting import eventually

TUTORIAL = Path(__file__).resolve().parents[2] / "docs" / "tutorial.md"
BLOCK = re.compile(r"^```(python|console)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass
class Step:
    """A command, and what the tutorial says that it answers."""

    command: str
    answer: list[str]


def steps(console: str) -> Iterator[Step]:
    step: Step | None = None
    for line in console.splitlines():
        if line.startswith("$ "):
            if step is not None:
                yield step
            step = Step(line[2:], [])
        else:
            assert step is not None
            step.answer.append(line)
    if step is not None:
        yield step


class Newcomer:
    """Somebody with two terminals: one IOC at a time, and perhaps a simulator."""

    def __init__(self, folder: Path, stack: contextlib.AsyncExitStack) -> None:
        self.folder = folder
        self.stack = stack
        self.ioc: Program | None = None
        self.sim: Program | None = None
        self.address = ""

    async def do(self, step: Step) -> None:
        words = step.command.partition("  #")[0].replace("{address}", self.address).split()
        if words[0] == "^C":
            assert self.sim is not None
            await self.sim.end()
        elif words[0] == "python":
            if self.ioc is not None:
                assert await self.ioc.end() == 0
            self.ioc = await self.stack.enter_async_context(program(*words[1:], cwd=self.folder, ready=step.answer[0]))
            ioc = self.ioc
            await eventually(lambda: "\n".join(step.answer) in ioc.text)
        elif words[1] == "sim":
            found = await self.stack.enter_async_context(program("-m", "bridge", *words[1:], ready=" listens on "))
            self.sim = found
            self.address = found.text.split()[-1]
        elif "# soon" in step.command:

            async def soon() -> bool:
                await self.ask(words, step.answer)
                return True

            await eventually(soon, 15)
        else:
            await self.ask(words, step.answer)

    async def ask(self, words: list[str], answer: list[str]) -> None:
        assert words[0] == "iocbridge"
        assert self.ioc is not None
        done = await communicate(sys.executable, "-m", "bridge", *words[1:], env=self.ioc.client_environment)
        if answer == ["... failed"]:
            assert done.code != 0
            return
        assert done.code == 0, f"{words}: {done.out}{done.err}"
        if answer != ["..."]:
            assert done.out.split("\n")[:-1] == answer, words


async def test_the_tutorial(tmp_path: Path) -> None:
    blocks = BLOCK.findall(TUTORIAL.read_text())
    assert len(blocks) > 10
    async with contextlib.AsyncExitStack() as stack:
        newcomer = Newcomer(tmp_path, stack)
        for kind, text in blocks:
            if kind == "python":
                name = text.partition("\n")[0].removeprefix("# ")
                (tmp_path / name).write_text(text)
            else:
                for step in steps(text):
                    await newcomer.do(step)
        await asyncio.sleep(0)
