"""Texts and titles into what search reads: some at a time, after they were written, never in the transaction that
writes them.

The words of an article cost a millisecond and more, which an import would feel. So it notes in one row for each chunk
which texts are new, and workers read those when no job waits.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet

from annotations.models import Article, ArticleVersion, SearchBacklog, SearchPassage
from annotations.models.searching import FIRST_OF_TITLE, SQLITE_WORDS
from annotations.text.passages import Passage, passages

from .matching import project_word

TEXTS_AT_ONCE = 100
SIGNS_AT_ONCE = 400_000
"""Code points after which a batch ends: its transaction keeps others from writing on SQLite."""
TURNS = 8
"""Rows of the backlog among which a worker takes one; so two of them seldom read the same texts."""


@dataclass(frozen=True, slots=True)
class Text:
    """What is to be read of a version: the passages of its text, or none where they are known."""

    project: int
    article: int
    version: int
    passages: list[Passage]


def is_behind(project_id: int) -> bool:
    """Tell whether texts of a project are still to be read; 1 query."""
    return SearchBacklog.objects.filter(project_id=project_id).exists()


def index_waiting(*, until: float | None = None) -> bool:
    """Read texts that wait, up to the moment `until` (monotonic); tell whether there are more."""
    while True:
        waiting = list(SearchBacklog.objects.order_by("pk")[:TURNS])
        if not waiting:
            return False
        if until is not None and time.monotonic() >= until:
            return True
        _index_some(waiting[time.monotonic_ns() % len(waiting)])


def rebuild(project_id: int | None = None) -> int:
    """Read all texts anew, of one project or of all; return how many. They stay findable but for a moment each."""
    rows = ArticleVersion.objects.filter(withheld_at__isnull=True).order_by("pk")
    if project_id is not None:
        rows = rows.filter(project_id=project_id)
    after, count = 0, 0
    while some := _batch(rows.filter(pk__gt=after)):
        with transaction.atomic():
            titles = _titles(some)
            forget_texts([text.version for text in some])
            _write(_still_there(some), titles)
        after, count = some[-1].version, count + len(some)
    return count


def forget_texts(versions: Iterable[int]) -> None:
    """Take texts out of what search reads: those that are withheld, or read anew; in the caller's transaction."""
    rows = SearchPassage.objects.filter(version__in=list(versions))
    rows._raw_delete(rows.db)


def _index_some(waiting: SearchBacklog) -> None:
    """Read a batch of the texts that a row of the backlog names, and shorten the row by them."""
    rows = ArticleVersion.objects.filter(~_read() | ~_titled(), project_id=waiting.project_id, withheld_at__isnull=True)
    rows = rows.filter(pk__gte=waiting.first, pk__lte=waiting.last).order_by("pk")
    some = _batch(rows, but_those_read=True)
    with transaction.atomic():
        mine = SearchBacklog.objects.select_for_update().filter(pk=waiting.pk, first=waiting.first)
        if not mine.exists():  # another worker read them in the meantime
            return
        titles = _titles(some)
        _write(_still_there(some), titles)
        if some and some[-1].version < waiting.last:
            mine.update(first=some[-1].version + 1)
        else:
            mine.delete()


def _read() -> Exists:
    return Exists(SearchPassage.objects.filter(version=OuterRef("pk"), n=0))


def _titled() -> Exists:
    return Exists(SearchPassage.objects.filter(version=OuterRef("pk"), n=FIRST_OF_TITLE))


def _batch(rows: QuerySet[ArticleVersion], *, but_those_read: bool = False) -> list[Text]:
    """Take the first texts until they are many or long enough, and cut them into passages; 2 queries.

    Of those whose text is read, and only the title is not, the text may be left alone.
    """
    found: list[tuple[int, int, int]] = []
    known: set[int] = set()
    n_signs = 0
    columns = ("project_id", "article_id", "pk", "length", "is_read")
    heads = rows.annotate(is_read=_read()).values_list(*columns)[:TEXTS_AT_ONCE]
    for project, article, version, length, is_read in heads:
        found.append((project, article, version))
        if is_read and but_those_read:
            known.add(version)
            continue
        n_signs += length
        if n_signs >= SIGNS_AT_ONCE:
            break
    unread = {version for _project, _article, version in found} - known
    texts = dict(ArticleVersion.objects.filter(pk__in=unread).values_list("pk", "text"))
    return [
        Text(project, article, version, list(passages(texts.get(version, "")))) for project, article, version in found
    ]


