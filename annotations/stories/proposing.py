"""What articles say to a question, read from their texts: what is of its kind, in sentences with its cue words.

By the built-in suggester's rules, which are for English; a person looks at every answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from annotations.models import AccountRow, Article, ArticleVersion, Region, Statement
from annotations.suggesters import rules
from annotations.suggesters.english import Proposal, propose
from annotations.text.accounts import Value, value_of
from annotations.text.sentences import split_sentences
from annotations.text.spans import Span
from annotations.text.words import words
from annotations.workflow.answering import MAX_STATEMENT, NewStatement, Proposed

RULES = "claim-workbench/accounts 1"
MOST_PROPOSED = 2
"""Statements of one article, those in the sentences with most cue words."""
LEAST_ITEMS = 3
_NO_CUES = frozenset(
    re.findall(
        r"\w+",
        "who whom whose what which when where why how many much long did does do was were is are has have had been be "
        "the a an of to in on at by for from and or it its they them he she his her their that this these those any "
        "people said say says told wer was wann wo wie viele hat haben ist sind wurde wurden der die das ein eine",
    )
)
_ENDING = re.compile(r"(?:ed|ing|es|s|ion|ions|ories|ory)\Z")
_SCALED = re.compile(
    rf"(?:(?:{rules.QUALIFIER}|an estimated|possibly|or) )*"
    rf"\b(?:an?|one|{rules.WORDS}|{rules.FIGURE}) (?:hundred|thousand|million|billion|trillion)\b(?: or more)?",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r" ?(?:to|[–-])(?: (?:possibly|perhaps))?(?: (?:more than|over))? ?", re.IGNORECASE)
_NEGATED = re.compile(r"\b(?:not|never|no|nor|yet to|denied|denies|without|unsent)\b|n['’]t\b", re.IGNORECASE)
_OPEN = re.compile(r"\b(?:whether|if|unclear|not clear|would|could|may|might|planned?|draft|seeking)\b", re.IGNORECASE)
_ITEM = rf"(?:[Tt]he )?{rules.NAMES}"
_LIST = re.compile(rf"{_ITEM}(?:(?:, (?:and )?| and | as well as ){_ITEM}){{{LEAST_ITEMS - 1},40}}")
_NAME = re.compile(rf"(?<!\w){rules.NAMES}")


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A stretch of a text that quotes somebody else."""

    span: Span
    publisher: str


@dataclass(frozen=True, slots=True)
class Found:
    """Something of the question's kind in a text, with its value and how many cue words its sentence has."""

    span: Span
    value: Value
    sentence: Span
    n_cues: int


def propose_answers(row: AccountRow, articles: Iterable[Article]) -> Iterator[Proposed]:
    """Yield what articles, with their present texts, say to a question; 1 query."""
    versions = [each.current_version for each in articles if each.current_version is not None]
    excerpts: dict[int, list[Excerpt]] = {}
    left_out: dict[int, list[Span]] = {}
    zones = Region.objects.filter(version__in=[each.pk for each in versions], withdrawn_at__isnull=True)
    for pk, kind, start, end, publisher in zones.values_list("version_id", "kind", "start", "end", "publisher__name"):
        if kind == Region.Kind.EXCERPT:
            excerpts.setdefault(pk, []).append(Excerpt(Span(start, end), publisher or ""))
        elif kind in rules.LEFT_OUT and kind != Region.Kind.HEADLINE:
            left_out.setdefault(pk, []).append(Span(start, end))
    for version in versions:
        found = read_text(row.kind, cues_of(row.cues or row.text), version.text, left_out.get(version.pk, []))
        if found:
            yield _proposed(row.kind, version, found, excerpts.get(version.pk, []))


def cues_of(text: str) -> list[str]:
    """Return the stems of the words by which a question's sentences are known.

    >>> cues_of("How many people were detained?"), cues_of("letter, sent")
    (['detain'], ['letter', 'sent'])
    """
    found = [word.folded for word in words(text) if word.folded not in _NO_CUES]
    return list(dict.fromkeys(_ENDING.sub("", each) if len(each) > 5 else each for each in found))


def read_text(kind: str, cues: Sequence[str], text: str, left_out: Sequence[Span] = ()) -> list[Found]:
    """Return what a text says to a question: at most two different values, from sentences with most cue words. Pure.

    >>> text = "The letter was long. Fourteen mayors signed it, the paper said. It has not been sent."
    >>> [each.span.text_of(text) for each in read_text("number", ["sign"], text)]
    ['Fourteen mayors']
    >>> [(each.value, each.span.text_of(text)) for each in read_text("yes_no", ["sent"], text)]
    [({'yes': False}, 'It has not been sent.')]
    """
    found: list[Found] = []
    for sentence, n_cues in _sentences(text, cues, left_out, neighbours=kind == AccountRow.Kind.SET):
        for span, value in _READERS[kind](text, sentence):
            found.append(Found(span, value, sentence, n_cues))
    rank = (lambda each: (-len(each.value.get("items", ())), each.span.start)) if kind == "set" else _by_cues
    chosen: list[Found] = []
    most = max((each.n_cues for each in found), default=0)
    for each in sorted((each for each in found if each.n_cues == most), key=rank):
        if len(chosen) < MOST_PROPOSED and all(each.value != known.value for known in chosen):
            chosen.append(each)
    return chosen[:1] if kind in ("set", "yes_no") else chosen


