"""Saving: what a program says of a PV that is to survive a restart. Who does it is `bridge.runtime.autosave`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Literal, NamedTuple, TypeAlias, get_args

from records.field import ACTS, LINK, Field

__all__ = ["RESTORES", "USUAL_FIELDS", "Restore", "Saving", "saving"]

Restore: TypeAlias = Literal["device", "push", "leave"]
RESTORES: Final[tuple[str, ...]] = get_args(Restore)

#: The fields besides VAL that operators adjust and expect to find again.
USUAL_FIELDS: Final = (
    *("DESC", "EGU", "PREC", "HOPR", "LOPR", "DRVH", "DRVL"),
    *("HIHI", "HIGH", "LOW", "LOLO", "HHSV", "HSV", "LSV", "LLSV", "HYST", "MDEL", "ADEL", "SMOO"),
    *("ZSV", "OSV", "COSV", "UNSV", "ZRSV", "ONSV", "TWSV", "THSV", "FRSV", "FVSV", "SXSV", "SVSV"),
    *("EISV", "NISV", "TESV", "ELSV", "TVSV", "TTSV", "FTSV", "FFSV", "IVOA", "IVOV"),
)


class Saving(NamedTuple):
    """What to save of a PV, and what to do with it at the next start.

    `fields` None means VAL and whichever of the usual fields differ from what the program says. `restore` says what an
    instrument gets to hear of the saved value: "device", nothing, and its own setting is read; "push", the value is
    written to it; "leave", nothing. None is "device" for a record with an INP, else "leave".
    """

    fields: tuple[str, ...] | None = None
    restore: Restore | None = None


def saving(autosave: bool | str | Iterable[str], restore: str | None, rows: Mapping[str, Field]) -> Saving | None:
    """Check the keywords `autosave` and `restore` of a PV with the fields `rows` (a plain PV has none but VAL).

    Raises TypeError for a field that cannot be saved and for a `restore` without `autosave`, ValueError for a
    `restore` that there is not.
    """
    if restore is not None and restore not in RESTORES:
        raise ValueError(f"restore={restore!r}: choose one of {', '.join(map(repr, RESTORES))}")
    if autosave is False:
        if restore is not None:
            raise TypeError(f"restore={restore!r} does nothing without autosave=True")
        return None
    if autosave is True:
        return Saving(None, restore)  # type: ignore[arg-type]  # checked above
    names = (autosave,) if isinstance(autosave, str) else tuple(autosave)
    for name in names:
        row = rows.get(name)
        if name != "VAL" and (row is None or not row.writable or row.changes & (ACTS | LINK)):
            raise TypeError(f"autosave={names!r}: {name} is no field that can be saved and restored")
    return Saving(names, restore)  # type: ignore[arg-type]
