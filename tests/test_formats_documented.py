"""The table in docs/formats.md names the formats that the code has, and which way each goes."""

from __future__ import annotations

import re

from annotations.exporters.formats import WRITERS
from annotations.importers.formats import READERS
from tests.conftest import BASE_DIR

_ROW = re.compile(r"^\| \[?`([a-z0-9-]+)`[^|]*\| (yes|no) \| (yes|no) \|", re.MULTILINE)


def test_the_table_of_formats_is_that_of_the_code():
    rows = _ROW.findall((BASE_DIR / "docs" / "formats.md").read_text(encoding="utf-8"))

    assert {name for name, is_in, _out in rows if is_in == "yes"} == set(READERS)
    assert {name for name, _in, is_out in rows if is_out == "yes"} == set(WRITERS)
    assert len(rows) == len({name for name, _in, _out in rows})
