"""UP-1, UP-2, UP-4, UP-5: bombs are refused at once, damaged files never half import, repeats change nothing."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import random
import stat
import struct
import threading
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client, RequestFactory
from hypothesis import given, settings
from hypothesis import strategies as st

from annotations.importers import limits
from annotations.importers.formats import read_inputs
from annotations.importers.opening import Upload
from annotations.models import Annotation, Article, ArticleVersion, Job, Membership, User
from tests.corpora import annotation, article, counts, imported, lines
from tests.factories import PASSWORD, project
from tests.importers.inputs import articles, problems, records, zipped

STORY = b"Dam leaks\n\nThe water rose on Friday."
MOST_SECONDS = 1.0
MOST_BYTES = 64 * limits.MIB
IMPORTS = ("/p/river/import/", "/api/v1/projects/river/imports/")
IS_LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"


def member(name: str, kind: int = stat.S_IFREG) -> zipfile.ZipInfo:
    made = zipfile.ZipInfo(name)
    made.external_attr = (kind | 0o644) << 16
    return made


# UP-1


@pytest.mark.parametrize(
    "bad",
    [
        member("../out.txt"),
        member("inner/../../out.txt"),
        member("/tmp/out.txt"),
        member("C:/out.txt"),
        member("..\\out.txt"),
        member("line\nbreak.txt"),
        member("bell\x07.txt"),
        member("esc\x1b[2J.txt"),
        member("link.txt", stat.S_IFLNK),
        member("pipe.txt", stat.S_IFIFO),
        member("device.txt", stat.S_IFBLK),
        member("GOOD.TXT"),
    ],
    ids=lambda bad: ascii(bad.filename),
)
@pytest.mark.django_db
def test_a_bad_member_is_named_its_neighbour_is_read_and_no_file_is_made_outside_the_storage(
    bad, tmp_path, media_root, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    data = zipped([("good.txt", STORY), (bad, STORY)])
    mia = project()

    job = imported(mia, {"story.zip": data})

    assert counts(job) == (2, 1, 0, 0, 1)
    assert job.problems.get(severity="problem").file.startswith("story.zip/")
    assert Article.objects.get().external_id == "good.txt"
    assert {path.name for path in tmp_path.iterdir()} == {media_root.name}
    assert not [path for path in media_root.rglob("*") if "out" in path.name or path.is_symlink()]


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", ["", ".", "./."])
def test_a_member_without_a_name_is_refused_and_its_neighbour_read(name: str):
    info = member("x")
    info.filename = name
    found = records("story.zip", zipped([("good.txt", STORY), (info, STORY)]))

    assert [each.external_id for each in articles(found)] == ["good.txt"]
    assert "no name" in problems(found)[0].message


def test_of_two_members_of_one_name_the_second_is_refused():
    found = records("story.zip", zipped([("a.txt", STORY), ("a.txt", STORY)]))

    assert [each.external_id for each in articles(found)] == ["a.txt"]
    assert "Two members" in problems(found)[0].message


# UP-2


def many_members(count: int, *, states: int | None = None, has_zip64: bool = True) -> bytes:
    """Build an archive of `count` empty members by hand; its end record says `states`."""
    local = struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, 0, 0, 0, 33, 0, 0, 0, 1, 0) + b"a"
    entry = struct.pack("<4s6H3L5H2L", b"PK\x01\x02", 20, 20, 0, 0, 0, 33, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"a"
    directory = entry * count
    stated = count if states is None else states
    end = b""
    if has_zip64:
        where = len(local) + len(directory)
        end += struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, len(directory), len(local))
        end += struct.pack("<4sLQL", b"PK\x06\x07", 0, where, 1)
    size = min(len(directory), 0xFFFFFFFF)
    end += struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, min(stated, 0xFFFF), min(stated, 0xFFFF), size, len(local), 0)
    return local + directory + end


def lying_about_its_size() -> bytes:
    """An archive whose one member says it has ten bytes, and has eighty million."""
    data = bytearray(zipped([("a.jsonl", b'{"text": "' + b" " * 80_000_000 + b'"}')]))
    for mark, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = data.find(mark)
        data[at + place : at + place + 4] = (10).to_bytes(4, "little")
    return bytes(data)


def overlapping() -> bytes:
    data = bytearray(zipped([("a.txt", STORY), ("b.txt", STORY)], zipfile.ZIP_STORED))
    second = data.rfind(b"PK\x01\x02")
    data[second + 42 : second + 46] = (0).to_bytes(4, "little")
    return bytes(data)


BOMBS: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "ratio": ("a.zip", lambda: zipped([("a.jsonl", b'{"text": "' + b" " * 80_000_000 + b'"}')]), "_RATIO"),
    "ratio of a .gz": ("a.jsonl.gz", lambda: gzip.compress(b'{"text": "' + b" " * 80_000_000), "_RATIO"),
    "nested": ("a.zip", lambda: zipped([("b.zip", zipped([("c.zip", zipped([("d.txt", STORY)]))]))]), "within"),
    "overlapping": ("a.zip", overlapping, "overlap"),
    "lying size": ("a.zip", lying_about_its_size, ""),
    "a million members": ("a.zip", lambda: many_members(1_000_000), "_MEMBERS"),
    "a million members, stated as one": ("a.zip", lambda: many_members(1_000_000, states=1), "_MEMBERS"),
    "many members, stated as one": ("a.zip", lambda: many_members(170_000, states=1, has_zip64=False), "_MEMBERS"),
    "one line": ("a.jsonl", lambda: b'{"text": "' + b"x" * 100_000_000, "_ARTICLE_MIB"),
    "one line in one value": ("a.json", lambda: b'[{"text": "' + b"x" * 100_000_000, ""),
    "commas in one value": ("a.json", lambda: b"[[" + b"1," * 10_000_000, ""),
    "lists in one value": ("a.json", lambda: b"[[" + b"[]," * 10_000_000, "values"),
    "one line of text": ("a.txt", lambda: b"x" * 100_000_000, "_ARTICLE_MIB"),
    "one cell": ("a.csv", lambda: b'title,text\na,"' + b"x" * 100_000_000, "_ARTICLE_MIB"),
    "deep lines": ("a.jsonl", lambda: b'{"text": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "_JSON_DEPTH"),
    "deep value": ("a.json", lambda: b"[" * 100_000 + b"]" * 100_000, "_JSON_DEPTH"),
    "columns": ("a.csv", lambda: ",".join(f"c{n}" for n in range(50_000)).encode() + b"\n", "_CSV_COLUMNS"),
}


def best_seconds(act: Callable[[], object]) -> float:
    """Return the processor's time of an act, the best of up to three tries: a machine may be busy with others."""
    best = float("inf")
    for _try in range(3):
        started = time.process_time()
        act()
        best = min(best, time.process_time() - started)
        if best <= MOST_SECONDS:
            break
    return best


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_within_a_second_in_little_memory(name: str):
    file, make, words = BOMBS[name]
    data = make()
    upload = Upload(file, lambda: io.BytesIO(data))

    found = list(read_inputs([upload]))

    assert not articles(found)
    assert len(problems(found)) == 1
    assert words in problems(found)[0].message
    assert best_seconds(lambda: list(read_inputs([upload]))) <= MOST_SECONDS
    tracemalloc.start()
    for _record in read_inputs([upload]):
        pass
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most <= MOST_BYTES


