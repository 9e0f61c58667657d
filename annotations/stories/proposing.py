"""What articles say to a question, read from their texts: what is of its kind, in sentences with its cue words.

By the rules of the article's language; for one without rules nothing is proposed. A person looks at every answer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from annotations.models import AccountRow, Article, ArticleVersion, Region, Statement
from annotations.suggesters import rules
from annotations.text.accounts import Value, value_of
from annotations.text.sentences import split_sentences
from annotations.text.spans import Span
from annotations.text.words import words
from annotations.workflow.answering import MAX_STATEMENT, NewStatement, Proposed

from .english import ENGLISH, LEAST_ITEMS
from .german import GERMAN
from .rules import Rules, shifted

RULES = "claim-workbench/accounts 2"
MOST_PROPOSED = 2
"""Statements of one article, those in the sentences with most cue words."""
LEAST_CUE_INSIDE = 5
"""Letters of a cue word that is looked for inside of longer words too."""
LANGUAGES = {"en": ENGLISH, "de": GERMAN}
"""The languages that have rules, by the first part of their tags. A text whose language nobody knows is read "
"as English."""


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


def rules_for(language: str) -> Rules | None:
    """Return the rules for a language tag, or None where there are none.

    >>> rules_for("de-AT") is GERMAN, rules_for("") is ENGLISH, rules_for("ar")
    (True, True, None)
    """
    return LANGUAGES.get(language.partition("-")[0].casefold()) if language else ENGLISH


def language_of(article: Article, project_language: str) -> str:
    """Return the language that an article is read in: its own, else that of the project."""
    return article.language or project_language


def without_rules(articles: Iterable[Article], project_language: str) -> dict[str, int]:
    """Return the languages for which there are no rules, with how many articles are in each."""
    languages = Counter(language_of(article, project_language) for article in articles)
    return {language: n for language, n in sorted(languages.items()) if rules_for(language) is None}


def propose_answers(row: AccountRow, articles: Iterable[Article], project_language: str = "") -> Iterator[Proposed]:
    """Yield what articles, with their present texts, say to a question; 1 query."""
    read = [
        (each.current_version, by_rules)
        for each in articles
        if each.current_version is not None and (by_rules := rules_for(language_of(each, project_language))) is not None
    ]
    excerpts: dict[int, list[Excerpt]] = {}
    left_out: dict[int, list[Span]] = {}
    zones = Region.objects.filter(version__in=[version.pk for version, _rules in read], withdrawn_at__isnull=True)
    for pk, kind, start, end, publisher in zones.values_list("version_id", "kind", "start", "end", "publisher__name"):
        if kind == Region.Kind.EXCERPT:
            excerpts.setdefault(pk, []).append(Excerpt(Span(start, end), publisher or ""))
        elif kind in rules.LEFT_OUT and kind != Region.Kind.HEADLINE:
            left_out.setdefault(pk, []).append(Span(start, end))
    for version, by_rules in read:
        cues = cues_of(row.cues or row.text, by_rules)
        found = read_text(row.kind, cues, version.text, left_out.get(version.pk, []), by_rules)
        if found:
            yield _proposed(row.kind, version, found, excerpts.get(version.pk, []), by_rules)


def cues_of(text: str, by_rules: Rules = ENGLISH) -> list[str]:
    """Return the stems of the words by which a question's sentences are known.

    >>> cues_of("How many people were detained?"), cues_of("letter, sent")
    (['detain'], ['letter', 'sent'])
    >>> cues_of("Wie viele Menschen wurden festgenommen?", GERMAN)
    ['festgenomm']
    """
    found = [word.folded for word in words(text) if word.folded not in by_rules.no_cues]
    return list(dict.fromkeys(by_rules.endings.sub("", each) if len(each) > 5 else each for each in found))


