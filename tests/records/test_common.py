"""The tables against base's own database definition: names, types, sizes, menus, defaults, effects of a put."""

import re
from pathlib import Path
from typing import NamedTuple

import pytest

from records.field import ACTS, DESCRIBES, PROCESSES
from records.makers import RECORD_TYPES
from records.menus import MENU_SCAN

epicscorelibs = pytest.importorskip("epicscorelibs", reason="brings the .dbd files of EPICS base")
DBD = Path(epicscorelibs.__file__).parent / "dbd"
BASE_TYPES = sorted(rtyp for rtyp in RECORD_TYPES if (DBD / f"{rtyp}Record.dbd").exists())  # the others: synApps
AS_STRING = ("INLINK", "OUTLINK", "FWDLINK")
# Where we differ on purpose: type.field or field, and why
DIFFERENT = {
    "AMSG": "longer: it names port, question and answer",
    "DTYP": "there is one device type",
    "INP": "names a register, and is said in the class",
    "OUT": "likewise",
    "NELM": "from the first value",
    "MALM": "likewise",
    "FTVL": "DOUBLE where base has STRING",
    "SVAL": "processing stringin by its simulated value is not done",
    "OVAL": "follows from VAL",
    "PVAL": "follows from VAL",
}


class Row(NamedTuple):
    type: str
    text: str

    def get(self, key: str) -> str:
        found = re.search(rf"\b{key}\(\"?([^)\"]*)\"?\)", self.text)
        return found[1] if found else ""


def rows(name: str) -> dict[str, Row]:
    text = (DBD / name).read_text()
    found = re.finditer(r"field\((\w+),\s*DBF_(\w+)\)\s*\{(.*?)\n?\s*\}", text, re.S)
    return {one[1]: Row(one[2], one[3]) for one in found}


def menu(name: str, owner: str) -> list[str]:
    for file in (f"{name}.dbd", f"{owner}Record.dbd"):
        if (DBD / file).exists():
            text = (DBD / file).read_text()
            found = re.search(rf"menu\({name}\)\s*\{{(.*?)\}}", text, re.S)
            if found:
                return re.findall(r"choice\(\w+,\s*\"([^\"]*)\"\)", found[1])
    raise LookupError(name)


@pytest.mark.parametrize("rtyp", BASE_TYPES)
def test_table(rtyp: str) -> None:
    base = {**rows("dbCommon.dbd"), **rows(f"{rtyp}Record.dbd")}
    ours = RECORD_TYPES[rtyp].record_class.fields
    reachable = {name for name, row in base.items() if row.type != "NOACCESS"}
    assert reachable - set(ours) == set()
    assert set(ours) - set(base) <= {"RTYP", "INP"}
    for name in sorted(reachable - set(DIFFERENT)):
        field, row = ours[name], base[name]
        wanted = "ENUM" if row.type == "MENU" else "STRING" if row.type in AS_STRING else row.type
        assert (name, field.type.name) == (name, wanted)
        assert (name, field.writable) == (name, row.get("special") != "SPC_NOMOD")
        if row.type == "STRING":
            assert (name, field.size) == (name, int(row.get("size")))
        if not field.changes & ACTS:
            assert (name, bool(field.changes & PROCESSES)) == (name, row.get("pp") == "TRUE")
        if row.get("prop"):
            assert (name, bool(field.changes & DESCRIBES)) == (name, True)


@pytest.mark.parametrize("rtyp", BASE_TYPES)
def test_menus_and_defaults(rtyp: str) -> None:
    base = {**rows("dbCommon.dbd"), **rows(f"{rtyp}Record.dbd")}
    ours = RECORD_TYPES[rtyp].record_class.fields
    for name, row in base.items():
        if row.type == "NOACCESS" or name in DIFFERENT:
            continue
        field = ours[name]
        choices = menu(row.get("menu"), rtyp) if row.type == "MENU" else []
        if row.type == "MENU":
            assert field.menu is not None
            # LINR: without the thermocouple tables; SCAN: with three rates more
            assert list(field.menu[: len(choices)]) == choices[: len(field.menu)]
            assert len(field.menu) == len(choices) or name in ("LINR", "SCAN", "SSCN")
        if name == "INIT" or (rtyp == "sel" and len(name) == 1):
            continue  # which init_record sets
        initial = row.get("initial") or ("0" if field.type.name != "STRING" else "")
        if initial in choices:
            initial = str(choices.index(initial))
        assert (name, str(field.default)) in ((name, initial), (name, f"{initial}.0")), field


def test_scan_choices_are_appended() -> None:
    assert len(MENU_SCAN) <= 16  # what DBR_GR_ENUM can carry
