"""Spans as a browser tool wrote them: UTF-16 offsets, checked by the words there, else found by them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from annotations.text.normalise import normalise
from annotations.text.spans import Span
from annotations.text.utf16 import Utf16Offsets

if TYPE_CHECKING:
    from annotations.importers.fields import Place

_TAG = re.compile(r"<[a-zA-Z/!][^<>]*>")


class RegionsInFile:
    """The places of one text: `raw` as the file has it, `text` as it is kept. What has no place becomes a remark."""

    def __init__(self, raw: str, text: str, place: Place) -> None:
        self._raw = raw
        self._text = text
        self._offsets = normalise(raw).offsets
        self._place = place

    @cached_property
    def _units_of_raw(self) -> Utf16Offsets:
        return Utf16Offsets(self._raw)

    @cached_property
    def _units_of_text(self) -> Utf16Offsets:
        return Utf16Offsets(self._text)

    @cached_property
    def _is_markup(self) -> bool:
        return bool(_TAG.search(self._raw))

    def span(self, kind: str, value: dict[str, Any]) -> Span | None:
        """Return the span of a region's value in the text that is kept."""
        start, end = value.get("start"), value.get("end")
        within = value.get("globalOffsets")
        if isinstance(within, dict):
            start, end = within.get("start"), within.get("end")
            if self._is_markup:
                message = _("The region lies in HTML, whose text is not the task's. Import the page as html.")
                self._place.remark("result", value, message)
                return None
        if isinstance(start, bool) or isinstance(end, bool) or not isinstance(start, int) or not isinstance(end, int):
            message = _("The region (%(kind)s) has no whole numbers as start and end.")
            self._place.remark("result", value, message % {"kind": kind})
            return None
        words = value.get("text")
        if isinstance(words, str) and words:
            return self._by_words(start, end, words, value)
        found = self._in_units_of_raw(start, end)
        if found is None:
            self._place.remark("result", value, self._outside(start, end))
        return found

    def _by_words(self, start: int, end: int, words: str, value: dict[str, Any]) -> Span | None:
        """Return the span whose words these are, at the offsets or else nearest to them."""
        wanted = {words.replace("\r\n", "\n").replace("\r", "\n")}
        wanted.add(words.replace("\\r\\n", "\n").replace("\\n", "\n"))
        for found in self._candidates(start, end):
            if found.text_of(self._text) in wanted:
                return found
        near = self._nearest(start, wanted)
        if near is None:
            message = _("These words do not stand in the text: “%(words)s”. Mend the region or the text.")
            self._place.remark("result", value, message % {"words": words[:60]})
            return None
        message = _("At these offsets stand other words; the region was put where its own words stand, at %(start)s.")
        self._place.remark("result", value, message % {"start": near.start})
        return near

    def _candidates(self, start: int, end: int) -> Iterator[Span]:
        """Yield the places the offsets can mean: UTF-16 units of the file's text, of the kept text, code points."""
        found = self._in_units_of_raw(start, end)
        if found:
            yield found
        first, last = self._units_of_text.to_code_points(start), self._units_of_text.to_code_points(end)
        if first is not None and last is not None and first < last:
            yield Span(first, last)
        if 0 <= start < end <= len(self._raw):
            yield self._offsets.span_to_text(Span(start, end))

    def _in_units_of_raw(self, start: int, end: int) -> Span | None:
        first, last = self._units_of_raw.to_code_points(start), self._units_of_raw.to_code_points(end)
        if first is None or last is None or first >= last:
            return None
        return self._offsets.span_to_text(Span(first, last))

    def _nearest(self, start: int, wanted: set[str]) -> Span | None:
        found: Span | None = None
        for words in sorted(wanted):
            at = self._text.find(words)
            while at >= 0:
                if found is None or abs(at - start) < abs(found.start - start):
                    found = Span(at, at + len(words))
                at = self._text.find(words, at + 1)
        return found

    def _outside(self, start: int, end: int) -> str:
        message = _("The region %(start)s to %(end)s does not lie in the text of %(length)s UTF-16 units.")
        return message % {"start": start, "end": end, "length": self._units_of_raw.length}
