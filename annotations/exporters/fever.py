"""FEVER's JSON Lines: claims.jsonl, pages.jsonl with the sentences of the articles that evidence points into, and
predictions.jsonl, which says the same as FEVER's scorer takes it from who is measured.

A passage becomes whole sentences, by their numbers; a page of Wikipedia that came from FEVER keeps its name and the
number. Other sources have no place.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import orjson

from .archive import archive
from .claims_as_dataset import FIRST_FREE_ID, SentencePlaces, about, has_details, items_in_order, word_for, words_of
from .corpus import Corpus, Row
from .losses import Losses
from .sentences import sentences_of

SCHEME = "fever"
CARRIES = frozenset({"claims", "evidence", "verdicts", "sentences"})
MOST_IN_MEMORY = 1024 * 1024
PREDICTIONS = "predictions.jsonl"
"""The scorer counts the first five sentences of a claim only."""
NOTHING_FOUND = "NOT ENOUGH INFO"


def write(corpus: Corpus, write_bytes: Callable[[bytes], None]) -> None:
    """Write the archive: the pages first, whose sentences the claims name."""
    words = words_of(corpus.header(), SCHEME)
    places = SentencePlaces()
    with archive(write_bytes) as made:
        with made.member("pages.jsonl") as write_lines:
            for article in corpus.articles():
                write_lines(orjson.dumps(_page(article, places)) + b"\n")
        with tempfile.SpooledTemporaryFile(MOST_IN_MEMORY) as predictions:
            with made.member("claims.jsonl") as write_lines:
                ids = count(FIRST_FREE_ID)
                for claim in corpus.claims():
                    row = _claim(claim, next(ids), words, places, corpus.losses)
                    write_lines(orjson.dumps(row) + b"\n")
                    if "label" in row:
                        predictions.write(orjson.dumps(_prediction(row)) + b"\n")
            if predictions.tell():
                predictions.seek(0)
                with made.member(PREDICTIONS) as write_lines:
                    for lines in iter(lambda: predictions.read(MOST_IN_MEMORY), b""):
                        write_lines(lines)


def _page(article: Row, places: SentencePlaces) -> Row:
    text = article.get("text", "")
    spans, _by = sentences_of(article)
    places.add(article["external_id"], spans)
    lines = "\n".join(f"{n}\t{_in_one_line(span.text_of(text))}" for n, span in enumerate(spans))
    return {"id": article["external_id"], "text": text, "lines": lines, "title": article["title"]}


def _in_one_line(words: str) -> str:
    return words.replace("\n", " ").replace("\t", " ")


def _claim(claim: Row, number: int, words: dict[str, str], places: SentencePlaces, losses: Losses) -> Row:
    known = about(claim, SCHEME)
    word, rationale = word_for(claim, words, losses)
    losses.lose("details", bool(rationale or claim["claimant"] or claim["claim_date"] or has_details(claim)))
    without_page = [row for row in known.get("without_page") or [] if isinstance(row, list) and len(row) == 3]
    sets = [
        [*_items(items, places, losses), *([row[1], row[2], None, None] for row in without_page if row[0] == n)]
        for n, items in items_in_order(claim, SCHEME)
    ]
    evidence: list[Any] = [items for items in sets if items]
    if word == NOTHING_FOUND and not evidence:
        evidence = [[[None, None, None, None]]]
    label: Row = {"verifiable": "NOT VERIFIABLE" if word == NOTHING_FOUND else "VERIFIABLE", "label": word}
    own_id = known["id"] if isinstance(known.get("id"), int) else number
    return {"id": own_id, **(label if word else {}), "claim": claim["text"], "evidence": evidence}


def _prediction(claim: Row) -> Row:
    """Return what a claim that has a verdict says as the scorer takes it: each sentence once, in the order of the sets.

    >>> _prediction({"id": 1, "label": "REFUTES", "evidence": [[[None, None, "a", 1], [None, None, "b", 2]]]})
    {'id': 1, 'predicted_label': 'REFUTES', 'predicted_evidence': [['a', 1], ['b', 2]]}
    """
    named = [(item[2], item[3]) for items in claim["evidence"] for item in items if None not in item[2:]]
    cited = [[page, sentence] for page, sentence in dict.fromkeys(named)]
    return {"id": claim["id"], "predicted_label": claim["label"], "predicted_evidence": cited}


def _items(items: list[Row], places: SentencePlaces, losses: Losses) -> Iterator[list[Any]]:
    for row in items:
        known = about(row, SCHEME)
        losses.lose("details", bool(row["quote"] or row["note"] or row.get("question")))
        ids = [known.get("annotation_id"), known.get("evidence_id")]
        if row.get("passage"):
            numbers, is_wider = places.numbers(row["passage"])
            losses.lose("widened", is_wider)
            losses.lose("evidence", not numbers)
            yield from ([*ids, row["passage"]["article"], n] for n in numbers)
        elif "page" in known:
            yield [*ids, known["page"], known.get("sentence")]
        else:
            losses.lose("evidence")
