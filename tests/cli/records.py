"""The records that our commands and base's are both let loose on."""

from __future__ import annotations

__all__ = ["DATABASE", "FILLING"]

DATABASE = """
record(ao, "T:ao") {
    field(VAL, "3.14159") field(EGU, "mm") field(PREC, "2") field(PINI, "YES")
    field(HOPR, "10") field(LOPR, "-10") field(DRVH, "20") field(DRVL, "-20")
    field(HIHI, "9") field(HIGH, "8") field(LOW, "-8") field(LOLO, "-9")
    field(HHSV, "MAJOR") field(HSV, "MINOR") field(LSV, "MINOR")
}
record(ao, "T:high") { field(VAL, "8.5") field(HIGH, "8") field(HSV, "MINOR") field(PINI, "YES") }
record(longout, "T:long") { field(VAL, "-70000") field(PINI, "YES") field(EGU, "counts") }
record(bo, "T:bo") { field(ZNAM, "off") field(ONAM, "on") field(VAL, "1") field(PINI, "YES") }
record(mbbo, "T:mbbo") {
    field(ZRST, "zero") field(ONST, "one two") field(TWST, "it's") field(VAL, "2") field(PINI, "YES")
}
record(stringout, "T:string") { field(VAL, "say \\"hello\\"") field(PINI, "YES") }
record(waveform, "T:doubles") { field(FTVL, "DOUBLE") field(NELM, "5") }
record(waveform, "T:floats") { field(FTVL, "FLOAT") field(NELM, "5") field(PREC, "3") }
record(waveform, "T:longs") { field(FTVL, "LONG") field(NELM, "5") }
record(waveform, "T:shorts") { field(FTVL, "SHORT") field(NELM, "5") }
record(waveform, "T:chars") { field(FTVL, "CHAR") field(NELM, "60") }
record(waveform, "T:strings") { field(FTVL, "STRING") field(NELM, "3") }
record(waveform, "T:one") { field(FTVL, "SHORT") field(NELM, "1") }
record(ai, "T:undefined") {}
record(ao, "T:locked") { field(VAL, "1") field(DISP, "1") field(PINI, "YES") }
record(seq, "T:never") { field(DLY1, "1000") field(LNK1, "T:high.PREC") field(DO1, "2") }
"""

#: What the arrays hold, which a database file cannot say.
FILLING: dict[str, object] = {
    "T:doubles": [1.5, -2.5, 1e-20, 1e300],
    "T:floats": [1.1, 2e9],
    "T:longs": [5, -7, 2_000_000_000],
    "T:shorts": [3, -1],
    "T:chars": b'say "hi"\n\x01',
    "T:strings": ["one", "two 2"],
    "T:one": -5,
}
