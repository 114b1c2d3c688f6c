"""Database files from the disk, as one database."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.runtime.dbfiles import DbFiles
from records import Record, Severity


def write(folder: Path, **files: str) -> None:
    """Write files; ``__`` in a name stands for a dot."""
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text)


def load(folder: Path, *files: str, include: tuple[str, ...] = (), **macros: str) -> DbFiles:
    """Load files of the folder."""
    found = DbFiles(macros, include)
    found.load(*(str(folder / file) for file in files))
    return found


def test_records_have_what_the_file_says(tmp_path: Path) -> None:
    write(
        tmp_path,
        one__db="""record(ai, "$(P)t") { field(VAL, 3.5) field(EGU, K) field(HIHI, 0x10) field(HHSV, MAJOR)
            field(SCAN, "1 second") info(autosaveFields, "VAL HIHI") info(owner, "me") alias("$(P)other") }
            record(mbbo, "$(P)m") { field(ZRST, "off") field(ONST, "on") field(VAL, 1) }
            record(lso, "$(P)l") { field(SIZV, 100) }""",
    )
    found = load(tmp_path, "one.db", P="A:")
    assert found.problems == []
    record = found.pvdb["A:t"]
    assert isinstance(record, Record)
    assert (record.value, record.name, record.udf) == (3.5, "A:t", 0)
    assert (record.metadata.units, record.period) == ("K", 1.0)
    hihi = record.field("HIHI")
    assert hihi is not None
    assert hihi.value == 16.0
    assert getattr(record, "hhsv") is Severity.MAJOR  # noqa: B009  # of the record type
    assert found.pvdb["A:other"] is record
    assert record.info == {"autosaveFields": "VAL HIHI", "owner": "me"}
    assert record.pvspec is not None
    assert record.pvspec.saving is not None
    assert record.pvspec.saving.fields == ("VAL", "HIHI")
    assert found.pvdb["A:m"].text == "on"


def test_templates_are_found_beside_here_and_in_folders(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    write(
        tmp_path,
        all__substitutions='file one.template { pattern { N, D } { 1, "a, b" } { 2, c } }\n'
        'file "two.template" { { N=3 } }',
        one__template='record(ai, "$(P)$(N)") { field(DESC, "$(D)") include "part.db" }',
        part__db="field(EGU, K)",
    )
    write(tmp_path / "far", two__template='record(ao, "$(P)$(N)") {}')
    found = load(tmp_path, "all.substitutions", include=(str(tmp_path / "far"),), P="A:")
    assert found.problems == []
    assert list(found.pvdb) == ["A:1", "A:2", "A:3"]
    desc = found.pvdb["A:1"].field("DESC")
    assert desc is not None
    assert desc.value == "a, b"
    assert found.pvdb["A:2"].metadata.units == "K"


def test_a_mistake_in_a_template_is_told_once(tmp_path: Path) -> None:
    write(
        tmp_path,
        all__sub="file one.template { pattern { N } { 1 } { 2 } { 3 } }\nfile no.template { { } }",
        one__template='record(ai, "$(N)") { field(PREC, "x") fild(EGU, K) }',
    )
    found = load(tmp_path, "all.sub", "missing.db")
    said = [str(problem).replace(f"{tmp_path}/", "") for problem in found.problems]
    assert [one for one in said if "fild" in one] == [
        f"one.template:1:39: error: {n}: field, info, alias or '}}' is wanted here, not 'fild'" for n in (1, 2, 3)
    ]
    assert any(one.startswith("all.sub:2:20: error: no.template: ") for one in said)
    assert "missing.db: error: No such file or directory" in said
    assert found.fatal


def test_links_between_files_are_no_warnings(tmp_path: Path) -> None:
    write(tmp_path, a__db='record(ai, "a") { field(FLNK, "b") }', b__db='record(ai, "b") {}')
    assert load(tmp_path, "a.db", "b.db").problems == []
    assert len(load(tmp_path, "a.db").problems) == 1


def test_a_cp_that_counts_for_nothing_is_a_warning(tmp_path: Path) -> None:
    write(tmp_path, a__db='record(ai, "a") {}\nrecord(ai, "b") { field(INP, "a CA CP") field(FLNK, "a CA") }')
    [problem] = load(tmp_path, "a.db").problems
    said = "a.db:2:30: warning: b.INP: CP has no effect beside CA, which counts: leave CA out"
    assert str(problem) == f"{tmp_path}/{said}"


@pytest.mark.parametrize(
    "raw", [b'record(ai, "x") { field(EGU, "\xb0C") }', 'record(ai, "x") { field(EGU, "°C") }'.encode()]
)
def test_a_degree_sign_of_either_age(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "x.db").write_bytes(raw)
    assert load(tmp_path, "x.db").pvdb["x"].metadata.units == "°C"
