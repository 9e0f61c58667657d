"""Random projects as lines of the native format in canonical order: every kind of record that the format has."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count
from typing import Any

from hypothesis import strategies as st

Row = dict[str, Any]
PEOPLE = ["amber-otter-101", "warm-pine-202", "zoë", 'zoë "z"']
CHARACTERS = st.one_of(
    st.sampled_from(list("aé ß„“\n\u0301\u200d😀👩🇺🇦אש٣\u2028\u00a0[]…\u202e")),
    st.characters(codec="utf-8", exclude_characters="\x00\r"),
)
TEXTS = st.text(CHARACTERS, min_size=3, max_size=60).filter(str.strip)
NOTES = st.sampled_from(["", "eine Notiz 📎", "שורה\nwith two lines", "long " * 1_500])
WORDS = st.sampled_from(["", "Preis", "ראש העיר", "👩‍👩‍👧‍👦"])
ATTRIBUTES = st.dictionaries(
    st.sampled_from(["b", "a", "ö"]), st.integers(0, 9) | st.booleans() | st.sampled_from(["x", None]), max_size=3
)
CONFIDENCE = st.sampled_from([None, 0.0, 0.25, 1.0])
MOMENTS = st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2200, 1, 1), timezones=st.just(UTC)).map(
    lambda moment: moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
)
SCALE = {
    "name": "Four values",
    "version": 2,
    "values": [
        {"key": "right", "name": "Right", "description": "", "rating": 5.0, "maps": {"fever": "SUPPORTS", "a": "b"}},
        {"key": "wrong", "name": "Wrong", "description": "נכון", "rating": None, "maps": {}},
    ],
    "former_values": [
        {"key": "right", "name": "True", "description": "", "rating": 1.5, "maps": {}, "scale": 1},
        {"key": "doubtful", "name": "Doubtful", "description": "", "rating": None, "maps": {}, "scale": 1},
    ],
}
SPEAKERS = ["Zoë Amsel", "the mayor", "ראש העיר", "Q"]
VERDICTS = [("right", 2), ("wrong", 2), ("right", 1), ("doubtful", 1)]


def label(key: str, applies_to: str, attributes: list[Row] | None = None) -> Row:
    """Build a label of the header."""
    return {
        "key": key,
        "name": key.title(),
        "color": "#5d4037",
        "description": "",
        "parent": None,
        "applies_to": applies_to,
        "shortcut": "",
        "attributes": attributes or [],
    }


HEADER: Row = {
    "type": "corpus",
    "format": "claim-workbench",
    "format_version": 1,
    "project": {"slug": "whole", "name": "Whole", "language": "", "visibility": "open"},
    "label_set": {
        "name": "Everything",
        "version": 3,
        "labels": [
            label("claim", "span", [{"type": "text", "key": "why"}]),
            label("number", "span"),
            label("cause", "relation"),
            label("topic", "article"),
        ],
        "former_labels": [label("old_cause", "relation"), label("old_span", "span"), label("old_topic", "article")],
    },
    "guidelines": {"version": 4, "text": "Read twice.\n"},
    "verdict_scale": SCALE,
    "annotators": [{"pseudonym": "warm-pine-202", "role": "reviewer"}],
    "publishers": [{"name": "Tern Wire", "domain": "tern.example", "kind": "wire"}],
    "filter": {},
}
SPANS, RELATIONS, TOPICS = ["claim", "number", "old_span"], ["cause", "old_cause"], ["topic", "old_topic"]


class Maker:
    """Draws records one after the other; `draw` is Hypothesis's."""

    def __init__(self, draw: Callable[[st.SearchStrategy[Any]], Any]) -> None:
        self.draw = draw
        self._numbers = count()
        self.annotations: list[str] = []
        self.texts: list[tuple[str, int, int, bool]] = []

    def key(self) -> str:
        return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{next(self._numbers)}"))

    def some(self, most: int) -> range:
        return range(self.draw(st.integers(0, most)))

    def one(self, values: list[Any]) -> Any:
        return self.draw(st.sampled_from(values))

    def maybe(self) -> bool:
        return bool(self.draw(st.booleans()))

    def claim_details(self) -> Row:
        """Return what may be known of a claim; what nobody said is absent."""
        drawn = {
            "claim_type": self.one(["", "numerical", "prediction"]),
            "check_worthiness": self.one(["", "not_checkable", "worth_checking"]),
            "evidence_cutoff": self.one(["", "2024-03-20"]),
        }
        return {name: value for name, value in drawn.items() if value}

    def judgement(self) -> Row:
        return {
            "version": self.draw(st.integers(1, 4)),
            "created_at": self.draw(MOMENTS),
            "updated_at": self.draw(MOMENTS),
            "withdrawn_at": self.draw(MOMENTS) if self.maybe() else None,
        }

    def states(self, version: int, values: Callable[[], Row]) -> Row:
        found = [
            {
                "version": n,
                **values(),
                "withdrawn_at": self.draw(MOMENTS) if self.maybe() else None,
                "replaced_by": self.one([*PEOPLE, "only-replaces"]),
                "replaced_at": self.draw(MOMENTS),
                "after_reveal": self.maybe(),
            }
            for n in range(1, version)
            if self.maybe()
        ]
        return {"revisions": found} if found else {}

    def span(self, text: str) -> Row:
        start = self.draw(st.integers(0, len(text) - 1))
        end = self.draw(st.integers(start + 1, len(text)))
        return {"start": start, "end": end, "quote": text[start:end]}

    def fragments(self, span: Row, text: str) -> Row:
        start, end = span["start"], span["end"]
        if end - start < 3 or self.maybe():
            return {}
        cut = self.draw(st.integers(start + 1, end - 2))
        parts = ((start, cut), (cut + 1, end))
        return {"fragments": [{"n": n, "start": s, "end": e, "quote": text[s:e]} for n, (s, e) in enumerate(parts)]}

    def annotation(self, text: str) -> Row:
        span, judgement = self.span(text), self.judgement()

        def state() -> Row:
            place = self.span(text)
            return {
                **self.labelled(SPANS),
                **place,
                "confidence": self.draw(CONFIDENCE),
                **self.fragments(place, text),
            }

        made = {
            "key": self.key(),
            **span,
            "prefix": text[max(0, span["start"] - 32) : span["start"]],
            "suffix": text[span["end"] : span["end"] + 32],
            "label": self.one(SPANS),
            "annotator": self.one(PEOPLE),
            "layer": self.one(["annotator", "gold", "imported"]),
            "note": self.draw(NOTES),
            "attributes": self.draw(ATTRIBUTES),
            "confidence": self.draw(CONFIDENCE),
            **judgement,
            **self.fragments(span, text),
            **self.states(judgement["version"], state),
        }
        self.annotations.append(made["key"])
        return made

    def labelled(self, labels: list[str]) -> Row:
        return {
            "label": self.one(labels),
            "label_set_version": self.draw(st.integers(1, 9)),
            "note": self.draw(NOTES),
            "attributes": self.draw(ATTRIBUTES),
        }

    def relation(self, annotations: list[Row]) -> Row:
        judgement = self.judgement()
        return {
            "key": self.key(),
            "from": self.one(annotations)["key"],
            "to": self.one(annotations)["key"],
            "label": self.one(RELATIONS),
            "annotator": self.one(PEOPLE),
            "layer": self.one(["annotator", "gold", "imported"]),
            "note": self.draw(NOTES),
            "attributes": self.draw(ATTRIBUTES),
            **judgement,
            **self.states(judgement["version"], lambda: self.labelled(RELATIONS)),
        }

    def article_labels(self) -> Iterator[Row]:
        for name in TOPICS:
            for person in PEOPLE[: self.draw(st.integers(0, 2))]:
                judgement = self.judgement()

                def state() -> Row:
                    return {**self.labelled(TOPICS), "confidence": self.draw(CONFIDENCE)}

                yield {
                    "key": self.key(),
                    "label": name,
                    "annotator": person,
                    "layer": self.one(["annotator", "gold", "imported"]),
                    "note": self.draw(NOTES),
                    "attributes": self.draw(ATTRIBUTES),
                    "confidence": self.draw(CONFIDENCE),
                    **judgement,
                    **self.states(judgement["version"], state),
                }

    def thread(self, annotations: list[Row], text: str) -> Row:
        is_settled = self.maybe()
        about = {"annotation": self.one(annotations)["key"]} if annotations and self.maybe() else {}
        if not about and self.maybe():
            about = self.span(text)
        comments = [self.comment() for _n in range(self.draw(st.integers(1, 3)))]
        return {
            "key": self.key(),
            **about,
            **({"question": True} if self.maybe() else {}),
            "annotator": self.one(PEOPLE),
            "version": self.draw(st.integers(1, 4)),
            "created_at": self.draw(MOMENTS),
            "resolved_at": self.draw(MOMENTS) if is_settled else None,
            "resolved_by": self.one([*PEOPLE, "only-settles"]) if is_settled else None,
            "comments": sorted(comments, key=lambda row: (row["created_at"], row["key"])),
        }

    def comment(self) -> Row:
        common = self.judgement()
        return {
            "key": self.key(),
            "annotator": self.one(PEOPLE),
            "text": "" if common["withdrawn_at"] else self.one(["Stimmt das? 📎", "שורה\nwith two lines", "@zoë: ja"]),
            "calls": [] if common["withdrawn_at"] else sorted(self.one([[], ["zoë"], ["warm-pine-202", "is-called"]])),
            **common,
        }

    def adjudication(self) -> Row:
        is_finished = self.maybe()
        return {
            "annotator": self.one(PEOPLE),
            "state": "finished" if is_finished else "open",
            "version": self.draw(st.integers(1, 4)),
            "created_at": self.draw(MOMENTS),
            "finished_at": self.draw(MOMENTS) if is_finished else None,
            "finished_by": self.one([*PEOPLE, "only-finishes"]) if is_finished else None,
        }

    def ruling(self, kind: str, rows: list[Row]) -> Row:
        gold = [None, *(each["key"] for each in rows if each["layer"] == "gold")]
        looked_at = {self.one(rows)["key"] for _n in range(self.draw(st.integers(1, 2)))}
        return {
            "key": self.key(),
            "annotator": self.one(PEOPLE),
            "outcome": self.one(["agreed", "chosen", "edited", "merged", "apart", "rejected", "noted"]),
            "chosen": self.one([None, "zoë", "is-chosen"]),
            "error_category": self.one(["", "boundary", "other"]),
            "guideline_unclear": self.maybe(),
            "note": self.draw(NOTES),
            **self.judgement(),
            "sources": [
                {kind: key, "version": self.draw(st.integers(1, 3)), "gold": self.one(gold)}
                for key in sorted(looked_at)
            ],
        }

    def rulings(self, texts: list[Row]) -> list[Row]:
        found = []
        for kind in ("annotation", "relation", "article_label"):
            rows = [each for text in texts for each in text.get(f"{kind}s", ())]
            found += [self.ruling(kind, rows) for _n in (self.some(2) if rows else ())]
        return sorted(found, key=lambda row: (row["created_at"], row["key"]))

    def rulings_on_claims(self, articles: list[Row], claims: list[Row]) -> list[Row]:
        """Draw rulings on mentions, and on evidence, which is settled in the review of any text."""
        external_id, n, _length, _is_present = self.one(self.texts)
        sets = [each for claim in claims for each in claim["evidence_sets"]]
        items = [{**item, "layer": "gold"} for each in sets for item in each["items"]]
        found = [(external_id, n, self.ruling("evidence", items)) for _n in (self.some(2) if items else ())]
        texts = [(each["external_id"], text) for each in articles for text in (each, *each.get("earlier_versions", ()))]
        lies_on = {
            row["key"]: ((name, text["version"]), row["layer"]) for name, text in texts for row in text["annotations"]
        }
        mentioned: dict[tuple[str, int], list[Row]] = {}
        for mention in (each for claim in claims for each in claim["mentions"]):
            place, layer = lies_on[mention["annotation"]]
            mentioned.setdefault(place, []).append({"key": mention["key"], "layer": layer})
        for place, rows in mentioned.items():
            found += [(*place, self.ruling("mention", rows)) for _n in self.some(2)]
        made = ({"type": "ruling", "article": article, "text": text, **each} for article, text, each in found)
        return sorted(made, key=lambda row: row["key"])

    def suggestion(self, text: str, annotations: list[Row]) -> Row:
        decisions = [self.decision(annotations, by) for by in sorted(PEOPLE)[: self.draw(st.integers(0, 2))]]
        return {
            "key": self.key(),
            **self.span(text),
            "label": self.one(SPANS),
            "attributes": self.draw(ATTRIBUTES),
            "suggested_by": self.one(["tagger 2.1", "ü-model"]),
            "score": self.one([None, 0.5, -3.25]),
            "created_at": self.draw(MOMENTS),
            **({"offered_to": self.one(PEOPLE)} if self.maybe() else {}),
            **({"decisions": decisions} if decisions else {}),
        }

    def decision(self, annotations: list[Row], by: str) -> Row:
        state = self.one(["open", "dismissed", *(["accepted"] if annotations else [])])
        row = {"decided_by": by, "state": state, "version": self.one([1, 3]), "decided_at": self.draw(MOMENTS)}
        return row | ({"annotation": self.one(annotations)["key"]} if state == "accepted" else {})

    def zone(self, text: str, publisher: str | None) -> Row:
        """Draw a zone as it was found: it has no key of its own and no history."""
        address = {"url": "https://tern.example/ä"} if self.maybe() else {}
        return {
            "kind": self.one(["body", "excerpt", "caption"]),
            **_bounds(self.span(text)),
            "publisher": publisher,
            **address,
        }

    def marked_zone(self, text: str) -> Row:
        """Draw a zone that somebody marked or changed."""
        found, version = self.zone(text, self.one([None, "Tern Wire"])), self.draw(st.integers(1, 4))

        def state() -> Row:
            return {"url": "", **self.zone(text, self.one([None, "Früher Verlag"]))}

        by = {"marked_by": self.one(PEOPLE)} if version == 1 or self.maybe() else {}
        gone = {"withdrawn_at": self.draw(MOMENTS)} if self.maybe() else {}
        made = {"key": self.key(), **by, "version": version, "created_at": self.draw(MOMENTS), **gone}
        return {**found, **made, **self.states(version, state)}

    def on_text(self, text: str) -> Row:
        annotations = [self.annotation(text) for _n in self.some(4)]
        annotations.sort(key=lambda row: (row["start"], row["end"], row["label"], row["annotator"], row["key"]))
        places = {each["key"]: (each["start"], each["end"]) for each in annotations}
        relations = [self.relation(annotations) for _n in (self.some(2) if annotations else ())]
        relations.sort(key=lambda row: (*places[row["from"]], *places[row["to"]], row["key"]))
        suggestions = [self.suggestion(text, annotations) for _n in self.some(2)]
        suggestions.sort(key=lambda row: (row["start"], row["end"], row["label"], row["suggested_by"], row["key"]))
        regions = [self.zone(text, publisher) for publisher in [None, "Tern Wire"][: self.draw(st.integers(0, 2))]] + [
            self.marked_zone(text) for _n in self.some(1)
        ]
        others = {
            "relations": relations,
            "article_labels": sorted(
                self.article_labels(), key=lambda row: (row["label"], row["annotator"], row["key"])
            ),
            "suggestions": suggestions,
            "sentences": [[0, 1], [1, len(text)]] if self.maybe() else [],
            "adjudications": [self.adjudication()] if self.maybe() else [],
            "threads": sorted(
                (self.thread(annotations, text) for _n in self.some(2)), key=lambda row: (row["created_at"], row["key"])
            ),
        }
        return {
            "regions": sorted(
                regions,
                key=lambda row: (
                    *(row["start"], -row["end"], row["kind"], row["publisher"] or ""),
                    *(row.get("url", ""), row.get("key", "")),
                ),
            ),
            "links": [{**_bounds(self.span(text)), "url": "https://orn24.example/ä"}] if self.maybe() else [],
            "assignments": [
                {
                    "annotator": person,
                    "state": self.one(["open", "submitted", "accepted"]),
                    "submitted_at": self.draw(MOMENTS),
                }
                for person in PEOPLE[: self.draw(st.integers(0, 3))]
            ],
            "annotations": annotations,
            **{name: rows for name, rows in others.items() if rows},
        }

    def version(self, n: int) -> tuple[Row, Row]:
        text = self.draw(TEXTS)
        facts = {
            "text": text,
            "text_sha256": hashlib.sha256(text.encode()).hexdigest(),
            "normaliser": "workbench-lines/1",
            "version": n,
        }
        return facts, self.on_text(text)

    def article(self, external_id: str, others: list[str]) -> Row:
        numbers = sorted(self.draw(st.sets(st.integers(1, 5), max_size=2)))
        earlier = [facts | inside for facts, inside in map(self.version, numbers)]
        earlier = [{"version": each.pop("version"), **each} for each in earlier]
        facts, inside = self.version(max([0, *numbers]) + 1)
        rulings = self.rulings([inside, *earlier])
        linked = {
            name: self.one(others)
            for name in ("repost_of", "merged_into")
            if others and self.draw(st.integers(0, 3)) == 0
        }
        numbered = [(each["version"], each["text"]) for each in earlier]
        self.texts += [(external_id, n, len(text), False) for n, text in numbered]
        self.texts.append((external_id, facts["version"], len(facts["text"]), True))
        return {
            "type": "article",
            "external_id": external_id,
            "title": self.one(["Der Preis", "ראש העיר", "📈"]),
            "publisher": self.one([None, "Tern Wire", "Orn 24"]),
            "published_at": self.one([None, "2024-02-29", "2024-03-18T08:14:52.000001Z"]),
            "posted_at": self.one([None, "2024-03-01"]),
            "url": self.one(["", "https://orn24.example/x"]),
            "language": self.one([None, "de", "he"]),
            "direction": self.one(["ltr", "rtl"]),
            "metadata": self.draw(ATTRIBUTES),
            **facts,
            **inside,
            **({"earlier_versions": earlier} if earlier else {}),
            **({"rulings": rulings} if rulings else {}),
            **linked,
        }

    def evidence(self) -> Row:
        kind, judgement = self.one(["source", "passage", "enquiry"]), self.judgement()
        passage: Row = {}
        if kind == "passage":
            external_id, n, length, is_present = self.one(self.texts)
            numbered = {} if is_present else {"version": n}
            passage = {"passage": {"article": external_id, **numbered, "start": 0, "end": length}}

        def values() -> Row:
            url = self.one(["https://stat.example/a", "https://stat.example/b"])
            return {
                "url": url if kind == "source" else "",
                "title": self.draw(WORDS),
                "stance": self.one(["supports", "refutes", "neutral"]),
                "quote": self.draw(WORDS),
                "note": self.draw(NOTES),
                **({"question": "Wie viele?"} if kind == "enquiry" else {}),
            }

        state, present = self.states(judgement["version"], values), values()
        metadata = self.draw(ATTRIBUTES)
        if passage:
            present["quote"] = ""  # what is quoted has to be the words of the passage
        return {
            "key": self.key(),
            "url": present.pop("url"),
            **passage,
            **present,
            **({"metadata": metadata} if metadata else {}),
            "annotator": self.one(PEOPLE),
            **judgement,
            **state,
        }

    def verdicts(self, sets: int) -> list[Row]:
        found: list[Row] = []
        open_ends: list[str | None] = [None]
        for _n in self.some(3):
            value, scale = self.one(VERDICTS)
            before = self.one(open_ends)
            if before is not None:
                open_ends.remove(before)
            key = self.key()
            open_ends.append(key)
            found.append(
                {
                    "key": key,
                    "value": value,
                    "scale": scale,
                    "rationale": self.draw(NOTES),
                    "evidence_sets": sorted(self.draw(st.sets(st.integers(1, sets)))),
                    "supersedes": before,
                    "published_at": self.draw(MOMENTS) if self.maybe() else None,
                    "correction_note": self.draw(WORDS),
                    "annotator": self.one(PEOPLE),
                    **self.judgement(),
                }
            )
        return sorted(found, key=lambda row: (row["created_at"], row["key"]))

    def cite_others(self, claims: list[Row]) -> None:
        """Let verdicts rest on evidence of other claims, that stand before and after theirs."""
        for claim in claims:
            others = [(each["key"], group["n"]) for each in claims for group in each["evidence_sets"] if each != claim]
            for verdict in claim.get("verdicts", ()):
                cited = sorted(self.draw(st.sets(st.sampled_from(others), max_size=2))) if others else []
                if cited:
                    verdict["merged_sets"] = [{"claim": key, "n": n} for key, n in cited]

    def desk(self) -> Row:
        merged = {"merged_into": self.key()} if self.maybe() else {}
        return {
            "state": self.one(["new", "in_check", "in_second_review", "published", "corrected", "dropped"]),
            "assignee": self.one([None, *PEOPLE]),
            "due_on": self.one([None, "2026-12-24"]),
            **merged,
            "version": self.draw(st.integers(1, 3)),
            "changed_by": self.one(PEOPLE),
            "changed_at": self.draw(MOMENTS),
        }

    def claim(self) -> Row:
        judgement = self.judgement()
        metadata = self.draw(ATTRIBUTES)
        sets = self.draw(st.integers(1, 3))

        def state() -> Row:
            return {
                "text": "Früher anders.",
                "claimant": self.draw(WORDS),
                "claim_date": self.one([None, "2024-02-29"]),
                **self.claim_details(),
            }

        def mention(annotation: str) -> Row:
            common = self.judgement()
            stances = ["asserts", "reports", "denies"]
            return {
                "key": self.key(),
                "annotation": annotation,
                "stance": self.one(stances),
                "annotator": self.one(PEOPLE),
                **common,
                **self.states(common["version"], lambda: {"stance": self.one(stances)}),
            }

        mentioned = (
            sorted(self.draw(st.sets(st.sampled_from(self.annotations), max_size=3))) if self.annotations else []
        )
        verdicts = self.verdicts(sets)
        return {
            "type": "claim",
            "key": self.key(),
            "text": "Der Preis stieg um 4 %. 📈",
            "claimant": self.draw(WORDS),
            "claim_date": self.one([None, "2024-03-18"]),
            **self.claim_details(),
            **({"metadata": metadata} if metadata else {}),
            "annotator": self.one(PEOPLE),
            **judgement,
            "mentions": sorted(map(mention, mentioned), key=lambda row: row["key"]),
            "evidence_sets": [
                {
                    "n": n,
                    "items": sorted((self.evidence() for _n in self.some(2)), key=lambda row: row["key"]),
                }
                for n in range(1, sets + 1)
            ],
            **({"verdicts": verdicts} if verdicts else {}),
            **({"desk": self.desk()} if self.maybe() else {}),
            **self.states(judgement["version"], state),
        }

    # What comes last: who says what, shared passages, places of quotations, what is said of words

    def speakers(self) -> list[Row]:
        """Draw speakers, each of whom may be merged into one before; known by the first name they had."""
        found: list[Row] = []
        for name in SPEAKERS[: self.draw(st.integers(0, len(SPEAKERS)))]:
            version = self.draw(st.integers(1, 3))
            into = [each["known_as"] for each in found]

            def merged(into: list[str] = into) -> Row:
                return {"merged_into": self.one(into)} if into and self.maybe() else {}

            states = [
                {
                    "version": n,
                    "name": name,
                    "note": self.draw(NOTES),
                    **merged(),
                    "replaced_by": self.one([*PEOPLE, "only-renames"]),
                    "replaced_at": self.draw(MOMENTS),
                }
                for n in range(1, version)
            ]
            found.append(
                {
                    "type": "speaker",
                    "known_as": name,
                    "name": self.one([name, "Umbenannt 📎"]) if states else name,
                    "note": self.draw(NOTES),
                    **merged(),
                    "version": version,
                    "created_at": self.draw(MOMENTS),
                    **({"revisions": states} if states else {}),
                }
            )
        return sorted(found, key=lambda row: row["known_as"])

    def attributions(self, texts: list[tuple[Row, str]], speakers: list[Row]) -> list[Row]:
        """Draw who says what some annotations mark, each annotation for another person."""
        names = ["", *(each["known_as"] for each in speakers)]
        marked = [(each["key"], text) for inside, text in texts for each in inside["annotations"]]
        found = []
        for annotation, text in marked[: self.draw(st.integers(0, 3))]:
            judgement = self.judgement()
            found.append(
                {
                    "type": "attribution",
                    "key": self.key(),
                    "annotation": annotation,
                    **self.said(text, names),
                    "annotator": self.one(PEOPLE),
                    **judgement,
                    **self.states(judgement["version"], lambda text=text: self.said(text, names)),
                }
            )
        return sorted(found, key=lambda row: row["key"])

    def said(self, text: str, names: list[str]) -> Row:
        place = self.span(text) if self.maybe() else None
        cue = {"cue": place["quote"]} if place else {"cue": self.one(["", "sagte", "אמר"])}
        return {
            "speaker": self.one(names),
            **cue,
            **({"cue_start": place["start"], "cue_end": place["end"]} if place else {}),
            "mode": self.one(["direct", "indirect", "mixed"]),
            "voice": self.one(["own", "excerpt", "named_source"]),
            "voice_name": self.one(["", "Tern Wire"]),
            "note": self.draw(NOTES),
        }

    def decisions(self, states: list[str], more: dict[str, list[str]]) -> Row:
        def state(version: int) -> Row:
            return {
                "state": self.one(states),
                **{name: self.one(words) for name, words in more.items() if self.maybe()},
                "note": self.draw(NOTES),
                "version": version,
                "decided_at": self.draw(MOMENTS),
            }

        found = []
        for by in sorted(PEOPLE)[: self.draw(st.integers(0, 2))]:
            version = self.draw(st.integers(1, 3))
            former = [{**state(n), "replaced_at": self.draw(MOMENTS)} for n in range(1, version) if self.maybe()]
            found.append({"decided_by": by, **state(version), **({"revisions": former} if former else {})})
        return {"decisions": found} if found else {}

    def place(self, texts: list[Row]) -> Row:
        return self.in_text(self.one(texts))

    def in_text(self, text: Row) -> Row:
        numbered = {} if text["is_present"] else {"version": text["version"]}
        return {"article": text["article"], **numbered, **self.span(text["text"])}

    def shared_passages(self, texts: list[Row]) -> list[Row]:
        found: dict[Any, Row] = {}
        for _n in self.some(3):
            one = self.one(texts)
            others = [text for text in texts if text["article"] != one["article"]]
            if not others:
                return []
            ends = self.in_text(one), self.place(others)
            by_hand = self.maybe()
            words = {
                "relation": ["verbatim", "trimmed", "joined", "altered", "paraphrased", "re-attributed", "translated"],
                "direction": ["unknown", "forward", "backward", "common"],
            }
            row = {
                "type": "shared_passage",
                **({"key": self.key()} if by_hand else {}),
                "one": ends[0],
                "other": ends[1],
                "parts": self.one([[], [[0, 1, 0, 1], [1, 2, 1, 2]]]),
                "n_words": self.draw(st.integers(0, 99)),
                "score": self.one([None, 0.5, 1.0]),
                "relation": self.one(words["relation"]),
                "direction": self.one(words["direction"]),
                "ground": self.one(["", "citation", "link", "date", "person"]),
                **({"annotator": self.one(PEOPLE)} if by_hand else {"found_by": self.one(["words-1", "passim"])}),
                "created_at": self.draw(MOMENTS),
                **self.decisions(["open", "confirmed", "rejected"], words),
            }
            # what a method found in two places is one row, from whichever side
            places = frozenset((end["article"], end.get("version"), end["start"], end["end"]) for end in ends)
            found[row.get("key") or places] = row
        numbers = _numbers(texts)

        def by_places(row: Row) -> tuple[Any, ...]:
            ends = (row["one"], row["other"])
            where = [(e["article"], numbers[e["article"], e.get("version")], e["start"], e["end"]) for e in ends]
            return (*where[0], *where[1], row.get("found_by", ""), row.get("key", ""))

        return sorted(found.values(), key=by_places)

    def quotations(self, texts: list[Row]) -> list[Row]:
        found: dict[Any, Row] = {}
        for _n in self.some(2):
            text = self.one(texts)
            annotations = [each["key"] for each in text["annotations"]]
            origin = self.one(["zone", "rule", *(["annotation"] if annotations else [])])
            about = {"annotation": self.one(annotations)} if origin == "annotation" else {}
            places = [self.place_of_quotation(texts) for _n in range(self.draw(st.integers(1, 2)))]
            row = {"type": "quotation", **self.in_text(text), "origin": origin, **about}
            row["places"] = sorted({_where(each): each for each in places}.values(), key=_where)
            found[tuple(about.values()) or (text["article"], text["version"], row["start"], row["end"], origin)] = row
        numbers = _numbers(texts)
        return sorted(
            found.values(),
            key=lambda row: (
                *(row["article"], numbers[row["article"], row.get("version")], row["start"], row["end"]),
                *(row["origin"], row.get("annotation", "")),
            ),
        )

    def place_of_quotation(self, texts: list[Row]) -> Row:
        by_hand = self.maybe()
        decisions: Row = {}
        while not (by_hand or decisions):
            decisions = self.decisions(["open", "original", "not_original"], {})
        return {
            **({"key": self.key()} if by_hand else {}),
            **self.place(texts),
            "verbatim": self.maybe(),
            "score": self.one([0.0, 0.75, 1.0]),
            **({"annotator": self.one(PEOPLE)} if by_hand else {}),
            "created_at": self.draw(MOMENTS),
            **decisions,
        }

    def spellings(self) -> list[Row]:
        found = [
            {
                "type": "spelling",
                "key": self.key(),
                "words": words,
                "version": self.draw(st.integers(1, 3)),
                "created_at": self.draw(MOMENTS),
                "withdrawn_at": self.draw(MOMENTS) if self.maybe() else None,
            }
            for words in [["Zoë", "Zoe", "זואי"], ["Preis", "Tarif"]][: self.draw(st.integers(0, 2))]
        ]
        return sorted(found, key=lambda row: row["key"])

    def boilerplate(self) -> list[Row]:
        quotes = ["Abonnieren Sie uns!", "זכויות יוצרים", "Subscribe to 📰 us"]
        return [
            {
                "type": "boilerplate",
                "quote": quote,
                "boilerplate": self.one([True, False, None]),
                **({"decided_by": self.one(PEOPLE)} if self.maybe() else {}),
                "version": self.draw(st.integers(1, 3)),
                "decided_at": self.draw(MOMENTS),
            }
            for quote in sorted(quotes)[: self.draw(st.integers(0, 3))]
        ]

    def last(self, articles: list[Row]) -> list[Row]:
        """Draw what comes after the claims, in the order of the file."""
        texts = [
            {"article": article["external_id"], "is_present": inside is article, **inside}
            for article in articles
            for inside in (*article.get("earlier_versions", ()), article)
        ]
        speakers = self.speakers()
        return [
            *speakers,
            *self.attributions([(text, text["text"]) for text in texts], speakers),
            *self.shared_passages(texts),
            *self.quotations(texts),
            *self.spellings(),
            *self.boilerplate(),
        ]


