"""Zones of an article that are not its own body: headline, byline, date line, caption, excerpt, markers, site footer.

Zones are found by shape, in one pass each, and never cut anything: they become regions that people can edit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from annotations.text.blocks import Block, blocks, lines

KINDS = (
    "headline",
    "byline",
    "date_line",
    "body",
    "caption",
    "excerpt",
    "citation_marker",
    "editors_insertion",
    "boilerplate",
)

HEAD_BLOCKS = 8
"""Headline, byline, date line and caption are looked for in so many blocks from the top."""
LONGEST_HEADLINE = 300
LONGEST_HEAD_LINE = 160
LONGEST_CAPTION = 700
SHORT_LINE = 60
LARGEST_FOOTER_SHARE = 0.4
FEWEST_SHORT_BLOCKS = 4
MOST_FOOTER_BLOCKS = 100
LONGEST_SURE_FOOTER = 2_000
"""A footer up to so many code points may be any share of the text."""

_DATE_WORDS = (
    r"(?:(?:first |originally )?(?:posted|published|updated|modified|created)|and last updated"
    r"|last (?:updated|modified)|date published|veröffentlicht|erstellt|stand|aktualisiert|zuletzt aktualisiert"
    r"|publié|mis à jour|publicado|actualizado|pubblicato|aggiornato|gepubliceerd|publicerad|опубликовано|обновлено"
    r"|نُشر|نشر|تاريخ النشر)"
)
_DATE_LINE = re.compile(rf"{_DATE_WORDS}\b[^\n]{{0,120}}\d", re.IGNORECASE)
_BARE_DATE = re.compile(
    r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day,? )?"
    r"(?:[^\W\d_]{3,10}\.? \d{1,2},? \d{4}|\d{1,2}\.? [^\W\d_]{3,10}\.?,? \d{4}"
    r"|\d{4}-\d{2}-\d{2}|\d{1,2}\.\d{1,2}\.\d{4})"
    r"(?:,? (?:at )?\d{1,2}:\d{2}[^\n]{0,20})?",
    re.IGNORECASE,
)
WIRES = r"Reuters|AP|AFP|dpa|DPA|Xinhua|ANSA|EFE|TASS|UPI|PTI|Kyodo|Anadolu|Associated Press"
WIRE_LINE = re.compile(
    rf"(?:[^\W\d_a-z][^\n(]{{1,60}}? \((?:{WIRES})\)"
    r"|[A-Z][A-Z.'’ -]{2,40},? [^\n(]{0,60}\([A-Z][\w .&'’-]{1,40}\)) ?[-–—] ",
)
_BYLINE_START = re.compile(r"(?:By|BY|by|Von|VON|Par|PAR|Por|POR|Di|Door|Av|Автор:?|بقلم:?|كتب:?)\s+")
_MONTHS = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December"
    r"|Jan\.|Feb\.|Mar\.|Apr\.|Jun\.|Jul\.|Aug\.|Sept?\.|Oct\.|Nov\.|Dec\.)"
)
_CAPTION_DATE = re.compile(
    rf"\bon (?:\w{{3,10}}, )?{_MONTHS} \d{{1,2}}, \d{{4}},? (?:in|at|near|outside) [^.\n]{{1,80}}\.(?:\s*$| [-–—] )"
)
_CAPTION_CREDIT = re.compile(
    r"(?:\((?:photo|image|picture|credit|foto|ap|afp|reuters|getty|epa|picture alliance)\b[^()\n]{0,80}\)"
    r"|(?:photo|image|picture|photograph|foto|credit)\s*(?:by|:|credit:)[^\n]{1,80}"
    r"|[/|]\s?(?:getty(?: images)?|afp|reuters|ap(?: photo)?|epa|picture alliance|shutterstock|dpa)[^\n.]{0,40}"
    r"|(?:getty images|afp via getty images|ap photo|getty|AFP))\.?\s*$",
    re.IGNORECASE,
)

_CITATION = re.compile(r"\[(?:source|sources|quelle|fuente|fonte|bron|источник|المصدر|来源|\d{1,3})\]", re.IGNORECASE)
_SOURCE = re.compile(r"\[(?:source|sources|quelle|fuente|fonte|bron|источник|المصدر|来源)\]", re.IGNORECASE)
_BRACKETS = re.compile(r"\[([^\[\]\n]{1,120})\]")
_ELLIPSIS = re.compile(r"\s*(?:…|\.(?:\s?\.){1,3})\s*")
_CUT_AT_START = re.compile(r"\[\s*(?:…|\.(?:\s?\.){1,3})\s*\]")
_PAGE_CONTROLS = (
    "edit|edit source|citation needed|clarification needed|update|updated|video|photo|photos|image|link|read more|more"
    "|hide|show|note|bearbeiten|x"
)
_NOT_AN_INSERTION = frozenset(_PAGE_CONTROLS.split("|"))

_FOOTER = re.compile(
    r"(?:subscribe\b|sign up\b|sign in\b|log in\b|newsletter|google ads?\b|advertisement\b|sponsored\b"
    r"|please let us know if|open popup|welcome back|click (?:here|on)\b|share this|share on\b|follow us|like us on"
    r"|all rights reserved|©|\(c\) \d{4}|copyright\b|leave a (?:comment|reply)|comments?\b.{0,20}$"
    r"|related (?:articles|stories|posts)|read more|read next|more (?:from|on)\b.{0,60}$|download (?:our|the) app"
    r"|donate\b|support (?:us|our)\b|become a (?:member|patron|subscriber)|get (?:the|our) (?:latest|app|newsletter)"
    r"|most (?:read|popular)|trending\b|cookies?\b|terms of|privacy policy|about the author|contact us"
    r"|report an error|print this|abonnieren|anzeige\b|alle rechte vorbehalten|mehr zum thema|teilen\b"
    r"|s'abonner|abonnez-vous|suscríbete|tous droits réservés|iscriviti)",
    re.IGNORECASE,
)
_LONE_LINE = re.compile(
    r"\n\n((?:advertisement|anzeige|google ads?(?: \d{1,2})?|advertising|publicité|publicidad))(?=\n\n)", re.IGNORECASE
)

_AT_PUBLISHER = re.compile(r"(?:^|[.!?”\"] )(?:At|Over at) (?:the )?([^\W\d_a-z][\w.&’' -]{1,40}?), [^\W\d_a-z]")
_OF_PUBLISHER = re.compile(r"\b([^\W\d_a-z]\w{1,30}(?: [^\W\d_a-z]\w{1,30}){0,3})(?:[’']s|(?<=s)[’']) [^\W\d_a-z]")
_TO_PUBLISHER = re.compile(
    r"\b(?:describes|described|tells|told|spoke|says|said)\b[^.,;:]{0,30}"
    r" to ((?:The )?[^\W\d_a-z]\w{1,30}(?: [^\W\d_a-z]\w{1,30}){0,3}):$"
)
_TELLS = re.compile(
    r"\b(?:report|reports|reported|describes|described|writes|wrote|explains|explained|details|told|tells)\b"
)


@dataclass(frozen=True, slots=True)
class Zone:
    """A part of a text that is of one kind; offsets in code points.

    `publisher` says whom an excerpt quotes, where the line that introduces it states that.
    """

    kind: str
    start: int
    end: int
    publisher: str | None = None


def find_zones(text: str, *, title: str | None = None, byline: str | None = None) -> list[Zone]:
    """Return the zones of a normalised text, by start. A zone may lie inside another; the body is what no zone covers.

    >>> find_zones("Rain\\n\\nPosted at 7:25 AM, Nov 15, 2018\\n\\nIt rained.", title="Rain")[1].kind
    'date_line'
    """
    found = blocks(text)
    footer = list(_footer(text, found))
    footer_start = footer[0].start if footer else len(text)
    own = [block for block in found if block.start < footer_start] if footer else found
    head = _head(text, own, title, byline)
    excerpts = list(_excerpts(text, own))
    marks = [zone for zone in _marks(text) if zone.start < footer_start]
    lone = [zone for zone in _lone_lines(text) if zone.start < footer_start]
    return sorted([*head, *excerpts, *marks, *lone, *footer], key=lambda zone: (zone.start, -zone.end))


def _head(text: str, found: Sequence[Block], title: str | None, byline: str | None) -> list[Zone]:
    """Read headlines, byline, date line and caption from the top, down to the first paragraph of the body."""
    zones: list[Zone] = []
    wanted = _folded(title) if title else None
    for block in found[:HEAD_BLOCKS]:
        whole = text[block.start : min(block.end, block.start + LONGEST_CAPTION + 1)]
        zone = _headline(whole, block, wanted, is_first=not zones)
        if zone:
            wanted = wanted or _folded(whole)
            zones.append(zone)
            continue
        small = list(_small_lines(text, block, byline))
        zones.extend(small)
        if small:
            continue
        if _is_caption(whole):
            zones.append(Zone("caption", block.start, block.end))
        else:
            zones.extend(_wire_line(whole, block))
        if not _is_short(whole):
            break
    return zones


def _folded(words: str) -> str:
    return " ".join(words.casefold().split())


def _headline(whole: str, block: Block, wanted: str | None, *, is_first: bool) -> Zone | None:
    first_line = whole.partition("\n")[0]
    if len(first_line) > LONGEST_HEADLINE:
        return None
    if wanted is None:
        looks_like_one = is_first and "\n" not in whole and not first_line.rstrip().endswith((".", ":", "…", ","))
        return Zone("headline", block.start, block.end) if looks_like_one else None
    if _folded(whole) == wanted:
        return Zone("headline", block.start, block.end)
    if _folded(first_line) == wanted:
        return Zone("headline", block.start, block.start + len(first_line))
    return None


def _small_lines(text: str, block: Block, byline: str | None) -> Iterator[Zone]:
    """Yield the bylines and date lines of a block that holds nothing else; date lines in a row are one zone."""
    if block.end - block.start > 4 * LONGEST_HEAD_LINE:
        return
    date_from: int | None = None
    date_to = 0
    for start, end in lines(text, block.start, block.end):
        kind = _kind_of_line(text[start:end].strip(), byline)
        if kind == "date_line":
            date_from, date_to = (start if date_from is None else date_from), end
            continue
        if date_from is not None:
            yield Zone("date_line", date_from, date_to)
            date_from = None
        if kind == "byline":
            yield Zone("byline", start, end)
    if date_from is not None:
        yield Zone("date_line", date_from, date_to)


def _kind_of_line(line: str, byline: str | None) -> str | None:
    if not line or len(line) > LONGEST_HEAD_LINE:
        return None
    if _DATE_LINE.match(line) or _BARE_DATE.fullmatch(line):
        return "date_line"
    if byline and _folded(byline) in (_folded(line), _folded(_BYLINE_START.sub("", line))):
        return "byline"
    begun = _BYLINE_START.match(line)
    if not begun or line.endswith((".", ":", "?")) or len(line.split()) > 14:
        return None
    name = line[begun.end() : begun.end() + 1]
    return "byline" if name.isalpha() and not name.islower() else None


def _is_caption(whole: str) -> bool:
    if len(whole) > LONGEST_CAPTION:
        return False
    return bool(_CAPTION_DATE.search(whole) or _CAPTION_CREDIT.search(whole[-140:]))


def _wire_line(whole: str, block: Block) -> Iterator[Zone]:
    found = WIRE_LINE.match(whole)
    if found:
        yield Zone("date_line", block.start, block.start + len(found.group().rstrip(" -–—")))


def _is_short(whole: str) -> bool:
    return len(whole) <= LONGEST_HEAD_LINE and "\n" not in whole


def _excerpts(text: str, found: Sequence[Block]) -> Iterator[Zone]:
    """Yield the passages that end in a [Source] marker, each from its introducing line or its first cut."""
    if not _SOURCE.search(text):
        return
    introduced: int | None = None
    first_cut: int | None = None
    for number, block in enumerate(found):
        last = text[block.end - 1]
        marker = _last_source(text, block) if last in "]. \u00a0" else None
        if marker is not None:
            first = number if introduced is None and first_cut is None else (introduced or first_cut or number)
            yield from _excerpt(text, found, first, marker)
            introduced = first_cut = None
        elif introduced is None and last in ": \u00a0" and text[block.end - 3 : block.end].rstrip().endswith(":"):
            introduced = number + 1
        elif first_cut is None and text[block.start] == "[" and _CUT_AT_START.match(text, block.start, block.end):
            first_cut = number


def _last_source(text: str, block: Block) -> int | None:
    """Return where the [Source] marker stands that ends the block."""
    tail = max(block.start, block.end - 24)
    found = list(_SOURCE.finditer(text, tail, block.end))
    return found[-1].start() if found and not text[found[-1].end() : block.end].strip(" .\u00a0") else None


def _excerpt(text: str, found: Sequence[Block], first: int, marker: int) -> Iterator[Zone]:
    start = found[first].start
    end = start + len(text[start:marker].rstrip())
    if end > start:
        intro = text[found[first - 1].start : found[first - 1].end] if first else ""
        yield Zone("excerpt", start, end, _quoted_publisher(intro[-400:]))


def _quoted_publisher(intro: str) -> str | None:
    """Return the publisher that the introducing line names, or None where it does so in no plain way."""
    if not intro.rstrip().endswith(":"):
        return None
    at = list(_AT_PUBLISHER.finditer(intro))
    if at:
        return at[-1].group(1)
    last_sentence = re.split(r"(?<=[a-z)”\"]\.) ", intro)[-1]
    of = _OF_PUBLISHER.search(last_sentence)
    if of and _TELLS.search(last_sentence, of.end()):
        return of.group(1)
    to = _TO_PUBLISHER.search(last_sentence.rstrip())
    return to.group(1) if to else None


def _marks(text: str) -> Iterator[Zone]:
    for found in _BRACKETS.finditer(text):
        if _CITATION.fullmatch(found.group()):
            yield Zone("citation_marker", found.start(), found.end())
        elif _is_insertion(found.group(1)):
            yield Zone("editors_insertion", found.start(), found.end())


def _is_insertion(inner: str) -> bool:
    if _ELLIPSIS.fullmatch(inner) or inner.strip().casefold() in _NOT_AN_INSERTION:
        return False
    return any(character.isalpha() for character in inner)


def _lone_lines(text: str) -> Iterator[Zone]:
    for found in _LONE_LINE.finditer(text):
        yield Zone("boilerplate", found.start(1), found.end(1))


def _footer(text: str, found: Sequence[Block]) -> Iterator[Zone]:
    """Yield the site's footer: what follows two blank lines near the end and reads like one, or last lines that do."""
    first = _footer_start(text, found)
    if first is not None:
        yield Zone("boilerplate", found[first].start, found[-1].end)


