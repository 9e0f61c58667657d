"""spaCy's DocBin in a .zip: parts of at most a thousand documents, which `Corpus` of spaCy reads as one folder.

Spans that overlap no other are entities, the others stand in the span group "sc"; labels on articles are cats. What
spaCy has no place for (ids, annotators, notes, relations …) stands in the `user_data` of each document.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from annotations.errors import Refused

from .archive import archive
from .corpus import Corpus, Row
from .label_names import LabelNames
from .losses import Losses

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc, DocBin, Span

CARRIES = frozenset({"annotations", "annotators", "layers", "overlaps", "notes", "attributes", "confidence"}) | {
    "relations",
    "article_labels",
    "regions",
    "links",
    "metadata",
}
USER_DATA = "claim_workbench"
"""The key under which each document carries what is ours."""
GROUP = "sc"
_DOCUMENTS = 1_000
_CODE_POINTS = 2_000_000
_LONGEST_TEXT = 20_000_000
_OF_AN_ARTICLE = (
    *("external_id", "title", "publisher", "published_at", "posted_at", "url", "language", "direction", "metadata"),
    *("text_sha256", "version", "regions", "links"),
)
_OF_A_ROW = ("key", "annotator", "layer", "note", "attributes", "confidence", "version", "created_at", "updated_at")


def write(corpus: Corpus, write_bytes: Callable[[bytes], None]) -> None:
    """Write the archive; a part is held in memory until it is full. Raises `Refused` without the extra."""
    bin_of_documents = _bins()
    names, languages = LabelNames.of(corpus.header()), _Languages()
    with archive(write_bytes) as made:
        n, size, part = 0, 0, bin_of_documents()
        for article in corpus.articles():
            part.add(_document(article, names, languages, corpus.losses))
            size += len(article.get("text", ""))
            if len(part) >= _DOCUMENTS or size >= _CODE_POINTS:
                made.add(f"corpus-{n:05}.spacy", part.to_bytes())
                n, size, part = n + 1, 0, bin_of_documents()
        if len(part) or n == 0:
            made.add(f"corpus-{n:05}.spacy", part.to_bytes())


def _bins() -> Callable[[], DocBin]:
    try:
        from spacy.tokens import DocBin
    except ImportError:
        message = _("This format needs another package. Install claim-workbench[spacy].")
        raise Refused("extra_missing", message, field="format") from None
    return lambda: DocBin(attrs=["ENT_IOB", "ENT_TYPE"], store_user_data=True)


class _Languages:
    """Blank tokenisers by language; for a language that spaCy has none of, that of no language in particular."""

    def __init__(self) -> None:
        self._found: dict[str, Language] = {}

    def document(self, text: str, tag: str) -> Doc:
        """Return a text as tokens. Should a tokeniser change the text, the general one is taken."""
        made = self._of(tag.partition("-")[0] or "xx").make_doc(text)
        return made if made.text == text else self._of("xx").make_doc(text)

    def _of(self, code: str) -> Language:
        import spacy

        if code not in self._found:
            try:
                self._found[code] = spacy.blank(code)
            except ImportError:  # no such language, or one whose tokeniser is a package of its own
                self._found[code] = spacy.blank("xx")
            self._found[code].max_length = _LONGEST_TEXT
        return self._found[code]


def _document(article: Row, names: LabelNames, languages: _Languages, losses: Losses) -> Doc:
    made = languages.document(article.get("text", ""), article["language"] or "")
    placed = list(_placed(article["annotations"], made, names, losses))
    overlapping = _overlapping(placed)
    made.set_ents([span for n, (span, _row) in enumerate(placed) if n not in overlapping])
    if overlapping:
        made.spans[GROUP] = [span for n, (span, _row) in enumerate(placed) if n in overlapping]
    made.cats = {names[row["label"]]: 1.0 for row in article.get("article_labels", ())}
    kept = {row["key"] for _span, row in placed}
    relations = [row for row in article.get("relations", ()) if row["from"] in kept and row["to"] in kept]
    losses.lose("relations", len(article.get("relations", ())) - len(relations))
    made.user_data[USER_DATA] = {
        "article": {name: article[name] for name in _OF_AN_ARTICLE if name in article},
        "annotations": [_row(row, names, "start", "end") for _span, row in placed],
        "relations": [_row(row, names, "from", "to") for row in relations],
        "article_labels": [_row(row, names) for row in article.get("article_labels", ())],
    }
    return made


def _placed(rows: list[Row], document: Doc, names: LabelNames, losses: Losses) -> Iterator[tuple[Span, Row]]:
    """Yield the annotations that fit whole tokens, each with its span; the others are counted."""
    for row in rows:
        span = document.char_span(row["start"], row["end"], label=names[row["label"]], alignment_mode="strict")
        if span is None:
            losses.lose("misaligned")
        else:
            yield span, row


def _overlapping(placed: list[tuple[Span, Row]]) -> set[int]:
    """Return which spans share a token with another."""
    order = sorted(range(len(placed)), key=lambda n: (placed[n][0].start, placed[n][0].end))
    found: set[int] = set()
    furthest = -1
    for n in order:
        if furthest >= 0 and placed[n][0].start < placed[furthest][0].end:
            found |= {n, furthest}
        if furthest < 0 or placed[n][0].end > placed[furthest][0].end:
            furthest = n
    return found


def _row(row: Row, names: LabelNames, *fields: str) -> Row:
    kept: dict[str, Any] = {name: row[name] for name in (*fields, *_OF_A_ROW) if row.get(name) not in (None, "", {})}
    return {**kept, "label": names[row["label"]]}
