"""What another tool's file says about one text: spans, relations, labels on the whole, suggestions, each with its key.

Spans are given in code points of the file's text and kept in those of the normalised one. What does not fit becomes a
remark, and so does more than can be held in memory; the article stands.
"""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from annotations.importers import limits
from annotations.importers.json_items import unusable_value
from annotations.importers.records import ImportedArticle
from annotations.text.normalise import normalise
from annotations.text.spans import Span

if TYPE_CHECKING:
    from annotations.importers.fields import Place

NAMESPACE = uuid.UUID("0b1d6a0e-3a0f-5d39-9f0c-6a2c4f8d7e21")
"""Names judgements that come without a key, so that the same file gives the same keys."""


class JudgementsInFile:
    """Collects the judgements of one article. `raw` is its text as the file has it."""

    def __init__(self, article: ImportedArticle, raw: str, place: Place) -> None:
        self._article = article
        self._offsets = normalise(raw).offsets
        self._raw_length = len(raw)
        self._place = place
        self._met: Counter[str] = Counter()
        self._lists: dict[str, list[dict[str, Any]]] = {}
        self._n_beyond: Counter[str] = Counter()
        self._classes: set[tuple[str, str, str]] = set()

    @property
    def text(self) -> str:
        return self._article.text

    def onto_article(self) -> ImportedArticle:
        """Return the article with all that was collected, and name what was too much."""
        for name, count in self._n_beyond.items():
            message = _("These are more than %(most)s on one article; the last %(count)s are left out. Divide it.")
            self._place.leave_out(name, "", message % {"most": limits.JUDGEMENTS, "count": count})
        self._n_beyond.clear()
        found = {name: tuple(rows) for name, rows in self._lists.items()}
        return replace(
            self._article,
            annotations=self._article.annotations + found.get("annotations", ()),
            relations=found.get("relations", ()),
            article_labels=found.get("article_labels", ()),
            suggestions=found.get("suggestions", ()),
        )

    def span(self, start: Any, end: Any, field: str, value: Any) -> Span | None:
        """Return a span of the file as one of the normalised text; one that is none becomes a remark."""
        if isinstance(start, bool) or isinstance(end, bool) or not isinstance(start, int) or not isinstance(end, int):
            self._place.remark(field, value, _("The start and the end of a span have to be whole numbers."))
            return None
        if not 0 <= start < end <= self._raw_length:
            message = _("The span %(start)s to %(end)s is not within the text of %(length)s characters.")
            self._place.remark(field, value, message % {"start": start, "end": end, "length": self._raw_length})
            return None
        return self._offsets.span_to_text(Span(start, end))

    def annotation(self, span: Span, label: Any, *, key: str = "", **more: Any) -> str | None:
        """Add an annotation on a span of the normalised text; return its key, or None where it has no usable label."""
        if not self._is_name(label, "annotations"):
            return None
        row = {"start": span.start, "end": span.end, "quote": span.text_of(self.text), "label_name": label, **more}
        return self._add("annotations", row, key, span.start, span.end, label)

    def suggestion(self, span: Span, label: Any, *, by: str, score: float | None = None, key: str = "") -> None:
        """Add a proposal of the tool named `by`."""
        if not self._is_name(label, "suggestions") or not self._is_name(by, "suggestions"):
            return
        row = {"start": span.start, "end": span.end, "quote": span.text_of(self.text), "label_name": label}
        self._add("suggestions", {**row, "suggested_by": by[:200], "score": score}, key, *row.values(), by)

    def relation(self, from_key: str, to_key: str, label: Any, *, key: str = "", **more: Any) -> None:
        """Add a relation from one annotation to another, both named by their keys."""
        if self._is_name(label, "relations"):
            row = {"from": from_key, "to": to_key, "label_name": label, **more}
            self._add("relations", row, key, from_key, to_key, label)

    def article_label(
        self, label: Any, *, annotator: str = "", layer: str = "imported", key: str = "", **more: Any
    ) -> None:
        """Add a label on the whole text; the same one of the same person again becomes a remark."""
        if not self._is_name(label, "article_labels"):
            return
        if (label, annotator, layer) in self._classes:
            self._place.remark("article_labels", label, _("The article has this label from this annotator already."))
            return
        self._classes.add((label, annotator, layer))
        row = {"label_name": label, "annotator": annotator, "layer": layer, **more}
        self._add("article_labels", row, key, label)

    def _add(self, name: str, row: dict[str, Any], key: str, *parts: Any) -> str | None:
        """Add a row under its own key, or one made of its contents; equal rows are told apart by counting."""
        sentence = unusable_value(row)
        if sentence:
            self._place.remark(name, row, sentence)
            return None
        rows = self._lists.setdefault(name, [])
        if len(rows) >= limits.JUDGEMENTS:
            self._n_beyond[name] += 1
            return None
        contents = repr((name, self._article.external_id, *parts, row.get("annotator", ""), row.get("layer", "")))
        self._met[contents] += 1
        row["key"] = key or str(uuid.uuid5(NAMESPACE, f"{contents}/{self._met[contents]}"))
        rows.append(row)
        return str(row["key"])

    def _is_name(self, value: Any, field: str) -> bool:
        """Say whether a label or tool has a usable name; one that has none becomes a remark."""
        if not isinstance(value, str) or not value.strip():
            self._place.remark(field, value, _("The label is not a name. Write it as text in quotation marks."))
            return False
        sentence = unusable_value(value)
        if sentence:
            self._place.remark(field, value, sentence)
        return sentence is None
