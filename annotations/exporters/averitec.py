"""AVeriTeC's JSON: a list of claims, evidence as answers. Evidence that answers no question, and articles, are lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import orjson

from .claims_as_dataset import about, items_in_order, word_for, words_of
from .corpus import Corpus, Row
from .losses import Losses

SCHEME = "averitec"
CARRIES = frozenset({"claims", "evidence", "verdicts"})
_FIELDS = (
    "required_reannotation",
    "claim_date",
    "original_claim_url",
    "cached_original_claim_url",
    "fact_checking_article",
    "reporting_source",
    "location_ISO_code",
    "claim_types",
    "fact_checking_strategies",
)


def write(corpus: Corpus, write_bytes: Callable[[bytes], None]) -> None:
    """Write the list of claims."""
    words = words_of(corpus.header(), SCHEME)
    for _article in corpus.articles():
        corpus.losses.lose("articles")
    write_bytes(b"[")
    for n, claim in enumerate(corpus.claims()):
        write_bytes((b",\n" if n else b"\n") + orjson.dumps(_claim(claim, words, corpus.losses)))
    write_bytes(b"\n]\n")


def _claim(claim: Row, words: dict[str, str], losses: Losses) -> Row:
    known = about(claim, SCHEME)
    word, rationale = word_for(claim, words, losses)
    day = date.fromisoformat(claim["claim_date"]) if claim["claim_date"] else None
    stated = {
        name: known.get(name, [] if name.startswith(("claim_types", "fact_checking_s")) else None) for name in _FIELDS
    }
    return {
        "claim": claim["text"],
        **stated,
        "required_reannotation": bool(known.get("required_reannotation")),
        "claim_date": f"{day.day}-{day.month}-{day.year}" if day else known.get("claim_date"),
        "speaker": known.get("speaker") or claim["claimant"] or None,
        "label": word,
        "justification": rationale,
        "questions": _questions(claim, losses),
    }


def _questions(claim: Row, losses: Losses) -> list[Row]:
    asked: dict[str, list[Row]] = {}
    sets = [(n, items) for n, items in items_in_order(claim, SCHEME) if items]
    losses.lose("details", len(sets) > 1)
    for _n, items in sets:
        for row in items:
            if not row.get("question"):
                losses.lose("evidence")
                continue
            losses.lose("details", bool(row["note"] or row.get("passage") or row["title"]))
            answers = asked.setdefault(row["question"], [])
            if row["quote"] or row["url"] or "answer_type" in about(row, SCHEME):
                answers.append(_answer(row))
    return [{"question": question, "answers": answers} for question, answers in asked.items()]


def _answer(row: Row) -> Row:
    known = {name: value for name, value in about(row, SCHEME).items() if name not in ("question", "answer", "words")}
    return {"answer": row["quote"], "source_url": row["url"] or None, "answer_type": "Abstractive"} | known
