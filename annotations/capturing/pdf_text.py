"""Reading the text of a PDF, in a process of its own: a file made to hang or to eat memory ends that one alone.

Run as `python -m annotations.capturing.pdf_text`: the file on standard input, one JSON object on standard output.
"""

from __future__ import annotations

import io
import json
import logging
import os
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

MOST_PAGES = 1_000
MOST_CHARACTERS = 5_000_000
SECONDS = 30
MEMORY = 1024 * 1024 * 1024
_UNUSABLE = re.compile("[\x00\ud800-\udfff]")
_SPACES = re.compile(r"[ \t\u00a0]+\n")


class UnreadablePdf(Exception):
    """No text could be read: the file is broken, locked, or too much."""


def read_pdf(data: bytes, *, seconds: float = SECONDS) -> dict[str, Any]:
    """Return text, title, author and the number of pages. Raises UnreadablePdf."""
    try:
        done = subprocess.run(  # noqa: S603 -- this very module, and no shell
            [sys.executable, "-I", "-c", _CHILD, str(Path(__file__).resolve().parents[2])],
            input=data,
            capture_output=True,
            timeout=seconds,
            check=True,
            env={"PATH": os.defpath},
        )
        return dict(json.loads(done.stdout))
    except (subprocess.SubprocessError, ValueError):
        raise UnreadablePdf from None


_CHILD = "import sys; sys.path.insert(0, sys.argv[1]); from annotations.capturing import pdf_text; pdf_text.main()"


def name_of_reader() -> str:
    """Name what reads, with its version."""
    return f"pypdf {version('pypdf')}"


def main() -> None:
    """Read standard input, within limits of time and memory that the system holds."""
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    logging.disable(logging.CRITICAL)
    json.dump(text_of(sys.stdin.buffer.read()), sys.stdout)


def text_of(data: bytes) -> dict[str, Any]:
    """Read the text page by page, an empty line between two."""
    from pypdf import PdfReader

    reader = PdfReader(io.BytesIO(data))
    if reader.is_encrypted:
        reader.decrypt("")
    pages: list[str] = []
    n_characters = 0
    for page in reader.pages[:MOST_PAGES]:
        text = _SPACES.sub("\n", _UNUSABLE.sub("\ufffd", page.extract_text() or "")).strip()
        pages.append(text)
        n_characters += len(text)
        if n_characters > MOST_CHARACTERS:
            break
    facts = reader.metadata
    return {
        "text": "\n\n".join(text for text in pages if text)[:MOST_CHARACTERS],
        "title": _fact(facts.title if facts else None),
        "author": _fact(facts.author if facts else None),
        "pages": len(reader.pages),
        "pages_read": len(pages),
    }


def _fact(value: object) -> str:
    return " ".join(_UNUSABLE.sub("", value).split()) if isinstance(value, str) else ""