def read_text(
    kind: str, cues: Sequence[str], text: str, left_out: Sequence[Span] = (), by_rules: Rules = ENGLISH
) -> list[Found]:
    """Return what a text says to a question: at most two different values, from sentences with most cue words. Pure.

    >>> text = "The letter was long. Fourteen mayors signed it, the paper said. It has not been sent."
    >>> [each.span.text_of(text) for each in read_text("number", ["sign"], text)]
    ['Fourteen mayors']
    >>> [(each.value, each.span.text_of(text)) for each in read_text("yes_no", ["sent"], text)]
    [({'yes': False}, 'It has not been sent.')]
    >>> text = "Der Brief ist lang. Unterzeichnet haben ihn 14 Bürgermeister."
    >>> [each.span.text_of(text) for each in read_text("number", ["unterzeich"], text, by_rules=GERMAN)]
    ['14 Bürgermeister']
    """
    found: list[Found] = []
    for sentence, n_cues in _sentences(text, cues, left_out, by_rules, neighbours=kind == AccountRow.Kind.SET):
        for span, value in _read(kind, text, sentence, by_rules):
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
    text: str, cues: Sequence[str], left_out: Sequence[Span], by_rules: Rules, *, neighbours: bool
) -> Iterator[tuple[Span, int]]:
    """Yield the sentences with cue words and how many they have; with `neighbours` also those beside one."""
    all_of_it = [
        each
        for each in split_sentences(text)
        if not any(zone.start < each.end and each.start < zone.end for zone in left_out)
    ]
    counts = []
    for each in all_of_it:
        there = {word.folded for word in words(text, each.start, each.end)}
        counts.append(sum(1 for cue in cues if any(_is_cue(cue, word, by_rules) for word in there)))
    for n, (sentence, count) in enumerate(zip(all_of_it, counts, strict=True)):
        if neighbours:
            count = max(counts[max(0, n - 2) : n + 3])
        if count:
            yield sentence, count


def _is_cue(cue: str, word: str, by_rules: Rules) -> bool:
    if by_rules.joins_words and len(cue) >= LEAST_CUE_INSIDE:
        return cue in word
    return word.startswith(cue)


def _proposed(
    kind: str, version: ArticleVersion, found: Sequence[Found], excerpts: Sequence[Excerpt], by_rules: Rules
) -> Proposed:
    statements = []
    for each in found:
        voice, said_by = _voice(version.text, each, excerpts, by_rules)
        words_there = each.span.text_of(version.text)
        text = ", ".join(each.value["items"]) if "items" in each.value else words_there
        if kind == AccountRow.Kind.YES_NO:  # what the sentence says stands at its passage
            yes, no, open_ = by_rules.answers
            text = (yes if each.value["yes"] else no) if "yes" in each.value else open_
        sent = NewStatement(text[:MAX_STATEMENT], voice=voice, said_by=said_by)
        statements.append((sent, each.span, each.value))
    return Proposed(version.article_id, version, tuple(statements))


def _voice(text: str, found: Found, excerpts: Sequence[Excerpt], by_rules: Rules) -> tuple[str, str]:
    """Say whose voice it is: an excerpt's, a source's whom the sentence names, else the article's own."""
    for excerpt in excerpts:
        if excerpt.span.start <= found.span.start < excerpt.span.end:
            return Statement.Voice.EXCERPT, excerpt.publisher
    speaker = by_rules.speaker(plain_spaces(text[found.sentence.start : found.sentence.end]))
    return (Statement.Voice.OWN, "") if speaker is None else (Statement.Voice.SOURCE, speaker[:200])


def _read(kind: str, text: str, sentence: Span, by_rules: Rules) -> Iterator[tuple[Span, Value]]:
    """Yield what is of a kind in one sentence."""
    part = plain_spaces(sentence.text_of(text))
    if kind == AccountRow.Kind.YES_NO:
        yield sentence, {} if by_rules.is_open.search(part) else {"yes": not by_rules.negated.search(part)}
        return
    for span in shifted(by_rules.find[kind](part), sentence):
        value = value_of(kind, part[span.start - sentence.start : span.end - sentence.start].strip('“”„"«»'))
        if kind == "number" and not value:
            continue
        if kind == "set" and len(value.get("items", ())) < LEAST_ITEMS:
            continue
        yield span, value


def plain_spaces(part: str) -> str:
    """Return words with plain spaces for the unbroken ones, so that the rules need to know one only; as long as before.

    >>> plain_spaces("14\u00a0Tage")
    '14 Tage'
    """
    return part.translate(_SPACES)


_SPACES = {0xA0: " ", 0x202F: " ", 0x2009: " "}
