"""Claims and shared passages as Web Annotations: evidence and passages are linking, verdicts are assessing.

A claim has no text that it stands in: its words go with each annotation under our own prefix, so that they can be read
again. Of several verdicts the standing one is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import quote as quoted

from annotations.workflow.judging import CLAIM_DETAILS

from .claims_as_dataset import in_present_text, standing_verdict
from .corpus import Corpus, Row
from .passim import uid

OURS = "urn:claim-workbench:"


def claim_annotations(corpus: Corpus, iris: Mapping[str, str]) -> Iterator[Row]:
    """Yield the annotations for the evidence and the verdict of each claim; `iris` are those of articles, by id."""
    values = _names_of_values(corpus.header())
    for claim in corpus.claims():
        about = {
            name: claim[name] for name in ("key", "text", "claimant", "claim_date", *CLAIM_DETAILS) if claim.get(name)
        }
        n_before = 0
        for each in claim["evidence_sets"]:
            for item in each["items"]:
                target = _target(item, iris)
                corpus.losses.lose("evidence", target is None)
                if target is not None:
                    n_before += 1
                    corpus.losses.lose("details", bool(item["title"] or item.get("question") or item.get("metadata")))
                    yield _evidence(item, each["n"], target, about)
        verdict = standing_verdict(claim, corpus.losses)
        if verdict is not None:
            yield _verdict(verdict, values[verdict["value"]], about)
        corpus.losses.lose("claims", not n_before and verdict is None)
        corpus.losses.lose("details", bool(claim.get("metadata")))


def passage_annotations(corpus: Corpus, iris: Mapping[str, str]) -> Iterator[Row]:
    """Yield a linking annotation from the first place of each shared passage to each further one."""
    for shared in corpus.shared_passages():
        (first, span), *others = shared.places
        for article, other in others:
            yield {
                "id": f"{OURS}passage:{uid(first, span)}-{uid(article, other)}",
                "type": "Annotation",
                "motivation": "linking",
                "body": [_place(article, other.start, other.end, iris) | {"purpose": "linking"}],
                "target": _place(first, span.start, span.end, iris),
            }


def _names_of_values(header: Row) -> dict[str, str]:
    scale = header["verdict_scale"] or {}
    return {row["key"]: row["name"] for row in (*scale.get("former_values", ()), *scale.get("values", ()))}


def _target(item: Row, iris: Mapping[str, str]) -> Row | str | None:
    passage = item.get("passage")
    if passage and in_present_text(passage) and passage["article"] in iris:
        return _place(passage["article"], passage["start"], passage["end"], iris, item["quote"])
    return item["url"] or None


def _place(article: str, start: int, end: int, iris: Mapping[str, str], exact: str = "") -> Row:
    quote = [{"type": "TextQuoteSelector", "exact": exact}] if exact else []
    return {
        "type": "SpecificResource",
        "source": iris[article],
        "selector": [*quote, {"type": "TextPositionSelector", "start": start, "end": end}],
        "workbench:article": article,
    }


def _annotation(row: Row, motivation: str, bodies: list[Row], about: Row) -> Row:
    made: Row = {
        "id": f"urn:uuid:{row['key']}",
        "type": "Annotation",
        "motivation": motivation,
        "created": row["created_at"],
        "modified": row["updated_at"],
        "body": bodies,
        "workbench:claim": about,
    }
    if row["annotator"]:
        name = row["annotator"]
        made["creator"] = {"id": f"{OURS}annotator:{quoted(name, safe='')}", "type": "Person", "nickname": name}
    return made


def _evidence(item: Row, n: int, target: Row | str, about: Row) -> Row:
    claim = {"type": "SpecificResource", "source": f"urn:uuid:{about['key']}", "purpose": "linking"}
    bodies = [claim, *([_text(item["note"], "commenting")] if item["note"] else [])]
    more = {"workbench:stance": item["stance"], "workbench:set": n, "workbench:quote": item["quote"]}
    return _annotation(item, "linking", bodies, about) | {"target": target} | {k: v for k, v in more.items() if v}


def _verdict(row: Row, name: str, about: Row) -> Row:
    bodies = [_text(name, "assessing"), *([_text(row["rationale"], "describing")] if row["rationale"] else [])]
    made = _annotation(row, "assessing", bodies, about)
    return made | {"target": f"urn:uuid:{about['key']}", "workbench:value": row["value"]}


def _text(value: str, purpose: str) -> Row:
    return {"type": "TextualBody", "value": value, "format": "text/plain", "purpose": purpose}
