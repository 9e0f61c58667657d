"""The texts that reuse compares, read from the database with what is known of them, and their boilerplate found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from annotations.models import Article, Region, TextLink
from annotations.reuse import index
from annotations.reuse.words import Words, Zone, words_of
from annotations.text.blocks import blocks
from annotations.text.urls import canonical_url, url_sha256

HEAD_BLOCKS, TAIL_BLOCKS = 3, 8
"""Blocks at either end of a text among which boilerplate is looked for."""
FEWEST_SAME, FEWEST_SAME_OF_UNKNOWN = 3, 4
"""Articles of one publisher, or of none that is known, with an equal block at an end: that block is boilerplate."""
LARGEST_SHARE = 0.5
"""Two texts that are equal in more than this share of their words are reposts: what they share is no boilerplate."""


@dataclass(slots=True)
class Text:
    """A current text with what tells of its descent. `blocks` are those at its ends, as (start, end, hash, words)."""

    version_id: int
    uuid: str
    project_id: int
    article_id: int
    publisher_id: int | None
    published_at: datetime | None
    url_sha256: bytes | None
    text: str
    zones: list[Zone]
    excerpts: list[tuple[int, int, int]]
    boilerplate: list[Zone] = field(default_factory=list)
    _words: Words | None = None
    _all_words: Words | None = None

    @property
    def words(self) -> Words:
        """Return its words outside boilerplate."""
        if self._words is None:
            zones = [*self.zones, *self.boilerplate]
            self._words = words_of(self.text, zones) if self.boilerplate else self.all_words
        return self._words

    @property
    def all_words(self) -> Words:
        """Return its words, those of boilerplate that no zone marks included."""
        if self._all_words is None:
            self._all_words = words_of(self.text, self.zones)
        return self._all_words

    @property
    def length(self) -> int:
        """Return its length in code points."""
        return len(self.text)

    def leave_out(self, spans: Iterable[tuple[int, int]]) -> None:
        """Take more of it as boilerplate."""
        self.boilerplate = [Zone("boilerplate", start, end) for start, end in spans]
        self._words = None


@dataclass(frozen=True, slots=True)
class EndBlock:
    """A block at an end of a text."""

    start: int
    end: int
    hash: int
    n_words: int


def load_texts(version_ids: Iterable[int]) -> dict[int, Text]:
    """Read texts that are current, of articles that were not merged into others, and not withheld; 2 queries."""
    ids = sorted(set(version_ids))
    rows = Article.objects.filter(
        current_version__among=ids, merged_into__isnull=True, current_version__withheld_at__isnull=True
    ).values_list(
        "current_version_id",
        "current_version__uuid",
        "project_id",
        "pk",
        "publisher_id",
        "published_at",
        "url_sha256",
        "current_version__text",
    )
    found = {
        row[0]: Text(row[0], str(row[1]), *row[2:6], bytes(row[6]) if row[6] else None, row[7], [], [])
        for row in (rows if ids else ())
    }
    regions = Region.objects.filter(version__among=list(found), withdrawn_at__isnull=True).order_by(
        "start", "-end", "pk"
    )
    for version, kind, start, end, publisher in (
        regions.values_list("version_id", "kind", "start", "end", "publisher_id") if found else ()
    ):
        found[version].zones.append(Zone(kind, start, end))
        if kind == Region.Kind.EXCERPT and publisher is not None:
            found[version].excerpts.append((start, end, publisher))
    return found


def links_in(version_ids: Iterable[int]) -> dict[int, list[tuple[int, int, bytes]]]:
    """Return the links of texts, as (start, end, hash of the canonical address); 1 query."""
    found: dict[int, list[tuple[int, int, bytes]]] = {}
    rows = TextLink.objects.filter(version__in=list(version_ids)).values_list("version_id", "start", "end", "url")
    for version, start, end, url in rows:
        found.setdefault(version, []).append((start, end, url_sha256(canonical_url(url))))
    return found


def end_blocks(text: Text) -> list[EndBlock]:
    """Return the blocks at the ends of a text that can be boilerplate: of those zones leave out nothing is asked."""
    every = blocks(text.text)
    ends = every if len(every) <= HEAD_BLOCKS + TAIL_BLOCKS else [*every[:HEAD_BLOCKS], *every[-TAIL_BLOCKS:]]
    return list(_with_hashes(text, [(block.start, block.end) for block in ends]))


def _with_hashes(text: Text, spans: Sequence[tuple[int, int]]) -> Iterator[EndBlock]:
    words = text.all_words
    for start, end in spans:
        first, last = words.between(start, end)
        if first < last:
            forms = words.forms[first:last]
            yield EndBlock(start, end, index.block_hash(forms, text.project_id, text.publisher_id), len(forms))


def boilerplate_among(text: Text, ends: Sequence[EndBlock]) -> tuple[list[EndBlock], set[int]]:
    """Return the blocks of a text that its publisher puts under others too, and the texts that hold them.

    Texts that are mostly the same do not count: one reposts the other. As many queries as `index.holders`.
    """
    fewest = FEWEST_SAME if text.publisher_id else FEWEST_SAME_OF_UNKNOWN
    by_hash = index.holders([each.hash for each in ends], most=4 * fewest)
    shared: dict[int, int] = {}
    for block in ends:
        for other in by_hash[block.hash]:
            shared[other] = shared.get(other, 0) + block.n_words
    n_words = max(1, len(text.all_words.forms))
    reposts = {other for other, n in shared.items() if n > LARGEST_SHARE * n_words} | {text.version_id}
    found, touched = [], set()
    for block in ends:
        others = set(by_hash[block.hash]) - reposts
        if len(others) + 1 >= fewest:
            found.append(block)
            if len(others) + 1 == fewest:  # with this one it became boilerplate: the others do not know yet
                touched |= others
    return found, touched
