"""Texts into what search reads: some at a time, after they were written, never in the transaction that writes them.

The words of an article cost a millisecond and more, which an import would feel. So it notes in one row for each chunk
which texts are new, and workers read those when no job waits.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet

from annotations.models import ArticleVersion, SearchBacklog, SearchPassage
from annotations.models.searching import SQLITE_WORDS
from annotations.text.passages import Passage, passages

from .matching import project_word

TEXTS_AT_ONCE = 100
SIGNS_AT_ONCE = 400_000
"""Code points after which a batch ends: its transaction keeps others from writing on SQLite."""
TURNS = 8
"""Rows of the backlog among which a worker takes one; so two of them seldom read the same texts."""
Text = tuple[int, int, list[Passage]]
"""Project, version, and the passages of its text."""


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
            forget_texts([version for _project, version, _found in some])
            _write(_still_there(some))
        after, count = some[-1][1], count + len(some)
    return count


def forget_texts(versions: Iterable[int]) -> None:
    """Take texts out of what search reads: those that are withheld, or read anew; in the caller's transaction."""
    rows = SearchPassage.objects.filter(version__in=list(versions))
    rows._raw_delete(rows.db)


def _index_some(waiting: SearchBacklog) -> None:
    """Read a batch of the texts that a row of the backlog names, and shorten the row by them."""
    read = Exists(SearchPassage.objects.filter(version=OuterRef("pk")))
    rows = ArticleVersion.objects.filter(~read, project_id=waiting.project_id, withheld_at__isnull=True)
    rows = rows.filter(pk__gte=waiting.first, pk__lte=waiting.last).order_by("pk")
    some = _batch(rows)
    with transaction.atomic():
        mine = SearchBacklog.objects.select_for_update().filter(pk=waiting.pk, first=waiting.first)
        if not mine.exists():  # another worker read them in the meantime
            return
        _write(_still_there(some))
        if some and some[-1][1] < waiting.last:
            mine.update(first=some[-1][1] + 1)
        else:
            mine.delete()


def _batch(rows: QuerySet[ArticleVersion]) -> list[Text]:
    """Take the first texts until they are many or long enough, and cut them into passages; 2 queries."""
    ids: list[int] = []
    n_signs = 0
    for pk, length in rows.values_list("pk", "length")[:TEXTS_AT_ONCE]:
        ids.append(pk)
        n_signs += length
        if n_signs >= SIGNS_AT_ONCE:
            break
    texts = ArticleVersion.objects.filter(pk__in=ids).order_by("pk").values_list("project_id", "pk", "text")
    return [(project, pk, list(passages(text))) for project, pk, text in texts]


def _still_there(texts: Sequence[Text]) -> list[Text]:
    """Leave out what was removed or withheld since it was read, and keep the others from it until they are written."""
    ids = [version for _project, version, _found in texts]
    rows = ArticleVersion.objects.select_for_update(no_key=True).filter(pk__among=ids, withheld_at__isnull=True)
    there = set(rows.order_by("pk").values_list("pk", flat=True))
    return [text for text in texts if text[1] in there]


def _write(texts: Sequence[Text]) -> None:
    rows = [
        (project, version, n, passage.start, passage.end, (project_word(project), *passage.words))
        for project, version, found in texts
        for n, passage in enumerate(found)
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

    Those of a text that was read since its batch was taken are passed over.
    """
    known = SearchPassage.objects.filter(version__in={row[1] for row in rows}).values_list("version_id", flat=True)
    there = set(known)
    rows = [row for row in rows if row[1] not in there]
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
