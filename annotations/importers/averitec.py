"""AVeriTeC's JSON: claims with questions and answers, an answer being evidence that was asked for.

An answer without an address (nothing was found, or a person was asked) is an enquiry.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from annotations.importers.claims_in_file import address, claim_record, key_of, rest_of, rows_of, verdict
from annotations.importers.fields import Place
from annotations.importers.opening import InputFile
from annotations.importers.records import Problem, Record
from annotations.text.claim_types import AVERITEC

SCHEME = "averitec"
WORDS = ("Supported", "Refuted", "Not Enough Evidence", "Conflicting Evidence/Cherrypicking")
_CLAIM_FIELDS = ("claim", "label", "justification", "speaker", "questions")
_ANSWER_FIELDS = ("answer", "source_url")
_DATE = re.compile(r"(\d{1,2})-(\d{1,2})-(\d{4})")
_QUESTIONS = re.compile(rb'"questions"\s*:\s*\[\s*(?:\]|\{\s*"(?:question|answers)"\s*:)')
_CLAIM = re.compile(rb'"(?:claim|fact_checking_strategies|cached_original_claim_url)"\s*:')
CLAIMANT_LENGTH = 300
_TYPES = {word: ours for ours, word in AVERITEC.items()}
Row = dict[str, Any]


def looks_like(source: InputFile) -> bool:
    """Say whether a file begins with a claim of AVeriTeC."""
    head = source.head.removeprefix(b"\xef\xbb\xbf").lstrip()
    is_list = head[:1] in (b"[", b"{")
    return is_list and bool(_CLAIM.search(head[:20_000])) and bool(_QUESTIONS.search(head))


def read(source: InputFile) -> Iterator[Record]:
    """Yield the claims of a file."""
    for row in rows_of(source):
        if isinstance(row, Problem):
            yield row
            continue
        given, item = row
        yield from _claim(given, Place(source.name, item.line, source.path))


def _claim(given: Row, place: Place) -> Iterator[Record]:
    names = ("claim", "claim_date", "original_claim_url", "fact_checking_article")
    key = key_of(SCHEME, *(given.get(name) for name in names))
    about = rest_of(given, _CLAIM_FIELDS)
    day = parse_day(given.get("claim_date"))
    if day is not None:
        about.pop("claim_date")
    elif "claim_date" in about:
        place.remark("claim_date", about["claim_date"], _("This is not a date such as 5-10-2020; kept as metadata."))
    speaker = given.get("speaker")
    claimant = speaker.strip() if isinstance(speaker, str) else ""
    if len(claimant) > CLAIMANT_LENGTH or (speaker is not None and not isinstance(speaker, str)):
        about["speaker"] = speaker
    kinds = _types(given.get("claim_types"))
    if len(kinds) == 1 and kinds[0]:
        about.pop("claim_types")
    items = _items(given.get("questions"), key, place)
    word = given.get("label")
    reason = given.get("justification")
    more = {"rationale": reason if isinstance(reason, str) else "", "evidence_sets": [1] if items else []}
    yield from claim_record(
        {
            "key": key,
            "text": given.get("claim"),
            "claimant": claimant[:CLAIMANT_LENGTH],
            "claim_date": day.isoformat() if day else None,
            "claim_type": next(filter(None, kinds), ""),
            "metadata": {SCHEME: about} if about else {},
            "evidence_sets": [{"n": 1, "items": items}],
            "verdicts": verdict(SCHEME, word, WORDS, key, place, **more),
        },
        place,
    )


def _types(listed: Any) -> list[str | None]:
    """Return ours for each type that is listed, None for one that we do not have."""
    if not isinstance(listed, list) or not all(isinstance(each, str) for each in listed):
        return []
    return [_TYPES.get(word) for word in listed]


def parse_day(written: Any) -> date | None:
    """Return a date written as day, month, year, with or without zeros.

    >>> parse_day("5-10-2020"), parse_day("31-2-2020")
    (datetime.date(2020, 10, 5), None)
    """
    found = _DATE.fullmatch(written.strip()) if isinstance(written, str) else None
    if found is None:
        return None
    day, month, year = map(int, found.groups())
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _items(questions: Any, claim: str, place: Place) -> list[Row]:
    """Return an item for each answer, and for each question that nobody has answered."""
    if questions is None:
        return []
    if not isinstance(questions, list) or not all(isinstance(each, dict) for each in questions):
        place.remark("questions", questions, _("This is not a list of objects."))
        return []
    items: list[Row] = []
    for n, asked in enumerate(questions, start=1):
        question = asked.get("question")
        answers = asked.get("answers")
        listed = answers if isinstance(answers, list) and answers else [{}]
        for m, answer in enumerate(listed, start=1):
            if not isinstance(question, str) or not question.strip() or not isinstance(answer, dict):
                place.remark("questions", asked, _("A question has a text and a list of answers."))
                continue
            about = rest_of(asked, ("question", "answers")) | {"question": n, "answer": m}
            items.append(_item(question, answer, about, key_of("evidence", claim, n, m)))
    return items


def _item(question: str, answer: Row, about: Row, key: str) -> Row:
    words, written = answer.get("answer"), answer.get("source_url")
    url = address(written)
    about = about | rest_of(answer, _ANSWER_FIELDS)
    if written and not url:
        about["source_url"] = written
    if words not in (None, "") and not isinstance(words, str):
        about["words"] = words
    return {
        "key": key,
        "url": url,
        "stance": "neutral",
        "question": question,
        "quote": words if isinstance(words, str) else "",
        "metadata": {SCHEME: about},
    }