def _footer_start(text: str, found: Sequence[Block]) -> int | None:
    n_footer_like = 0
    start = None
    is_phrase_to_the_end = True
    for n_after, number in enumerate(range(len(found) - 1, max(0, len(found) - 1 - MOST_FOOTER_BLOCKS), -1), start=1):
        block = found[number]
        length = found[-1].end - block.start
        if length > LONGEST_SURE_FOOTER and length > LARGEST_FOOTER_SHARE * found[-1].end:
            break
        is_phrase, is_short = _reads_like_footer(text, block)
        n_footer_like += is_phrase or is_short
        is_phrase_to_the_end = is_phrase_to_the_end and is_phrase
        follows_two_blank_lines = text.count("\n", found[number - 1].end, block.start) >= 3
        opens_footer = is_phrase or (is_short and n_after >= FEWEST_SHORT_BLOCKS)
        if (follows_two_blank_lines and opens_footer and 2 * n_footer_like > n_after) or is_phrase_to_the_end:
            start = number
    return start


def _reads_like_footer(text: str, block: Block) -> tuple[bool, bool]:
    """Say whether a block opens with a footer's phrase, and whether it is a short line that ends no sentence."""
    whole = text[block.start : min(block.end, block.start + 400)].strip()
    is_phrase = bool(_FOOTER.match(whole)) and len(whole) <= 300
    is_short = len(whole) <= SHORT_LINE and not whole.endswith((".", "”", '"', "?", ":"))
    return is_phrase, is_short