def _by_cues(found: Found) -> tuple[int, int]:
    return -found.n_cues, found.span.start


def _sentences(
    text: str, cues: Sequence[str], left_out: Sequence[Span], *, neighbours: bool
) -> Iterator[tuple[Span, int]]:
    """Yield the sentences with cue words and how many they have; with `neighbours` also those beside one."""
    all_of_it = [
        each
        for each in split_sentences(text)
        if not any(zone.start < each.end and each.start < zone.end for zone in left_out)
    ]
    counts = [
        sum(1 for cue in cues if any(word.folded.startswith(cue) for word in words(text, each.start, each.end)))
        for each in all_of_it
    ]
    for n, (sentence, count) in enumerate(zip(all_of_it, counts, strict=True)):
        if neighbours:
            count = max(counts[max(0, n - 2) : n + 3])
        if count:
            yield sentence, count


def _proposed(kind: str, version: ArticleVersion, found: Sequence[Found], excerpts: Sequence[Excerpt]) -> Proposed:
    statements = []
    for each in found:
        voice, said_by = _voice(version.text, each, excerpts)
        words_there = each.span.text_of(version.text)
        text = ", ".join(each.value["items"]) if "items" in each.value else words_there
        if kind == AccountRow.Kind.YES_NO:  # what the sentence says stands at its passage
            text = ("yes" if each.value["yes"] else "no") if "yes" in each.value else "not certain"
        sent = NewStatement(text[:MAX_STATEMENT], voice=voice, said_by=said_by)
        statements.append((sent, each.span, each.value))
    return Proposed(version.article_id, version, tuple(statements))


def _voice(text: str, found: Found, excerpts: Sequence[Excerpt]) -> tuple[str, str]:
    """Say whose voice it is: an excerpt's, a source's whom the sentence names, else the article's own."""
    for excerpt in excerpts:
        if excerpt.span.start <= found.span.start < excerpt.span.end:
            return Statement.Voice.EXCERPT, excerpt.publisher
    said = text[found.sentence.start : found.sentence.end]
    for cue in propose(said, kinds=("attribution_cue",)):
        return Statement.Voice.SOURCE, dict(cue.attributes).get("speaker", "")[:200]
    return Statement.Voice.OWN, ""


# What is of each kind, in one sentence


Read = Iterator[tuple[Span, Value]]


def _numbers(text: str, sentence: Span) -> Read:
    part = sentence.text_of(text)
    spans = {(each.start, each.end) for each in propose(part, kinds=("number",))}
    spans |= {match.span() for match in _SCALED.finditer(part)}
    for start, end in _joined(sorted(spans), part):
        value = value_of("number", part[start:end])
        if value:
            yield Span(sentence.start + start, sentence.start + end), value


def _joined(spans: list[tuple[int, int]], part: str) -> list[tuple[int, int]]:
    """Join numbers that overlap, and the two ends of a range."""
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        if joined and (start <= joined[-1][1] or _BETWEEN.fullmatch(part[joined[-1][1] : start])):
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return joined


def _of_kind(kind: str, value_kind: str) -> Callable[[str, Span], Read]:
    def read(text: str, sentence: Span) -> Read:
        part = sentence.text_of(text)
        for each in propose(part, kinds=(kind,)):
            span = Span(sentence.start + each.start, sentence.start + each.end)
            yield span, value_of(value_kind, _stripped(each, part))

    return read


def _stripped(each: Proposal, part: str) -> str:
    return part[each.start : each.end].strip('“”„"«»')


def _names(text: str, sentence: Span) -> Read:
    for match in _NAME.finditer(text, sentence.start, sentence.end):
        is_first_word = match.start() == sentence.start and " " not in match[0]
        if not is_first_word and not rules.NO_PLACES.match(match[0]):
            yield Span(*match.span()), value_of("name", match[0])


def _lists(text: str, sentence: Span) -> Read:
    for match in _LIST.finditer(text, sentence.start, sentence.end):
        value = value_of("set", match[0])
        if len(value.get("items", ())) >= LEAST_ITEMS:
            yield Span(*match.span()), value


def _yes_or_no(text: str, sentence: Span) -> Read:
    part = sentence.text_of(text)
    if _OPEN.search(part):
        yield sentence, {}
    else:
        yield sentence, {"yes": not _NEGATED.search(part)}


_READERS = {
    "number": _numbers,
    "date": _of_kind("date", "date"),
    "name": _names,
    "place": _of_kind("place", "place"),
    "set": _lists,
    "yes_no": _yes_or_no,
    "quote": _of_kind("quotation", "quote"),
}
