"""The files of captures in an export: byte for byte, restored with their hash checked, never of what is withheld."""

from __future__ import annotations

import hashlib
import io
import zipfile

import pytest
from django.core.management import call_command

from annotations.errors import Refused
from annotations.exporters.exporting import counts_of
from annotations.jobs.starting import store_named
from annotations.models import Capture, Job, Project, RawFile
from annotations.removing.withholding import Demand, withhold_capture
from annotations.workflow.source_looks import NewCapture, keep_capture, lock_source
from tests import factories
from tests.capturing.world import page_of, source
from tests.corpora import empty_project, exported, imported

pytestmark = pytest.mark.django_db
FIRST = page_of("The dam held on Monday 📈, said the mayor.", title="First")
SECOND = page_of("ראש העיר said it would hold.", title="Second")


def kept(by, address: str, page: bytes) -> Capture:
    """Keep what somebody uploaded for a source, as a worker does once it has read it."""
    _name, file = store_named(by.project, "page.html", io.BytesIO(page))
    words = page.decode()[-60:]
    new = NewCapture("uploaded", sha256=bytes(file.sha256), size=file.size, text=words, raw_file=file)
    return keep_capture(lock_source(source(by, address).pk), new, by=by)[0]


def filled():
    mia = factories.project("river", visibility="open")
    for address, page in (("https://a.example/", FIRST), ("https://b.example/", SECOND), ("https://c.example/", FIRST)):
        kept(mia, address, page)
    factories.article(mia, "Der Preis stieg.", external_id="one")
    return mia


def members(archive: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(archive)) as found:
        return {name: found.read(name) for name in found.namelist()}


def zipped(files: dict[str, bytes]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()


def path_of(page: bytes) -> str:
    return f"captures/{hashlib.sha256(page).hexdigest()}"


def stored(capture: Capture) -> bytes:
    assert capture.raw_file is not None
    with capture.raw_file.file.open("rb") as file:
        return bytes(file.read())


def left_out() -> dict[str, int]:
    return dict(counts_of(Job.objects.filter(kind="export").latest("pk"))["left_out"])


def test_each_file_is_there_once_and_comes_back_with_its_captures_to_the_byte():
    mia = filled()
    export = exported(None, project=mia.project, with_files=True)

    found = members(export)

    assert list(found) == ["corpus.jsonl", *sorted([path_of(FIRST), path_of(SECOND)])]
    assert (found[path_of(FIRST)], left_out()) == (FIRST, {})
    assert found["corpus.jsonl"] == exported(None, project=mia.project)
    assert left_out() == {"capture_files": 3}
    Project.objects.filter(pk=mia.project_id).update(slug="river-first")
    again = empty_project("river")
    job = imported(None, {"river.zip": export}, project=again)
    assert (job.n_problems, job.n_created) == (0, 1), list(job.problems.values("message"))
    captures = Capture.objects.filter(project=again)
    assert sorted(map(stored, captures)) == sorted([FIRST, SECOND, FIRST])
    assert members(exported(None, project=again, with_files=True))[path_of(SECOND)] == SECOND


def test_files_come_in_any_order_and_go_to_captures_that_were_here_without_them():
    mia = filled()
    found = members(exported(None, project=mia.project, with_files=True))
    lea = factories.project("lake", manager="lea")
    imported(lea, {"corpus.jsonl": found["corpus.jsonl"]})
    here = Capture.objects.filter(project=lea.project)
    assert {capture.raw_file for capture in here} == {None}

    job = imported(lea, {"again.zip": zipped(dict(reversed(found.items())))})
    assert not list(job.problems.values("message"))

    assert here.count() == 3
    assert sorted(map(stored, here.all())) == sorted([FIRST, SECOND, FIRST])


def test_other_bytes_unknown_files_and_those_that_are_too_large_are_left_out_and_named(settings):
    mia = filled()
    found = members(exported(None, project=mia.project, with_files=True))
    found[path_of(FIRST)] = b"other bytes"
    found[f"captures/{'0' * 64}"] = b"nobody names it"
    lea = factories.project("lake", manager="lea")

    tried = imported(lea, {"river.zip": zipped(found)}, is_trial=True)
    job = imported(lea, {"river.zip": zipped(found)})

    digest = hashlib.sha256(b"other bytes").hexdigest()
    for each in (tried, job):
        said = "\n".join(each.problems.values_list("message", flat=True))
        assert digest in said
        assert "no capture of this import names the file" in said
        assert each.n_problems == 1
    assert [bool(row.raw_file) for row in Capture.objects.filter(project=lea.project).order_by("source__url")] == [
        False,
        True,
        False,
    ]
    assert not RawFile.objects.filter(project=lea.project, sha256=bytes.fromhex(digest)).exists()
    settings.WORKBENCH_CAPTURE_MAX_SIZE = 10
    zoe = factories.project("sea", manager="zoe")
    small = imported(zoe, {"river.zip": zipped(members(exported(None, project=mia.project, with_files=True)))})
    assert "WORKBENCH_CAPTURE_MIB" in "\n".join(small.problems.values_list("message", flat=True))
    assert not Capture.objects.filter(project=zoe.project, raw_file__isnull=False).exists()


def test_what_is_withheld_has_no_file_and_gets_none_back():
    mia = filled()
    before = exported(None, project=mia.project, with_files=True)
    page = Capture.objects.get(source__url="https://b.example/")

    withhold_capture(page, Demand("https://b.example/", "Paper", "Rights."), by=mia)

    assert path_of(SECOND) not in members(exported(None, project=mia.project, with_files=True))
    job = imported(mia, {"before.zip": before})
    page.refresh_from_db()
    assert page.raw_file is None
    assert not RawFile.objects.filter(project=mia.project, sha256=page.sha256).exists()
    assert "withheld in this project" in "\n".join(job.problems.values_list("message", flat=True))


def test_an_annotator_of_a_blind_project_gets_their_own_files_alone():
    mia = factories.project("river", visibility="blind")
    ada, ben = factories.member(mia, "ada"), factories.member(mia, "ben")
    kept(ada, "https://a.example/", FIRST)
    kept(ben, "https://b.example/", SECOND)

    assert list(members(exported(ada, with_files=True))) == ["corpus.jsonl", path_of(FIRST)]
    assert len(members(exported(mia, with_files=True))) == 3


def test_only_the_native_format_with_texts_carries_files():
    mia = filled()
    for options in ({"format": "csv"}, {"with_text": False}, {"as_json_object": True}):
        with pytest.raises(Refused) as refused:
            exported(None, project=mia.project, with_files=True, **options)
        assert refused.value.code == "files_not_carried"


def test_the_command_writes_them_and_reads_them_unpacked(tmp_path):
    filled()
    call_command("export_corpus", project="river", output=tmp_path / "river.zip", with_files=True)
    with zipfile.ZipFile(tmp_path / "river.zip") as archive:
        archive.extractall(tmp_path / "river")

    call_command("import_corpus", str(tmp_path / "river"), project="lake", create_project=True)

    assert sorted(map(stored, Capture.objects.filter(project__slug="lake"))) == sorted([FIRST, SECOND, FIRST])
