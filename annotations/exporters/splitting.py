"""Train, dev and test parts that share no passage: articles that stand together go to the same part.

Together stand articles with a run of words in common, reposts with what they repeat, merged ones with their goal, and
those that people brought together in a story.
What grows with the corpus lies in a temporary file, but for a few numbers an article.
"""

from __future__ import annotations

import hashlib
import sqlite3
import tempfile
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from annotations.jobs.export_options import PARTS, ExportOptions
from annotations.models import Article, Story
from annotations.text.fingerprints import fingerprints, run_hash, runs_around, words_of

from .scope import Scope, articles_in_order

AT_ONCE = 500
_TABLES = """
PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -32000;
CREATE TABLE place (article INTEGER PRIMARY KEY, n INTEGER NOT NULL);
CREATE TABLE fingerprint (hash INTEGER PRIMARY KEY, n INTEGER NOT NULL, is_shared INTEGER NOT NULL DEFAULT 0);
CREATE TABLE passage (hash INTEGER PRIMARY KEY, n INTEGER NOT NULL);
"""


class Groups:
    """Numbers that are joined into groups; the smallest of a group stands for it."""

    def __init__(self) -> None:
        self._parents = array("Q")

    def __len__(self) -> int:
        return len(self._parents)

    def add(self) -> int:
        """Add a number with a group of its own."""
        self._parents.append(len(self._parents))
        return len(self._parents) - 1

    def of(self, n: int) -> int:
        """Return the number that stands for the group of `n`."""
        while self._parents[n] != n:
            self._parents[n] = self._parents[self._parents[n]]
            n = self._parents[n]
        return n

    def join(self, one: int, other: int) -> None:
        """Make two groups one."""
        first, second = sorted((self.of(one), self.of(other)))
        self._parents[second] = first


class Split:
    """The part of each article, by its place in the order of the export."""

    def __init__(self, parts: array[int], options: ExportOptions, groups: int) -> None:
        self._parts = parts
        counted = Counter(parts)
        self.facts: dict[str, Any] = {
            "shares": dict(zip(PARTS, options.shares(), strict=True)),
            "seed": options.seed,
            "sizes": {name: counted[number] for number, name in enumerate(PARTS)},
            "groups": groups,
        }

    def part(self, n: int) -> str:
        """Return the name of the part of the n-th article."""
        return PARTS[self._parts[n]]


def split_articles(scope: Scope, tick: Callable[[], None] = lambda: None) -> Split:
    """Decide about every article of an export: the same articles, shares and seed give the same parts."""
    groups, ranks = Groups(), array("Q")
    with (
        tempfile.TemporaryDirectory(prefix="split-") as folder,
        closing(sqlite3.connect(Path(folder) / "passages.sqlite", isolation_level=None)) as table,
    ):
        table.executescript(_TABLES)
        table.execute("BEGIN")
        for pk, external_id, text, _linked in _articles(scope, tick):
            n = groups.add()
            ranks.append(_rank(scope.options.seed, external_id))
            table.execute("INSERT INTO place VALUES (?, ?)", (pk, n))
            _note_fingerprints(words_of(text), n, table)
        for n, (_pk, _external_id, text, linked) in enumerate(_articles(scope, tick)):
            for other in (*_places(linked, table), *_sharing(words_of(text) or [text], n, table)):
                groups.join(n, other)
        for one, other in _in_one_story(scope):
            for n, m in zip(_places([one], table), _places([other], table), strict=False):
                groups.join(n, m)
    return _dealt(groups, ranks, scope.options)


def _articles(scope: Scope, tick: Callable[[], None]) -> Iterator[tuple[int, str, str, list[int]]]:
    """Yield the articles in the order of the export, with their texts and the articles that they name."""
    for ids in articles_in_order(scope):
        rows = Article.objects.filter(pk__among=ids).values_list(
            "pk", "external_id", "current_version__text", "repost_of_id", "merged_into_id"
        )
        by_id = {row[0]: row for row in rows}
        for pk in ids:
            _pk, external_id, text, *linked = by_id[pk]
            yield pk, external_id, text, [each for each in linked if each is not None]
        tick()


