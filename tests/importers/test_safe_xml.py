"""XML that tries to reach outside, to grow, or to go deep: each is refused at once, with a sentence."""

from __future__ import annotations

import io
import resource
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from annotations.importers import limits
from annotations.importers.records import FileRefused
from annotations.importers.safe_xml import look_through, stream_elements

CANARY = "the-canary-sings"
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(10))


class Listener:
    """A port of this machine that notes whether anybody connected."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.was_reached = False
        threading.Thread(target=self._wait, daemon=True).start()

    def _wait(self) -> None:
        try:
            self._socket.accept()[0].close()
            self.was_reached = True
        except OSError:
            pass

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    made = Listener()
    yield made
    made.close()


def attacks(canary: Path, port: int) -> dict[str, bytes]:
    file, net = canary.as_uri(), f"http://127.0.0.1:{port}/x"
    deep = "<a>" * 100_000
    documents = {
        "entity of a file": f'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "{file}">]><r><i>&x;</i></r>',
        "entity of the network": f'<!DOCTYPE r [<!ENTITY x SYSTEM "{net}">]><r><i>&x;</i></r>',
        "parameter entity": f'<!DOCTYPE r [<!ENTITY % x SYSTEM "{net}"> %x;]><r><i/></r>',
        "external document type": f'<!DOCTYPE r SYSTEM "{net}"><r><i/></r>',
        "public document type": f'<!DOCTYPE r PUBLIC "-//x//y" "{net}"><r><i/></r>',
        "expansion": f"<!DOCTYPE r [{LAUGHS}]><r><i>&l9;</i></r>",
        "document type in small letters": f'<!doctype r SYSTEM "{net}"><r><i/></r>',
        "document type behind a comment": f'<!-- a --> <?b c?><!DOCTYPE r SYSTEM "{net}"><r><i/></r>',
        "document type behind the first element": f'<r><!DOCTYPE r SYSTEM "{net}"><i/></r>',
        "long comment before a document type": f'<!--{"x" * 70_000}--><!DOCTYPE r SYSTEM "{net}"><r><i/></r>',
        "entity that nobody declares": "<r><i>&x;</i></r>",
        "depth": f"<r><i>{deep}</i></r>",
        "attribute beyond measure": f'<r><i a="{"x" * 11_000_000}"/></r>',
        "not XML": "Dear reader, <b>hello",
        "seven bits": '<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE r SYSTEM "' + net + '"+AD4-<r><i/></r>',
        "cut off": "<r><i>one</i><i>tw",
    }
    found = {name: document.encode() for name, document in documents.items()}
    found["UTF-16"] = f'<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE r SYSTEM "{net}"><r><i/></r>'.encode("utf-16")
    found["UTF-16 without a mark"] = f'<!DOCTYPE r SYSTEM "{net}"><r><i/></r>'.encode("utf-16-be")
    found["UTF-32"] = f'<!DOCTYPE r SYSTEM "{net}"><r><i/></r>'.encode("utf-32")
    return found


NAMES = sorted(attacks(Path("/x"), 1))


def _streamed(data: bytes) -> None:
    list(stream_elements(io.BytesIO(data), "i"))


WALKED = [name for name in NAMES if name != "attribute beyond measure"]  # a CAS has its whole text in an attribute


@pytest.mark.parametrize(
    ("name", "entry"), [*((name, _streamed) for name in NAMES), *((name, look_through) for name in WALKED)]
)
def test_an_attack_is_refused_in_a_second_and_reaches_nothing(
    name: str, entry: Callable[[bytes], object], tmp_path: Path, listener: Listener
) -> None:
    canary = tmp_path / "canary.txt"
    canary.write_text(CANARY)
    data = attacks(canary, listener.port)[name]
    start = time.monotonic()

    with pytest.raises(FileRefused) as refused:
        entry(data)

    assert time.monotonic() - start < 1
    assert CANARY not in f"{refused.value.message} {refused.value.value}"
    assert not listener.was_reached


def test_an_inclusion_is_an_element_like_others(tmp_path: Path) -> None:
    canary = tmp_path / "canary.txt"
    canary.write_text(CANARY)
    included = f'<i xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="{canary.as_uri()}" parse="text"/></i>'

    [found] = ["".join(each.itertext()) for each in stream_elements(io.BytesIO(f"<r>{included}</r>".encode()), "i")]

    assert found == ""


def test_plain_documents_are_read_with_their_signs() -> None:
    prolog = '\ufeff<?xml version="1.0" encoding="UTF-8"?>\n<!-- <!DOCTYPE x> -->\n'
    data = f"{prolog}<r><i>a &amp; 😀 <![CDATA[<!DOCTYPE html>]]></i></r>"

    look_through(data.encode())  # raises nothing
    assert [each.text for each in stream_elements(io.BytesIO(data.encode()), "i")] == ["a & 😀 <!DOCTYPE html>"]
    latin = '<?xml version="1.0" encoding="ISO-8859-1"?><r><i>ä</i></r>'.encode("latin-1")
    assert [each.text for each in stream_elements(io.BytesIO(latin), "i")] == ["ä"]


class Many:
    """A stream of `left` parts with 40 elements each, never whole in memory."""

    def __init__(self, left: int) -> None:
        self._left = left
        self._data = b"<r>"

    def read(self, size: int) -> bytes:
        if not self._data and self._left:
            self._left -= 1
            self._data = b"<n>x</n><i><b>word</b></i>" * 40 if self._left else b"</r>"
        data, self._data = self._data[:size], self._data[size:]
        return data


def test_memory_does_not_grow_with_the_number_of_elements() -> None:
    sum(1 for _each in stream_elements(Many(10), "i"))  # type: ignore[arg-type]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    count = sum(1 for _each in stream_elements(Many(10_000), "i"))  # type: ignore[arg-type]

    assert count == 9_999 * 40
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 8 * 1024  # KiB


def test_a_stretch_without_the_wanted_element_is_not_read_for_ever() -> None:
    data = b"<r>" + b"<n>x</n>" * (limits.ARTICLE_BYTES // 8 + 10) + b"<i/></r>"

    with pytest.raises(FileRefused, match="larger than"):
        _streamed(data)
