"""AVeriTeC's JSON: a list of claims, evidence as answers. Evidence that answers no question, and articles, are lost.

What a claim from elsewhere does not state is taken from the article it was met in first: address and publisher.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from itertools import islice

import orjson

from annotations.text.claim_types import AVERITEC
from annotations.text.urls import is_name_of_its_own

from .claims_as_dataset import about, items_in_order, word_for, words_of
from .corpus import Corpus, Row
from .losses import Losses

SCHEME = "averitec"
CARRIES = frozenset({"claims", "evidence", "verdicts"})
AT_ONCE = 500
"""So many claims are asked at once where they were met."""
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
    addresses: dict[str, str] = {}
    for article in corpus.articles():
        corpus.losses.lose("articles")
        if article["url"]:
            addresses[article["external_id"]] = article["url"]
    write_bytes(b"[")
    n = 0
    claims = corpus.claims()
    while some := list(islice(claims, AT_ONCE)):
        met = corpus.for_readers([claim["key"] for claim in some])
        for claim in some:
            written = _claim(claim, words, addresses, corpus.losses)
            if claim["key"] in met and met[claim["key"]].appearances:
                written |= _met_in(met[claim["key"]].appearances[0], written)
            write_bytes((b",\n" if n else b"\n") + orjson.dumps(written))
            n += 1
    write_bytes(b"\n]\n")


def _met_in(appearance: Row, written: Row) -> Row:
    """Return what the article that a claim was met in first says, where the claim itself does not."""
    stated = {"original_claim_url": appearance["url"] or None, "reporting_source": appearance["publisher"]}
    return {name: value for name, value in stated.items() if value and written[name] is None}


def _claim(claim: Row, words: dict[str, str], addresses: dict[str, str], losses: Losses) -> Row:
    known = about(claim, SCHEME)
    word, rationale = word_for(claim, words, losses)
    day = date.fromisoformat(claim["claim_date"]) if claim["claim_date"] else None
    stated = {
        name: known.get(name, [] if name.startswith(("claim_types", "fact_checking_s")) else None) for name in _FIELDS
    }
    losses.lose("details", any(claim.get(name) for name in ("check_worthiness", "evidence_cutoff")))
    return {
        "claim": claim["text"],
        **stated,
        "claim_types": _types(claim, stated["claim_types"], losses),
        "required_reannotation": bool(known.get("required_reannotation")),
        "claim_date": f"{day.day}-{day.month}-{day.year}" if day else known.get("claim_date"),
        "speaker": known.get("speaker") or claim["claimant"] or None,
        "label": word,
        "justification": rationale,
        "questions": _questions(claim, addresses, losses),
    }


def _types(claim: Row, listed: object, losses: Losses) -> object:
    """Return the types that a file listed where the claim's is among them, else the claim's."""
    ours = claim.get("claim_type")
    if not ours:
        return listed
    word = AVERITEC.get(ours)
    losses.lose("details", word is None)
    if isinstance(listed, list) and word in listed:
        return listed
    return [word] if word else []


def _questions(claim: Row, addresses: dict[str, str], losses: Losses) -> list[Row]:
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
            if row["quote"] or row["url"] or row.get("passage") or "answer_type" in about(row, SCHEME):
                answers.append(_answer(row, addresses))
    return [{"question": question, "answers": answers} for question, answers in asked.items()]


def _answer(row: Row, addresses: dict[str, str]) -> Row:
    """Return an answer; words that stand in an article or a capture are an extract of it."""
    known = {name: value for name, value in about(row, SCHEME).items() if name not in ("question", "answer", "words")}
    passage = row.get("passage")
    address = "" if is_name_of_its_own(row["url"]) else row["url"]
    url = address or (addresses.get(passage.get("article", "")) if passage else None)
    kind = "Extractive" if passage else "Abstractive"
    return {"answer": row["quote"], "source_url": url or None, "answer_type": kind} | known
