"""`iocbridge put`: write one PV and wait until that is done, with the options and the output of caput."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bridge.ca import ChannelType
from bridge.ca.dbr import MAX_STRING
from bridge.cli.caformat import name_column, raw, values
from bridge.cli.catool import WHOLE, Options, Usage, connected, fail, parse, problem, run
from bridge.cli.stamps import Stamps
from bridge.cli.wide import trouble, wide
from bridge.client import PV, Client, ClientError, ConfigError

__all__ = ["main"]

COMPLETION: Final = 30.0  # seconds for what a write sets going, unless -w says otherwise: motors take their time

USAGE = f"""\
usage: iocbridge put [options] PV VALUE...
       iocbridge put -a [options] PV COUNT VALUE...

Write a PV and wait until everything that the write set going has ended. Prints the old and the new value.

  -w SEC      wait at most SEC seconds for each step (default 1, and {COMPLETION:g} for the end of the write;
              0: for ever)
  -c          wait for the end of the write (this is the default here)
  -t          print the new value only
  -l          print name, time, value, alarm status and severity
  -n          VALUE is the number of an enumeration's state
  -s          VALUE is the label of an enumeration's state
  -a          write an array: COUNT is there for base's sake, all values are written
  -S          write text to an array of char (a long string)
  -p PRIO     CA priority, 0..99
  -F C        separate fields with the character C

Several words make one VALUE, with blanks between. Exit code 1 if it was not found, refused, or not done in time."""


def main(argv: Sequence[str]) -> int:
    """Run the command."""
    try:
        options, rest, arguments = parse("put", argv, "ctlas", "#:nSF:", values_follow=True)
        letters = {option for option, _ in rest}
        if letters & {"-h", "--help"}:
            print(USAGE)
            return 0
        if {"-t", "-l"} <= letters:
            raise Usage("options -t and -l exclude each other")
        if not arguments:
            raise Usage("no PV name given")
        name, *words = arguments
        is_array = "-a" in letters
        if is_array:
            words = words[1:]
        if not words:
            raise Usage("no value given")
        layout = "-t" if "-t" in letters else "-l" if "-l" in letters else "plain"
        job = _Job(name, words if is_array else [" ".join(words)], is_array, "-s" in letters, layout)
        return run("put", _put(options, job))
    except (Usage, ConfigError) as err:
        return fail("put", f"{err} (-h for help)")


@dataclass(frozen=True, slots=True)
class _Job:
    """What is to be done."""

    name: str
    words: list[str]
    is_array: bool  # -a
    labels_only: bool  # -s
    layout: str  # plain, -t or -l


async def _put(options: Options, job: _Job) -> int:
    layout = job.layout
    async with Client(options.config) as client:
        (pv,), found = await connected(client, [job.name], options.timeout)
        if not found:
            return 1
        try:
            dbr, value = await _encode(pv, options, job)
        except ValueError as err:
            return fail("put", f"{job.name}: {err}")
        stamps = Stamps()
        if layout != "-t":
            print(f"Old : {await _show(pv, options, layout, stamps)}", flush=True)
        patience = options.timeout if options.timeout_given else max(options.timeout, COMPLETION)
        try:
            await pv.put(value, timeout=patience, dbr=dbr)
        except ValueError as err:
            return fail("put", str(err))
        prefix = "" if layout == "-t" else "New : "
        print(f"{prefix}{await _show(pv, options, layout, stamps)}")
    return 0


async def _show(pv: PV, options: Options, layout: str, stamps: Stamps) -> str:
    try:
        result = await pv.get(options.time_type, WHOLE, options.timeout)
    except ClientError as err:
        text = problem(err)
        return text if layout == "-t" else trouble(pv.name, text, options.style, stamped=layout == "-l")
    if layout == "-l":
        return wide(result, options.style, stamps, 0)
    text = values(result, options.style, 0)
    return text if layout == "-t" else name_column(pv.name, result.count, options.style) + text


async def _encode(pv: PV, options: Options, job: _Job) -> tuple[ChannelType, object]:
    """What to write, and as which DBR type. Raises ValueError."""
    native, most = pv.native_type, pv.native_count or 0
    if native is ChannelType.ENUM:
        labels = (await pv.get(ChannelType.GR_ENUM, 1, options.timeout)).metadata.enum_strings
        states = [_state(raw(word), labels, job, options.style.enum_as_number) for word in job.words]
        if any(isinstance(state, float) for state in states):
            numbers = [float(labels.index(state)) if isinstance(state, bytes) else state for state in states]
            return ChannelType.DOUBLE, numbers[0] if len(numbers) == 1 else numbers
        return ChannelType.STRING, _as_text([state for state in states if isinstance(state, bytes)])
    texts = [raw(word) for word in job.words]
    is_text = native is ChannelType.CHAR and most > 1 and not job.is_array and _number(texts[0]) is None
    if (options.style.long_strings and not job.is_array) or is_text:
        return ChannelType.CHAR, texts[0] if len(texts[0]) == most else texts[0] + b"\0"
    for text in texts:
        if len(text) >= MAX_STRING:
            raise ValueError(
                f"{text.decode(errors='replace')!r} has {len(text)} bytes, a string holds {MAX_STRING - 1}"
            )
    return ChannelType.STRING, _as_text(texts)


def _as_text(texts: list[bytes]) -> str | list[str]:
    found = [text.decode("utf-8", "surrogateescape") for text in texts]
    return found[0] if len(found) == 1 else found


def _state(word: bytes, labels: tuple[bytes, ...], job: _Job, number_wanted: bool) -> bytes | float:
    """A label as it is, or the number of a state."""
    if word in labels and not number_wanted:
        return word
    number = None if job.labels_only else _number(word)
    if number is None:
        known = ", ".join(repr(label.decode(errors="replace")) for label in labels)
        raise ValueError(f"{word.decode(errors='replace')!r} is no state; there are {known}")
    return number


def _number(word: bytes) -> float | None:
    try:
        return float(word)
    except ValueError:
        pass
    try:
        return float(int(word, 0))
    except (ValueError, OverflowError):
        return None
