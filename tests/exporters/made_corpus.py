"""Records of an export made by hand: what a writer gets, without a database behind it."""

from __future__ import annotations

import string
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from annotations.exporters.formats import WRITERS
from annotations.exporters.losses import Losses

Row = dict[str, Any]
DAY = "2024-03-18T08:14:52.000000Z"
LABELS = {
    "claim": ("Claim", "span"),
    "b_per": ("B PER", "span"),
    "topic": ("Weather", "article"),
    "says": ("says", "relation"),
}


class MadeCorpus:
    """What `Corpus` gives a writer, from rows that a test states."""

    def __init__(self, losses: Losses, articles: list[Row], claims: list[Row], scale: Row | None = None) -> None:
        self.losses = losses
        self._articles, self._claims, self._scale = articles, claims, scale

    def header(self) -> Row:
        labels = [{"key": key, "name": name, "applies_to": kind} for key, (name, kind) in LABELS.items()]
        return {
            "type": "corpus",
            "project": {"slug": "river", "name": "River"},
            "label_set": {"name": "News", "version": 1, "labels": labels, "former_labels": []},
            "verdict_scale": self._scale,
        }

    def articles(self) -> Iterator[Row]:
        for row in self._articles:
            self.losses.meet_article(row)
            yield row

    def sources(self) -> Iterator[Row]:
        yield from ()

    def for_readers(self, keys: list[str]) -> dict[str, Any]:
        return {}

    def shared_passages(self) -> list[Any]:
        return []

    def claims(self) -> Iterator[Row]:
        for row in self._claims:
            self.losses.meet_claim(row)
            yield row


def written(name: str, *articles: Row, claims: tuple[Row, ...] = (), scale: Row | None = None) -> tuple[bytes, Row]:
    """Return the file of a format and what it says it lost."""
    chosen = WRITERS[name]
    losses = Losses(chosen.carries)
    parts: list[bytes] = []
    chosen.write(MadeCorpus(losses, list(articles), list(claims), scale), parts.append)  # type: ignore[arg-type]
    return b"".join(parts), losses.as_dict()


def article(text: str, external_id: str = "a-1", **fields: Any) -> Row:
    return {
        "type": "article",
        "external_id": external_id,
        "title": "Rain",
        "publisher": None,
        "published_at": None,
        "posted_at": None,
        "url": "",
        "language": None,
        "direction": "ltr",
        "metadata": {},
        "text": text,
        "version": 1,
        "regions": [],
        "links": [],
        "assignments": [],
        "annotations": [],
    } | fields


def judgement(key: int, annotator: str = "ada", **fields: Any) -> Row:
    return {
        "key": f"00000000-0000-4000-8000-{key:012d}",
        "annotator": annotator,
        "layer": "imported",
        "note": "",
        "attributes": {},
        "version": 1,
        "created_at": DAY,
        "updated_at": DAY,
        "withdrawn_at": None,
    } | fields


def annotation(text: str, key: int, start: int, end: int, label: str = "claim", **fields: Any) -> Row:
    made = judgement(key, **fields) | {"start": start, "end": end, "quote": text[start:end], "label": label}
    return {"prefix": "", "suffix": "", "confidence": None} | made


ALPHABET = st.one_of(
    st.sampled_from(list("aé ß„“\n\u0301\u200d😀👩🇺🇦אش٣\u2028\u00a0[]….")),
    st.characters(codec="utf-8", exclude_categories=["Cc"]),  # a file that is full of these is taken for binary
)
TEXTS = st.text(ALPHABET, min_size=3, max_size=60).filter(str.strip)


@st.composite
def articles(draw: st.DrawFn, *, with_relations: bool = True) -> list[Row]:
    """Draw articles with overlapping spans by two annotators, relations between them, labels on the whole."""
    found = []
    for number in range(draw(st.integers(1, 3))):
        text = draw(TEXTS)
        spans = [_drawn_span(draw, text, n) for n in range(draw(st.integers(0, 4)))]
        name = draw(st.text(string.ascii_letters, min_size=1, max_size=3))
        row = article(text, f"{name}-{number}", annotations=spans)
        if with_relations and len(spans) > 1 and spans[0]["annotator"] == spans[1]["annotator"]:
            ends = {"from": spans[0]["key"], "to": spans[1]["key"], "label": "says"}
            row["relations"] = [judgement(90, spans[0]["annotator"], **ends)]
        if draw(st.booleans()):
            row["article_labels"] = [
                judgement(91, draw(st.sampled_from(["ada", "ben"])), label="topic", confidence=None)
            ]
        found.append(row)
    return found


def _drawn_span(draw: st.DrawFn, text: str, number: int) -> Row:
    start = draw(st.integers(0, len(text) - 1))
    end = draw(st.integers(start + 1, len(text)))
    label = draw(st.sampled_from(["claim", "b_per"]))
    return annotation(text, number, start, end, label, annotator=draw(st.sampled_from(["ada", "ben"])))


def told(row: Row) -> set[tuple[Any, ...]]:
    """Return what a row says of its text, keys of annotations replaced by their places."""
    names = {key: name for key, (name, _kind) in LABELS.items()}
    places = {each["key"]: (each["start"], each["end"]) for each in row["annotations"]}

    def label(each: Row) -> str:
        return each.get("label_name") or names[each["label"]]

    spans = {(*places[each["key"]], label(each), each["annotator"]) for each in row["annotations"]}
    links = {(places[each["from"]], places[each["to"]], label(each)) for each in row.get("relations", ())}
    return spans | links | {(label(each), each["annotator"]) for each in row.get("article_labels", ())}


# Claims

SCALE = {
    "name": "Four values",
    "version": 1,
    "values": [
        {"key": "supported", "maps": {"fever": "SUPPORTS", "averitec": "Supported", "scifact": "SUPPORT"}},
        {"key": "refuted", "maps": {"fever": "REFUTES", "averitec": "Refuted", "scifact": "CONTRADICT"}},
        {"key": "not_enough_evidence", "maps": {"fever": "NOT ENOUGH INFO", "averitec": "Not Enough Evidence"}},
        {"key": "conflicting_evidence", "maps": {"averitec": "Conflicting Evidence/Cherrypicking"}},
    ],
}


def as_exported(data: Row) -> Row:
    """Return a claim as a reader gives it with the fields that an export would have."""
    blank = judgement(0, "ada")
    return {
        **blank,
        "claimant": "",
        "claim_date": None,
        "mentions": [],
        **data,
        "evidence_sets": [
            {"n": each["n"], "items": [{**blank, "url": "", "title": "", "quote": "", **row} for row in each["items"]]}
            for each in data["evidence_sets"]
        ],
        "verdicts": [
            {**blank, "rationale": "", "supersedes": None, **row, "value": _key_for(row)} for row in data["verdicts"]
        ],
    }


def _key_for(row: Row) -> str:
    if "scheme" not in row:
        return str(row["value"])
    return next(value["key"] for value in SCALE["values"] if value["maps"].get(row["scheme"]) == row["value"])  # type: ignore[attr-defined]