def _in_one_story(scope: Scope) -> Iterator[tuple[int, int]]:
    """Yield pairs of articles that tell one story, each with the first of its story; no query where there is none."""
    if not scope.holds(Story):
        return
    told = scope.story_articles().filter(is_related=False, withdrawn_at__isnull=True, story__withdrawn_at__isnull=True)
    kept = dict(scope.stories().values_list("key", "pk"))
    first: dict[int, int] = {}
    rows = told.order_by("story_id", "article_id").values_list("story_id", "story__merged_into", "article_id")
    for story, merged_into, article in rows:
        stands = kept.get(merged_into, story) if merged_into is not None else story
        known = first.setdefault(stands, article)
        if known != article:
            yield known, article


def _rank(seed: int, external_id: str) -> int:
    """Return where an article comes when groups are dealt out: by chance, but the same for the same seed."""
    return int.from_bytes(hashlib.sha256(f"{seed}\x1f{external_id}".encode()).digest()[:8], "big")


def _note_fingerprints(words: list[str], n: int, table: sqlite3.Connection) -> None:
    """Note the fingerprints of a text; one that another text has as well is marked as shared."""
    table.executemany(
        "INSERT INTO fingerprint (hash, n) VALUES (?, ?) "
        "ON CONFLICT (hash) DO UPDATE SET is_shared = 1 WHERE n <> excluded.n",
        ((print_hash, n) for print_hash, _start in fingerprints(words)),
    )


def _places(articles: Iterable[int], table: sqlite3.Connection) -> Iterator[int]:
    for article in articles:
        yield from (n for (n,) in table.execute("SELECT n FROM place WHERE article = ?", (article,)))


def _sharing(words: list[str], n: int, table: sqlite3.Connection) -> Iterator[int]:
    """Yield an earlier text for each passage of this one that it holds as well; equal short texts count as one.

    Only the words around shared fingerprints are looked at: a fingerprint is shorter than a passage.
    """
    runs = {run_hash(words)}
    starts = dict(fingerprints(words))
    shared = _shared_of(list(starts), table)
    for print_hash, start in fingerprints(words):
        if print_hash in shared:
            runs.update(runs_around(words, start))
    for run in runs:
        row = table.execute("SELECT n FROM passage WHERE hash = ?", (run,)).fetchone()
        if row is None:
            table.execute("INSERT INTO passage VALUES (?, ?)", (run, n))
        else:
            yield row[0]


def _shared_of(hashes: list[int], table: sqlite3.Connection) -> set[int]:
    found: set[int] = set()
    for start in range(0, len(hashes), AT_ONCE):
        some = hashes[start : start + AT_ONCE]
        marks = ",".join("?" * len(some))
        rows = table.execute(f"SELECT hash FROM fingerprint WHERE is_shared AND hash IN ({marks})", some)  # noqa: S608 -- marks alone
        found.update(each for (each,) in rows)
    return found


def _dealt(groups: Groups, ranks: array[int], options: ExportOptions) -> Split:
    """Deal the groups out, the largest first, each to the part that lacks most."""
    total, shares = len(groups), options.shares()
    sizes = array("Q", bytes(8 * total))
    for n in range(total):
        sizes[groups.of(n)] += 1
    lacking = [share * total / 100 for share in shares]
    usable = [part for part, share in enumerate(shares) if share]
    parts, dealt = array("B", bytes(total)), 0
    for group in sorted((n for n in range(total) if sizes[n]), key=lambda n: (-sizes[n], ranks[n], n)):
        parts[group] = max(usable, key=lambda part: (lacking[part], -part))
        lacking[parts[group]] -= sizes[group]
        dealt += 1
    for n in range(total):  # a group's own number is its smallest, and has its part already
        parts[n] = parts[groups.of(n)]
    return Split(parts, options, dealt)
