"""UP-1, UP-2: archives are read as streams, named problems for what is not read, and no bomb goes off."""

import gzip
import io
import stat
import zipfile
from pathlib import Path

import pytest

from annotations.importers import limits
from annotations.importers.formats import read_inputs
from annotations.importers.opening import clean_member_path
from annotations.importers.records import FileRefused
from tests.importers.inputs import articles, only_article, only_problem, problems, records, upload, zipped

STORY = b"Dam leaks\n\nThe water rose on Friday."


def test_a_folder_is_read_in_order_with_paths_as_ids(tmp_path: Path) -> None:
    (tmp_path / "2024").mkdir()
    (tmp_path / "2024" / "b.txt").write_bytes(STORY)
    (tmp_path / "a.txt").write_bytes(STORY)
    (tmp_path / "NOTE.md").write_text("Not an article.")
    (tmp_path / ".DS_Store").write_bytes(b"\x00\x01")

    found = list(read_inputs([tmp_path]))

    assert [article.external_id for article in articles(found)] == ["2024/b.txt", "a.txt"]
    assert [(problem.file, problem.is_rejection) for problem in problems(found)] == [("NOTE.md", False)]


def test_members_of_a_zip_keep_their_path_and_their_bytes() -> None:
    data = zipped([("2024/a.txt", STORY), ("__MACOSX/._a.txt", b"\x00"), ("b.jsonl", b'{"text": "Rain in Ulm"}\n')])

    found = articles(records("story.zip", data))

    assert [article.file for article in found] == ["story.zip/2024/a.txt", "story.zip/b.jsonl"]
    assert found[0].raw is not None
    assert (found[0].raw.member, found[0].raw.start, found[0].raw.end) == ("2024/a.txt", 0, len(STORY))


def test_a_gz_is_read_under_its_inner_name() -> None:
    article = only_article("a.txt.gz", gzip.compress(STORY))

    assert (article.external_id, article.title) == ("a.txt", "Dam leaks")


@pytest.mark.parametrize(
    "name", ["../a.txt", "/etc/a.txt", "C:/a.txt", "a/../../b.txt", "..\\a.txt", "\\a.txt", "a\n.txt", "a\x07.txt"]
)
def test_a_member_that_leads_out_of_its_archive_is_refused(name: str) -> None:
    with pytest.raises(FileRefused):
        clean_member_path(name)


def test_a_bad_member_leaves_its_neighbours_and_the_disk_alone(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    path = inner / "story.zip"
    path.write_bytes(zipped([("../out.txt", STORY), ("good.txt", STORY)]))

    found = list(read_inputs([path]))

    assert [article.external_id for article in articles(found)] == ["good.txt"]
    assert [problem.file for problem in problems(found)] == ["story.zip/../out.txt"]
    assert sorted(each.name for each in tmp_path.rglob("*")) == ["inner", "story.zip"]


def symlink() -> zipfile.ZipInfo:
    member = zipfile.ZipInfo("link.txt")
    member.external_attr = (stat.S_IFLNK | 0o777) << 16
    return member


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ([("a.txt", STORY), ("A.TXT", STORY)], "Two members"),
        ([(symlink(), b"/etc/passwd")], "link or a device"),
        ([("inner.zip", zipped([("a.txt", STORY)]))], "archive within an archive"),
        ([("inner.txt", zipped([("a.txt", STORY)]))], "binary data (ZIP)"),
        ([("empty.txt", b"")], "empty"),
    ],
)
def test_members_that_are_not_read_say_why(members: list[tuple[str, bytes]], words: str) -> None:
    found = problems(records("story.zip", zipped(members)))

    assert len(found) == 1
    assert words in found[0].message


def test_an_encrypted_member_is_refused() -> None:
    data = bytearray(zipped([("a.txt", STORY)]))
    data[6] |= 1
    data[data.find(b"PK\x01\x02") + 8] |= 1

    assert "encrypted" in only_problem("story.zip", bytes(data)).message


@pytest.mark.parametrize("name", ["bomb.zip", "bomb.jsonl.gz"])
def test_a_compression_bomb_is_refused_early(name: str) -> None:
    zeros = b'{"text": "' + b" " * (64 * limits.MIB) + b'a"}'
    data = zipped([("bomb.jsonl", zeros)]) if name.endswith("zip") else gzip.compress(zeros)

    assert "times its size" in only_problem(name, data).message


def test_members_that_share_their_bytes_are_refused() -> None:
    data = bytearray(zipped([("a.txt", STORY), ("b.txt", STORY)], zipfile.ZIP_STORED))
    second = data.rfind(b"PK\x01\x02")
    data[second + 42 : second + 46] = (0).to_bytes(4, "little")

    assert "overlap" in only_problem("story.zip", bytes(data)).message


def test_too_many_members_are_refused_before_they_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MEMBERS", 3)

    problem = only_problem("story.zip", zipped([(f"{n}.txt", STORY) for n in range(4)]))

    assert "more than 3 members" in problem.message


def test_all_files_of_an_import_share_one_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "TOTAL_BYTES", 50)
    from annotations.importers.opening import Budget

    budget = Budget(50)
    budget.take(50)

    with pytest.raises(FileRefused):
        budget.take(1)


@pytest.mark.parametrize("cut", [10, -30, -60])
def test_a_cut_off_archive_is_a_sentence(cut: int) -> None:
    assert "damaged or cut off" in only_problem("story.zip", zipped([("a.txt", STORY * 50)])[:cut]).message


@pytest.mark.parametrize("name", ["story.tar", "story.7z", "story.tar.gz", "story.zip.gz"])
def test_other_archives_are_refused_by_name(name: str) -> None:
    assert ".zip" in only_problem(name, gzip.compress(STORY)).message


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("empty.txt", b"", "empty"),
        ("blank.txt", b" \r\n\t\n", "empty"),
        ("picture.txt", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, "binary data (PNG)"),
        ("noise.txt", bytes(range(256)) * 20, "binary data"),
        ("paper.txt", b"%PDF-1.7\n%\xe2\xe3", "binary data (PDF)"),
        ("large.txt", b"Dam leaks. " * (20 * limits.MIB // 11), "larger than 10 MiB"),
        ("nul.txt", b"Dam leaks\n\n" + b"The water rose. " * 20 + b"\x00", "NUL"),
    ],
)
def test_a_file_that_cannot_be_an_article_is_a_clear_sentence(name: str, data: bytes, words: str) -> None:
    problem = only_problem(name, data)

    assert problem.file == name
    assert problem.is_rejection
    assert words in problem.message
    assert problem.message.endswith(".")


def test_a_path_that_is_not_there_is_a_problem() -> None:
    [problem] = problems(read_inputs(["nowhere/at-all.txt"]))

    assert "no such file" in problem.message


def test_an_input_can_be_opened_again_after_the_walk() -> None:
    from annotations.importers.opening import InputFile, open_inputs

    found = [each for each in open_inputs([upload("s.zip", zipped([("a.txt", STORY)]))]) if isinstance(each, InputFile)]

    with found[0].open() as stream:
        assert io.BytesIO(stream.read()).getvalue() == STORY