@pytest.fixture
def mias_browser(db) -> Client:
    mia = project()
    User.objects.filter(pk=mia.user_id).update(is_staff=True)
    client = Client(raise_request_exception=False)
    assert client.login(username="mia", password=PASSWORD)
    return client


@pytest.mark.parametrize("path", [*IMPORTS, "/admin/annotations/project/import/"])
def test_more_files_than_one_form_may_have_are_a_sentence_with_the_limit(mias_browser, path):
    files = [SimpleUploadedFile(f"{n}.txt", STORY) for n in range(101)]

    response = mias_browser.post(path, {"uploads": files, "files": files})

    assert response.status_code == 413
    assert "At most 100 files" in response.content.decode()
    assert "WORKBENCH_FORM_FILES" in response.content.decode()
    assert not Job.objects.exists()


@pytest.mark.parametrize("path", IMPORTS)
def test_a_hundred_thousand_parts_of_a_form_are_refused_at_once(mias_browser, path):
    part = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
    body = part * 100_000 + b"--x--\r\n"

    started = time.process_time()
    response = mias_browser.post(path, body, content_type="multipart/form-data; boundary=x")

    assert response.status_code == 413
    assert "WORKBENCH_FORM_FIELDS" in response.content.decode()
    assert time.process_time() - started <= MOST_SECONDS


