"""The index: which current texts of a project hold which runs of words, and which blocks stand at their ends.

One row for each hash and text, on both databases; the project is mixed into the hash. Nothing else reads or writes
these rows.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from django.db import connection

from annotations.models import IndexedText
from annotations.reuse.words import Words
from annotations.text.fingerprints import fingerprints

MOST_HELD = 1_000
"""A run that more texts hold is a phrase that all use: it leads nowhere, and whoever asks is told."""
MOST_CANDIDATES = 50
"""Texts that are compared word by word, those with most hits first."""
AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Hits:
    """Texts that hold runs of a passage, with the number of runs, and how many runs were too common to look at."""

    texts: Counter[int]
    n_common: int = 0

    def of_articles(self) -> Hits:
        """Leave out captures."""
        return Hits(Counter({pk: n for pk, n in self.texts.items() if pk > 0}), self.n_common)

    def of_captures(self) -> Hits:
        """Leave out articles."""
        return Hits(Counter({pk: n for pk, n in self.texts.items() if pk < 0}), self.n_common)

    def best(self, most: int = MOST_CANDIDATES) -> list[int]:
        """Return the texts with most hits, of equal ones the earliest."""
        return [pk for pk, _n in sorted(self.texts.items(), key=lambda pair: (-pair[1], pair[0]))[:most]]


def hashes_of(words: Words, project_id: int, *, within: tuple[int, int] | None = None) -> list[int]:
    """Return the hashes under which a text, or some of its words, is found in a project."""
    salt = _salt("run", project_id)
    found: set[int] = set()
    for stretch in words.stretches:
        first, end = stretch.first, stretch.end
        if within is not None:
            first, end = max(first, within[0]), min(end, within[1])
        if first < end:
            found.update(number ^ salt for number, _place in fingerprints(words.forms[first:end]))
    return sorted(found)


def block_hash(forms: Sequence[str], project_id: int, publisher_id: int | None) -> int:
    """Return the hash of a block as it stands in texts of one publisher, or of none that is known."""
    salt = _salt("block", project_id, publisher_id or 0)
    return int.from_bytes(blake2b(" ".join(forms).encode(), digest_size=8).digest(), "big", signed=True) ^ salt


def texts_with(hashes: Sequence[int], *, most: int = MOST_HELD) -> Hits:
    """Return which texts hold the hashes; 1 query on PostgreSQL, one for each hash on SQLite."""
    texts: Counter[int] = Counter()
    n_common = 0
    for held in _held(hashes, most + 1):
        if len(held) > most:
            n_common += 1
        else:
            texts.update(held)
    return Hits(texts, n_common)


def holders(hashes: Sequence[int], *, most: int) -> dict[int, list[int]]:
    """Return, for each hash, the texts that hold it, `most` at most; as many queries as `texts_with`."""
    return dict(zip(hashes, _held(hashes, most), strict=True))


def word_hashes(forms: Iterable[str], project_id: int) -> dict[str, int]:
    """Return the hash of each word in a project: of captures, which are few, single words are found too."""
    salt = _salt("word", project_id)
    return {
        form: int.from_bytes(blake2b(form.encode(), digest_size=8).digest(), "big", signed=True) ^ salt
        for form in set(forms)
    }


def digest_of(value: object) -> str:
    """Return a short name for a value."""
    return blake2b(repr(value).encode(), digest_size=6).hexdigest()


def put(hashes: Mapping[int, Iterable[int]], project_id: int, method: str) -> None:
    """Write the hashes of texts, by their ids, in place of those that they have; 3 queries for texts that are new."""
    new = {pk: sorted(set(own)) for pk, own in hashes.items()}
    before = {
        pk: set(_unpacked(stored))
        for pk, stored in IndexedText.objects.filter(pk__among=list(new)).values_list("pk", "hashes")
    }
    for pk, own in before.items():
        _delete(pk, own.difference(new[pk]))
    _insert([(each, pk) for pk, own in new.items() for each in own if each not in before.get(pk, ())])
    IndexedText.objects.bulk_create(
        [
            IndexedText(version_id=pk, project_id=project_id, method=method, hashes=array("q", own).tobytes())
            for pk, own in new.items()
        ],
        update_conflicts=True,
        unique_fields=["version_id"],
        update_fields=["project", "method", "hashes"],
    )


def take_out(version_ids: Iterable[int]) -> int:
    """Remove texts from the index; return how many were there."""
    rows = list(IndexedText.objects.filter(pk__in=list(version_ids)))
    for row in rows:
        _delete(row.version_id, _unpacked(row.hashes))
    IndexedText.objects.filter(pk__in=[row.version_id for row in rows]).delete()
    return len(rows)


def _salt(*parts: object) -> int:
    text = "\x1f".join(map(str, parts))
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big", signed=True)


def _unpacked(stored: bytes | memoryview) -> list[int]:
    numbers = array("q")
    numbers.frombytes(bytes(stored))
    return numbers.tolist()


def _held(hashes: Sequence[int], most: int) -> list[list[int]]:
    if not hashes:
        return []
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT asked.n, held.version_id FROM unnest(%s::bigint[]) WITH ORDINALITY AS asked (hash, n)"
                " CROSS JOIN LATERAL (SELECT version_id FROM annotations_fingerprint f WHERE f.hash = asked.hash"
                " ORDER BY version_id LIMIT %s) held",
                [list(hashes), most],
            )
            found: list[list[int]] = [[] for _hash in hashes]
            for n, version_id in cursor.fetchall():
                found[n - 1].append(version_id)
            return found
        found = []
        for each in hashes:
            cursor.execute(
                "SELECT version_id FROM annotations_fingerprint WHERE hash = %s ORDER BY version_id LIMIT %s",
                [each, most],
            )
            found.append([version_id for (version_id,) in cursor.fetchall()])
        return found


def _insert(rows: Sequence[tuple[int, int]]) -> None:
    """Write pairs of hash and text in the order of the index, which touches each of its pages once."""
    if not rows:
        return
    ordered = sorted(rows)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "INSERT INTO annotations_fingerprint (hash, version_id)"
                " SELECT * FROM unnest(%s::bigint[], %s::bigint[]) ON CONFLICT DO NOTHING",
                [list(column) for column in zip(*ordered, strict=True)],
            )
        else:
            cursor.executemany(
                "INSERT OR IGNORE INTO annotations_fingerprint (hash, version_id) VALUES (%s, %s)", ordered
            )


def _delete(version_id: int, hashes: Iterable[int]) -> None:
    gone = sorted(hashes)
    with connection.cursor() as cursor:
        for first in range(0, len(gone), AT_ONCE):
            some = gone[first : first + AT_ONCE]
            marks = ", ".join(["%s"] * len(some))
            cursor.execute(
                f"DELETE FROM annotations_fingerprint WHERE version_id = %s AND hash IN ({marks})",  # noqa: S608 -- marks alone
                [version_id, *some],
            )
