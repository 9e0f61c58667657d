"""UP-2: what refusing and looking at the worst files takes of memory, as the system counts it.

Web and worker as processes, with whole imports: `tests/faults/test_memory.py`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.memory import MIB, taken_by

from .worst_files import READ, REFUSED

OF_A_WEB_PROCESS = 150
OF_A_WORKER = 512
"""MiB above idle."""
READERS = """
from pathlib import Path
{libraries}
from annotations.importers.formats import read_inputs
from annotations.importers.opening import Upload
from annotations.importers.preview import preview_of
from tests.memory import above_idle

def look_at(path):
    return preview_of([Upload(path.name, lambda: path.open("rb"))], find=lambda _name: None)

def read(path):
    for _each in read_inputs([path]):
        pass

for path in Path({folder!r}).iterdir():
    if path.stat().st_size < 1_000:
        read(path)
"""
LIBRARIES = "import pyarrow.parquet, spacy"
"""What a process keeps that has read such a file once."""
MEASURED = """
said = {{path.name: above_idle(lambda path=path: {act}(path)) for path in sorted(Path({folder!r}).iterdir())}}
"""


def put(folder: Path, *names: str) -> None:
    (folder / "idle.txt").write_text("Rain in Ulm.")
    for name in names:
        (folder / name).write_bytes((READ | REFUSED)[name]())


def peaks(act: str, folder: Path, libraries: str = LIBRARIES) -> dict[str, float]:
    """Return the most memory that an act takes for each file of a folder, in MiB above idle."""
    known = {"folder": str(folder), "act": act, "libraries": libraries}
    _above, said = taken_by(MEASURED.format(**known), before=READERS.format(**known))
    return {name: taken / MIB for name, taken in said.items()}


def test_refusing_a_bomb_takes_little_memory(tmp_path):
    put(tmp_path, *REFUSED)

    found = peaks("read", tmp_path, libraries="")

    assert found.keys() == {"idle.txt", *REFUSED}
    assert max(found.values()) <= OF_A_WEB_PROCESS, found


@pytest.mark.long
def test_looking_at_any_file_takes_no_more_than_a_web_process_may(tmp_path):
    put(tmp_path, *REFUSED, *READ)

    found = peaks("look_at", tmp_path)

    print(f"a look takes at most {max(found.values()):.0f} MiB")
    assert max(found.values()) <= OF_A_WEB_PROCESS, found


@pytest.mark.long
@pytest.mark.parametrize("name", READ)
def test_reading_any_file_takes_no_more_than_a_worker_may(name, tmp_path):
    put(tmp_path, name)

    taken = peaks("read", tmp_path)[name]

    print(f"reading {name} takes {taken:.0f} MiB")
    assert taken <= OF_A_WORKER