def test_files_beyond_the_limit_of_an_import_are_refused_before_they_are_stored(mias_browser, settings, media_root):
    settings.WORKBENCH_UPLOAD_MAX_SIZE = 1_000

    response = mias_browser.post("/p/river/import/", {"uploads": [SimpleUploadedFile("a.txt", STORY * 100)]})

    assert response.status_code == 413
    assert "WORKBENCH_IMPORT_MIB" in response.content.decode()
    assert not media_root.exists() or not [path for path in media_root.rglob("*") if path.is_file()]


def test_a_large_upload_goes_to_disk_and_not_into_memory(mias_browser):
    big = b"".join(b'{"external_id": "%d", "text": "%s"}\n' % (n, b"x" * 100_000) for n in range(300))
    request = RequestFactory().post("/", {"uploads": SimpleUploadedFile("a.jsonl", big)})
    [file] = request.FILES.getlist("uploads")

    assert Path(file.temporary_file_path()).stat().st_size == len(big)


# encodings


@pytest.mark.parametrize(
    ("file", "data", "encoding"),
    [
        ("a.txt", "Zoë sagte „nein“.\n\nEs regnete.".encode("cp1252"), "cp1252"),
        ("a.txt", "Zoë sagte nein.\n\nEs regnete.".encode("utf-16"), "utf-16"),
        ("a.csv", "title;text\nZoë;Es regnete.\n".encode("utf-16"), "utf-16"),
        ("a.html", b'<meta charset="iso-8859-2"><p>' + "Łódź leży daleko. ".encode("iso-8859-2") * 30, "iso8859-2"),
    ],
)
@pytest.mark.django_db
def test_a_file_that_is_not_utf_8_is_a_notice_on_the_job_with_its_encoding(file, data, encoding):
    job = imported(project(), {file: data})

    notice = job.problems.get(field="encoding")
    assert (notice.severity, notice.file, notice.value) == ("notice", file, encoding)
    assert job.n_created == 1


# UP-4


def valid_file(seed: int) -> tuple[str, bytes]:
    """A correct file of a few articles, its format and contents drawn from the seed."""
    draw = random.Random(seed)
    made = [
        {
            "external_id": f"a-{n}",
            "title": draw.choice(["Dam leaks", "Zoë’s rain", "📈 Preis"]),
            "text": draw.choice(["The water rose.", "Es regnete «lang».\n\nDann nicht.", "👩‍👩‍👧 waren da."]) + str(n),
            "published_at": draw.choice(["2024-02-29", "2024-03-18T08:14:52Z", ""]),
            "language": draw.choice(["de", "en", ""]),
        }
        for n in range(draw.randint(1, 6))
    ]
    kind = draw.choice(["jsonl", "json", "csv", "zip", "gz"])
    if kind == "csv":
        table = io.StringIO()
        writer = csv.DictWriter(table, list(made[0]))
        writer.writeheader()
        writer.writerows(made)
        return "a.csv", table.getvalue().encode()
    if kind == "json":
        return "a.json", json.dumps({"articles": made}).encode()
    if kind == "zip":
        return "a.zip", zipped([(f"{n}.txt", str(each["text"]).encode()) for n, each in enumerate(made)])
    body = lines(*({"type": "article", **each} for each in made))
    return ("a.jsonl.gz", gzip.compress(body)) if kind == "gz" else ("a.jsonl", body)