def _titles(texts: Sequence[Text]) -> dict[int, str]:
    """Return the titles of the texts' articles, which nobody changes before the caller's transaction ends; 1 query.

    Else a title that was read just before it changed would be written just after that was noted.
    """
    rows = Article.objects.filter(pk__in={text.article for text in texts}).order_by("pk")
    return dict(rows.select_for_update(no_key=True).values_list("pk", "title"))


def _still_there(texts: Sequence[Text]) -> list[Text]:
    """Leave out what was removed or withheld since it was read, and keep the others from it until they are written."""
    ids = [text.version for text in texts]
    rows = ArticleVersion.objects.select_for_update(no_key=True).filter(pk__among=ids, withheld_at__isnull=True)
    there = set(rows.order_by("pk").values_list("pk", flat=True))
    return [text for text in texts if text.version in there]


def _write(texts: Sequence[Text], titles: Mapping[int, str]) -> None:
    rows = [
        (text.project, text.version, n, passage.start, passage.end, (project_word(text.project), *passage.words))
        for text in texts
        for n, passage in (
            *enumerate(text.passages),
            *enumerate(passages(titles.get(text.article, "")), start=FIRST_OF_TITLE),
        )
    ]
    if not rows:
        return
    if connection.vendor == "postgresql":
        _write_postgresql(rows)
    else:
        _write_sqlite(rows)


Row = tuple[int, int, int, int, int, tuple[str, ...]]


def _write_postgresql(rows: Sequence[Row]) -> None:
    """Write passages in one statement; one that another worker wrote in this moment is passed over."""
    projects, versions, ns, starts, ends, found = zip(*rows, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(
            'INSERT INTO annotations_searchpassage (project_id, version_id, n, start, "end", words)'
            " SELECT p, v, n, s, e, w::tsvector"
            " FROM unnest(%s::bigint[], %s::bigint[], %s::int[], %s::int[], %s::int[], %s::text[])"
            " AS r(p, v, n, s, e, w)"
            " ON CONFLICT DO NOTHING",
            [*map(list, (projects, versions, ns, starts, ends)), [_tsvector(each) for each in found]],
        )


def _tsvector(found: Iterable[str]) -> str:
    """Write words with their places as PostgreSQL reads them.

    >>> _tsvector(["_4", "drei", "tage", "drei"])
    "'_4':1 'drei':2,4 'tage':3"
    """
    places: dict[str, list[str]] = {}
    for place, word in enumerate(found, start=1):
        places.setdefault(word, []).append(str(place))
    return " ".join(f"'{word}':{','.join(at)}" for word, at in places.items())


def _write_sqlite(rows: Sequence[Row]) -> None:
    """Write passages, then their words under the same numbers; nobody else writes in this moment.

    Those that are there, as they were read since the batch was taken, are passed over.
    """
    known = SearchPassage.objects.filter(version__in={row[1] for row in rows}).values_list("version_id", "n")
    there = set(known)
    rows = [row for row in rows if row[1:3] not in there]
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(seq) FROM sqlite_sequence WHERE name = 'annotations_searchpassage'")
        last = cursor.fetchone()[0] or 0
        cursor.executemany(
            'INSERT INTO annotations_searchpassage (id, project_id, version_id, n, start, "end")'
            " VALUES (%s, %s, %s, %s, %s, %s)",
            [(last + number, *row[:5]) for number, row in enumerate(rows, start=1)],
        )
        cursor.executemany(
            f"INSERT INTO {SQLITE_WORDS} (rowid, words) VALUES (%s, %s)",  # noqa: S608 -- own name
            [(last + number, " ".join(row[5])) for number, row in enumerate(rows, start=1)],
        )
