from __future__ import annotations

import asyncio

import pytest

from drivers import LinkDown, ReplyTimeout
from drivers.line.shared import SharedQuestions


class Instrument:
    def __init__(self) -> None:
        self.asked: list[str] = []
        self.gate = asyncio.Event()
        self.error: Exception | None = None

    async def ask(self, question: str, timeout: float | None, *_form: object) -> str:
        self.asked.append(question)
        number = len(self.asked)
        await self.gate.wait()
        if self.error:
            raise self.error
        return f"{question} {number}"


async def test_one_question_for_all_who_ask_it_at_once() -> None:
    instrument = Instrument()
    shared = SharedQuestions(instrument.ask)
    tasks = [asyncio.create_task(shared.ask(question, None)) for question in ("A", "A", "B", "A")]
    await asyncio.sleep(0)
    instrument.gate.set()
    assert await asyncio.gather(*tasks) == ["A 1", "A 1", "B 2", "A 1"]
    assert await shared.ask("A", None) == "A 3"


async def test_an_error_is_everybodys_and_each_has_his_own() -> None:
    instrument = Instrument()
    shared = SharedQuestions(instrument.ask)
    instrument.error = ReplyTimeout("slow")
    tasks = [asyncio.create_task(shared.ask("A", None)) for _ in range(3)]
    await asyncio.sleep(0)
    instrument.gate.set()
    errors = await asyncio.gather(*tasks, return_exceptions=True)
    assert [str(error) for error in errors] == ["slow"] * 3
    assert len({id(error) for error in errors}) == 3
    instrument.error = LinkDown("gone")
    with pytest.raises(LinkDown):
        await shared.ask("A", None)


async def test_when_the_one_who_asks_is_cancelled_another_asks() -> None:
    instrument = Instrument()
    shared = SharedQuestions(instrument.ask)
    tasks = [asyncio.create_task(shared.ask("A", None)) for _ in range(3)]
    await asyncio.sleep(0)
    tasks[0].cancel()
    tasks[2].cancel()
    await asyncio.sleep(0)
    instrument.gate.set()
    assert await tasks[1] == "A 2"
    assert tasks[0].cancelled()
    assert tasks[2].cancelled()