def _numbers(texts: list[Row]) -> dict[Any, int]:
    """Return the numbers of texts by what names them: of present ones only the article does."""
    return {(text["article"], None if text["is_present"] else text["version"]): text["version"] for text in texts}


def _where(place: Row) -> tuple[Any, ...]:
    return place["article"], place.get("version", 0), place["start"], place["end"], place.get("key", "")


def _bounds(span: Row) -> Row:
    return {"start": span["start"], "end": span["end"]}


@st.composite
def whole_projects(draw: st.DrawFn) -> list[Row]:
    """Draw the records after the header, as an export would write them (its sources left out)."""
    maker = Maker(draw)
    ids = sorted(draw(st.sets(st.sampled_from(["a", "b", "ä", "א", "😀", "\uffff"]), min_size=1, max_size=3)))
    articles = [maker.article(each, [other for other in ids if other != each]) for each in ids]
    texts = {article["external_id"]: article["text"] for article in articles}
    for article in articles:  # of an equal text all has moved to the one kept, so that it is in no export
        if texts.get(article.get("merged_into", "")) == article["text"]:
            del article["merged_into"]
    claims = sorted((maker.claim() for _n in maker.some(2)), key=lambda row: row["key"])
    maker.cite_others(claims)
    return [*articles, *claims, *maker.rulings_on_claims(articles, claims), *maker.last(articles)]