def test_a_name_in_an_archive_that_is_not_the_utf_8_it_says_is_refused_with_a_sentence():
    data = zipped([("ä.txt", STORY)]).replace("ä".encode(), b"\x8d\x8d")

    found = list(read_inputs([Upload("a.zip", lambda: io.BytesIO(data))]))

    assert not articles(found)
    assert len(problems(found)) == 1


DAMAGES: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    lambda data, draw: data[: draw.randrange(len(data) + 1)],
    lambda data, draw: _put(data, draw, b"\x00"),
    lambda data, draw: _put(data, draw, b"\xff\xfe"),
    lambda data, draw: _put(data, draw, b"\\ud800"),
    lambda data, draw: _put(data, draw, b'"'),
    lambda data, draw: _put(data, draw, b"\x1b[2J\x07"),
    lambda data, draw: _put(data, draw, b"\n"),
    lambda data, draw: _put(data, draw, bytes([draw.randrange(256)])),
    lambda data, draw: b"\xef\xbb\xbf" + data,
    lambda data, draw: data.replace(b"2024-02-29", b"2023-02-29"),
    lambda data, draw: data.replace(b"text", b"txet", 1),
    lambda data, draw: data.replace(b'"a-1"', b"17", 1),
    lambda data, draw: data + data,
)


def _put(data: bytes, draw: random.Random, what: bytes) -> bytes:
    at = draw.randrange(len(data) + 1)
    return data[:at] + what + data[at + draw.randrange(3) :]


@settings(max_examples=5_000 if IS_LONG else 60, deadline=None)
@given(seed=st.integers(0, 10**9))
@pytest.mark.django_db
def test_the_totals_of_a_damaged_file_add_up_and_no_row_is_half_there(seed: int):
    draw = random.Random(seed + 1)
    name, data = valid_file(seed)
    for damage in draw.choices(DAMAGES, k=draw.randint(1, 3)):
        data = damage(data, draw)
    before = Article.objects.count()

    job = imported(_mia(), {name: data}, on_conflict=draw.choice(["skip", "version", "reject"]))

    assert job.state in (Job.State.DONE, Job.State.DONE_WITH_PROBLEMS), job.message
    assert job.n_read == job.n_created + job.n_updated + job.n_unchanged + job.n_rejected
    assert Article.objects.count() == before + job.n_created
    assert not Article.objects.filter(current_version__isnull=True).exists()
    assert job.n_rejected <= job.problems.filter(severity="problem").count()
    assert all(problem.message.strip() for problem in job.problems.all())


def _mia() -> Membership:
    return Membership.objects.filter(project__slug="river", role="manager").first() or project()


# UP-5


def dump() -> list[Any]:
    """The rows of all articles, without ids and times."""
    texts = ArticleVersion.objects.order_by("article__external_id", "n").values_list(
        "article__external_id", "n", "text"
    )
    marks = Annotation.objects.order_by("key").values_list("key", "start", "end", "quote")
    return [*texts, *marks]


@pytest.mark.django_db(transaction=True)
def test_one_file_imported_by_five_at_once_renamed_and_reordered_gives_the_rows_of_one():
    text = "Der Preis stieg um 4 %."
    made = [
        article(f"a-{n}", f"{text} {n}", annotations=[annotation(f"{text} {n}", "stieg", key=_key(n))])
        for n in range(40)
    ]
    mia = project()
    results: list[Any] = []
    barrier = threading.Barrier(5)

    def run(n: int) -> None:
        try:
            barrier.wait()
            results.append(imported(mia, {f"file-{n}.jsonl": lines(*(made if n % 2 else reversed(made)))}))
        except Exception as error:
            results.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(n,)) for n in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [each for each in results if isinstance(each, Exception)] == []
    assert sum(job.n_created for job in results) == 40
    assert sum(job.n_unchanged for job in results) == 160
    assert ArticleVersion.objects.count() == 40
    assert Annotation.objects.count() == 40
    undisturbed = dump()
    imported(mia, {"again.jsonl": lines(*made)})
    assert dump() == undisturbed


def _key(n: int) -> str:
    return f"00000000-0000-4000-8000-{n:012}"
