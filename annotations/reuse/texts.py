"""The texts that reuse compares, read from the database with what is known of them, and their boilerplate found."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from annotations.models import Article, BoilerplateRuling, Capture, Region, Spelling, TextLink
from annotations.reuse import index
from annotations.reuse.words import METHOD, Words, Zone, fold, words_of
from annotations.text.blocks import blocks
from annotations.text.urls import canonical_url, url_sha256

HEAD_BLOCKS, TAIL_BLOCKS = 3, 8
"""Blocks at either end of a text among which boilerplate is looked for."""
FEWEST_SAME, FEWEST_SAME_OF_UNKNOWN = 3, 4
"""Articles of one publisher, or of none that is known, with an equal block at an end: that block is boilerplate."""
LOOKED_AT = 4
"""So many times the fewest texts with an equal block are looked at."""
LARGEST_SHARE = 0.5
"""Two texts that are equal in more than this share of their words are reposts: what they share is no boilerplate."""


@dataclass(slots=True)
class Text:
    """A current text with what tells of its descent; that of a capture has the capture's id, counted down from zero.

    `same` are the spellings that the project counts as one, `rules` what its people ruled about boilerplate;
    `requested_by` asked for a capture, by membership, 0 where nobody did.
    """

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
    same: Mapping[str, str] = field(default_factory=dict)
    rules: Mapping[str, bool] = field(default_factory=dict)
    requested_by: int = 0
    boilerplate: list[Zone] = field(default_factory=list)
    _words: Words | None = None
    _all_words: Words | None = None

    @property
    def words(self) -> Words:
        """Return its words outside boilerplate."""
        if self._words is None:
            zones = [*self.zones, *self.boilerplate]
            self._words = words_of(self.text, zones, same=self.same) if self.boilerplate else self.all_words
        return self._words

    @property
    def all_words(self) -> Words:
        """Return its words, those of boilerplate that no zone marks included."""
        if self._all_words is None:
            self._all_words = words_of(self.text, self.zones, same=self.same)
        return self._all_words

    @property
    def is_capture(self) -> bool:
        """Tell whether it is what a page looked like, not an article."""
        return self.version_id < 0

    @property
    def length(self) -> int:
        """Return its length in code points."""
        return len(self.text)

    def leave_out(self, spans: Iterable[tuple[int, int]]) -> None:
        """Take more of it as boilerplate."""
        self.boilerplate = [Zone("boilerplate", start, end) for start, end in spans]
        self._words = None

    def ruled_out(self) -> Iterator[tuple[int, int]]:
        """Yield the places of what somebody called boilerplate in this project."""
        if not any(self.rules.values()):
            return
        words = self.all_words
        joined = f" {' '.join(words.forms)} "
        for forms in (forms for forms, is_boilerplate in self.rules.items() if is_boilerplate):
            at = -1
            while (at := joined.find(f" {forms} ", at + 1)) >= 0:
                first = joined.count(" ", 0, at)
                yield (place := words.span(first, first + forms.count(" ") + 1)).start, place.end


@dataclass(frozen=True, slots=True)
class Rules:
    """What a project counts as one spelling, and what its people ruled about boilerplate."""

    same: Mapping[str, str]
    boilerplate: Mapping[str, bool]

    @classmethod
    def of(cls, project_id: int) -> Rules:
        """Read them; 2 queries."""
        same = same_words(project_id)
        return cls(same, boilerplate_rules(project_id, same))


@dataclass(frozen=True, slots=True)
class EndBlock:
    """A block at an end of a text."""

    start: int
    end: int
    hash: int
    n_words: int
    forms: str


def load_texts(version_ids: Iterable[int], *, rules: Mapping[int, Rules] | None = None) -> dict[int, Text]:
    """Read texts that are current, of articles that were not merged into others, and not withheld; at most 5 queries.

    Ids below zero are those of captures. `rules` are those of projects that were read already, by their ids.
    """
    every = sorted(set(version_ids))
    ids = [pk for pk in every if pk > 0]
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
    found |= _captures([-pk for pk in every if pk < 0])
    _put_rules(found.values(), rules or {})
    return found


def _captures(ids: Sequence[int]) -> dict[int, Text]:
    rows = Capture.objects.filter(pk__in=ids, withheld_at__isnull=True, length__gt=0).select_related("source")
    return {
        -row.pk: Text(
            -row.pk,
            str(row.uuid),
            row.project_id,
            -row.pk,
            row.source.publisher_id,
            row.published_at,
            bytes(row.source.url_sha256),
            row.text,
            [],
            [],
            requested_by=row.requested_by_id or 0,
        )
        for row in (rows if ids else ())
    }


def _put_rules(texts: Iterable[Text], known: Mapping[int, Rules]) -> None:
    """Give texts the rules of their projects; 2 queries for each that is not known."""
    rules = dict(known)
    for text in texts:
        if text.project_id not in rules:
            rules[text.project_id] = Rules.of(text.project_id)
        own = rules[text.project_id]
        text.same, text.rules = own.same, own.boilerplate


def same_words(project_id: int) -> dict[str, str]:
    """Return the folded spellings of a project, each with the one that stands for it; 1 query."""
    rows = Spelling.objects.filter(project_id=project_id, withdrawn_at__isnull=True).order_by("pk")
    found: dict[str, str] = {}
    for spellings in rows.values_list("words", flat=True):
        leading = fold(spellings[0])
        found |= {fold(each): found.get(leading, leading) for each in spellings}
    return found


def boilerplate_rules(project_id: int, same: Mapping[str, str]) -> dict[str, bool]:
    """Return what people called boilerplate (True) or not, by the folded words in a row; 1 query."""
    rows = BoilerplateRuling.objects.filter(project_id=project_id, is_boilerplate__isnull=False)
    ruled = rows.order_by("pk").values_list("quote", "is_boilerplate")
    return {" ".join(words_of(quote, same=same).forms): bool(is_boilerplate) for quote, is_boilerplate in ruled}


def method_of(project_id: int) -> str:
    """Name how the texts of a project are indexed: the method, and which spellings it counts as one; 1 query."""
    same = same_words(project_id)
    return f"{METHOD}+{index.digest_of(sorted(same.items()))}" if same else METHOD


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
            number = index.block_hash(forms, text.project_id, text.publisher_id)
            yield EndBlock(start, end, number, len(forms), " ".join(forms))


@dataclass(frozen=True, slots=True)
class Blocks:
    """Which texts hold the blocks that were asked for, by hash: the first ones by their ids."""

    holders: dict[int, list[int]]

    @classmethod
    def of(cls, hashes: Iterable[int]) -> Blocks:
        """Look the hashes up; as many queries as `index.holders`."""
        return cls(index.holders(sorted(set(hashes)), most=LOOKED_AT * FEWEST_SAME_OF_UNKNOWN))

    def add(self, text: Text, ends: Sequence[EndBlock]) -> None:
        """Note the blocks of a text that is not stored yet."""
        for block in ends:
            held = self.holders[block.hash]
            at = bisect_left(held, text.version_id)
            if held[at : at + 1] != [text.version_id]:
                held.insert(at, text.version_id)


def boilerplate_among(text: Text, ends: Sequence[EndBlock], blocks: Blocks) -> tuple[list[EndBlock], set[int]]:
    """Return the blocks of a text that its publisher puts under others too, and the texts that hold them.

    Texts that are mostly the same do not count: one reposts the other.
    """
    fewest = FEWEST_SAME if text.publisher_id else FEWEST_SAME_OF_UNKNOWN
    by_hash = {block.hash: blocks.holders[block.hash][: LOOKED_AT * fewest] for block in ends}
    shared: dict[int, int] = {}
    for block in ends:
        for other in by_hash[block.hash]:
            shared[other] = shared.get(other, 0) + block.n_words
    n_words = max(1, len(text.all_words.forms))
    reposts = {other for other, n in shared.items() if n > LARGEST_SHARE * n_words} | {text.version_id}
    found, touched = [], set()
    for block in ends:
        if text.rules.get(block.forms) is False:
            continue
        others = set(by_hash[block.hash]) - reposts
        if len(others) + 1 >= fewest:
            found.append(block)
            if len(others) + 1 == fewest:  # with this one it became boilerplate: the others do not know yet
                touched |= others
    return found, touched


def take_boilerplate_out(text: Text, ends: Sequence[EndBlock], blocks: Blocks) -> set[int]:
    """Leave a text's boilerplate out of its words; return the texts that learn by it that a block is boilerplate."""
    common, touched = boilerplate_among(text, ends, blocks)
    text.leave_out([*((block.start, block.end) for block in common), *text.ruled_out()])
    return touched
