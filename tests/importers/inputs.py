"""Files made for a test, and the records that come out of them."""

import io
import zipfile
from collections.abc import Iterable
from pathlib import Path

from annotations.importers.formats import read_inputs
from annotations.importers.opening import Upload
from annotations.importers.records import ImportedArticle, Problem, Record

ROOT = Path(__file__).resolve().parents[2]
SHARED = next((each / "shared" for each in ROOT.parents if (each / "shared").is_dir()), ROOT.parent / "shared")


def upload(name: str, data: bytes | str) -> Upload:
    content = data.encode() if isinstance(data, str) else data
    return Upload(name, lambda: io.BytesIO(content))


def zipped(members: Iterable[tuple[str | zipfile.ZipInfo, bytes]], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, data in members:
            archive.writestr(name, data, compress_type=compression)
    return stream.getvalue()


def records(name: str, data: bytes | str, **options: object) -> list[Record]:
    return list(read_inputs([upload(name, data)], **options))  # type: ignore[arg-type]


def articles(found: Iterable[Record]) -> list[ImportedArticle]:
    return [record for record in found if isinstance(record, ImportedArticle)]


def problems(found: Iterable[Record]) -> list[Problem]:
    return [record for record in found if isinstance(record, Problem)]


def only_article(name: str, data: bytes | str) -> ImportedArticle:
    [article] = articles(records(name, data))
    return article


def only_problem(name: str, data: bytes | str) -> Problem:
    found = records(name, data)
    assert articles(found) == []
    [problem] = problems(found)
    return problem
