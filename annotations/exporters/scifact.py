"""SciFact's JSON Lines: corpus.jsonl with the articles sentence by sentence, and claims.jsonl.

Evidence are passages, widened to whole sentences, for (SUPPORT) or against (CONTRADICT) a claim. SciFact has no verdict
of its own: it is what all the evidence says, so another one is lost.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from itertools import count

import orjson

from .archive import archive
from .claims_as_dataset import FIRST_FREE_ID, SentencePlaces, about, has_details, items_in_order, word_for, words_of
from .corpus import Corpus, Row
from .losses import Losses
from .sentences import sentences_of

SCHEME = "scifact"
CARRIES = frozenset({"claims", "evidence", "verdicts", "sentences"})
LABELS = {"supports": "SUPPORT", "refutes": "CONTRADICT"}


def write(corpus: Corpus, write_bytes: Callable[[bytes], None]) -> None:
    """Write the archive: the abstracts first, whose numbers the claims name."""
    words = words_of(corpus.header(), SCHEME)
    places = SentencePlaces()
    documents: dict[str, int] = {}
    with archive(write_bytes) as made:
        with made.member("corpus.jsonl") as write_lines:
            for n, article in enumerate(corpus.articles(), start=FIRST_FREE_ID):
                known = about(article, SCHEME).get("doc_id")
                documents[article["external_id"]] = known if isinstance(known, int) else n
                write_lines(orjson.dumps(_document(article, documents, places)) + b"\n")
        with made.member("claims.jsonl") as write_lines:
            ids = count(FIRST_FREE_ID)
            for claim in corpus.claims():
                made_claim = _Claim(claim, words, places, documents, corpus.losses)
                write_lines(orjson.dumps(made_claim.written(next(ids))) + b"\n")


def _document(article: Row, documents: dict[str, int], places: SentencePlaces) -> Row:
    name, text = article["external_id"], article.get("text", "")
    spans, _by = sentences_of(article)
    places.add(name, spans)
    structured = about(article, SCHEME).get("structured")
    return {
        "doc_id": documents[name],
        "title": article["title"],
        "abstract": [span.text_of(text) for span in spans],
        "structured": structured if isinstance(structured, bool) else False,
        "external_id": name,
        "text": text,
    }


class _Claim:
    """One claim on its way out."""

    def __init__(
        self, claim: Row, words: dict[str, str], places: SentencePlaces, documents: dict[str, int], losses: Losses
    ) -> None:
        self._claim = claim
        self._words = words
        self._places = places
        self._documents = documents
        self._losses = losses

    def written(self, number: int) -> Row:
        known = about(self._claim, SCHEME)
        evidence: dict[str, list[Row]] = defaultdict(list)
        for _n, items in items_in_order(self._claim, SCHEME):
            for document, label, sentences in self._entries(items):
                evidence[str(document)].append({"sentences": sentences, "label": label})
        self._lose_verdict({entry["label"] for entries in evidence.values() for entry in entries})
        self._losses.lose(
            "details", bool(self._claim["claimant"] or self._claim["claim_date"] or has_details(self._claim))
        )
        cited = known.get("cited_doc_ids")
        return {
            "id": known["id"] if isinstance(known.get("id"), int) else number,
            "claim": self._claim["text"],
            "evidence": evidence,
            "cited_doc_ids": cited if isinstance(cited, list) else sorted(map(int, evidence)),
        }

    def _entries(self, items: list[Row]) -> list[tuple[int, str, list[int]]]:
        """Return what a set says as (abstract, label, sentences); a set over several abstracts is divided."""
        found: dict[tuple[int, str], set[int]] = defaultdict(set)
        for row in items:
            self._losses.lose("details", bool(row["quote"] or row["note"] or row.get("question")))
            label = LABELS.get(row["stance"])
            passage = row.get("passage")
            numbers, is_wider = self._places.numbers(passage) if passage else ([], False)
            self._losses.lose("widened", is_wider)
            if label is None or not numbers or passage is None:
                self._losses.lose("evidence")
            else:
                found[self._documents[passage["article"]], label].update(numbers)
        return [(document, label, sorted(numbers)) for (document, label), numbers in sorted(found.items())]

    def _lose_verdict(self, labels: set[str]) -> None:
        word, rationale = word_for(self._claim, self._words, self._losses)
        self._losses.lose("verdicts", word is not None and labels != {word})
        self._losses.lose("details", bool(rationale))
