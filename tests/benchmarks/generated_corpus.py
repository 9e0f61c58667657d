"""A made-up corpus of any size, the same for the same seed: articles of some 450 words with ten spans each.

Words follow Zipf's law; umlauts, curly quotes and emoji make code points, UTF-16 units and bytes all differ. Records
are written one by one, so that memory does not grow with the corpus.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from hashlib import sha256
from itertools import accumulate
from pathlib import Path
from typing import Any

import orjson

WORDS_IN_AN_ARTICLE = 450
SPANS_IN_AN_ARTICLE = 10
VOCABULARY = 20_000
LABELS = ("claim", "quotation", "speaker", "number", "date", "place")
ANNOTATORS = ("amber-otter-101", "quiet-heron-204", "warm-pine-377")
PUBLISHERS = ("Tern Wire", "Orn24", "Kaffehaus Zürich", "The Böhm Post")
EMOJI = "📈🌊🔥⚖️🧾"
_SYLLABLES = "ba ber brü che da de dorf en er fäh ge gen hal hü il ka ko"
_SYLLABLES += " la li lo ma mö na no ör ra rin sa schau se ste ta to ün ver wal zu"


class Corpus:
    """The articles `first` to `first + count` of the corpus of one seed."""

    def __init__(self, count: int, *, first: int = 0, seed: int = 1) -> None:
        self.count = count
        self.first = first
        self.seed = seed
        self._words = _vocabulary(seed)
        self._weights = list(accumulate(1 / (rank + 2.7) for rank in range(VOCABULARY)))

    def lines(self) -> Iterator[bytes]:
        """Yield the header and the articles as JSON Lines of the native format."""
        yield orjson.dumps(_header()) + b"\n"
        for number in range(self.first, self.first + self.count):
            yield orjson.dumps(self.article(number)) + b"\n"

    def write(self, path: Path) -> Path:
        """Write the file; return its path."""
        with path.open("wb") as file:
            file.writelines(self.lines())
        return path

    def article(self, number: int) -> dict[str, Any]:
        chance = random.Random(f"{self.seed}/{number}")
        headline, text = self._text(chance)
        day = f"2024-{1 + number % 12:02}-{1 + number % 28:02}"
        return {
            "type": "article",
            "external_id": f"article-{number:07}",
            "title": headline,
            "publisher": PUBLISHERS[number % len(PUBLISHERS)],
            "published_at": f"{day}T08:14:52.000000Z",
            "posted_at": None,
            "url": f"https://news.example/{day}/{number}",
            "language": "de",
            "direction": "ltr",
            "metadata": {"desk": "Wirtschaft", "words": WORDS_IN_AN_ARTICLE},
            "text": text,
            "text_sha256": sha256(text.encode()).hexdigest(),
            "normaliser": "workbench-lines/1",
            "version": 1,
            "regions": [
                {"kind": "headline", "start": 0, "end": len(headline), "publisher": None},
                {"kind": "body", "start": len(headline) + 2, "end": len(text), "publisher": None},
            ],
            "links": [{"start": 0, "end": len(headline), "url": f"https://source.example/{number}"}],
            "assignments": [],
            "annotations": sorted(
                (_annotation(chance, text, day) for _span in range(SPANS_IN_AN_ARTICLE)),
                key=lambda each: (each["start"], each["end"], each["label"], each["annotator"], each["key"]),
            ),
        }

    def _text(self, chance: random.Random) -> tuple[str, str]:
        words = chance.choices(self._words, cum_weights=self._weights, k=WORDS_IN_AN_ARTICLE)
        headline = f"{chance.choice(EMOJI)} {' '.join(words[:7]).capitalize()}"
        paragraphs, sentences, at = [], [], 7
        while at < len(words):
            length = chance.randint(6, 22)
            sentence = " ".join(words[at : at + length]).capitalize()
            at += length
            sentences.append(f"„{sentence}“, sagte Zoë O’Neill." if chance.random() < 0.15 else f"{sentence}.")
            if chance.random() < 0.25:
                paragraphs.append(" ".join(sentences))
                sentences = []
        paragraphs.append(" ".join(sentences))
        return headline, "\n\n".join([headline, *(each for each in paragraphs if each)])


def _vocabulary(seed: int) -> list[str]:
    chance, syllables = random.Random(seed), _SYLLABLES.split()
    return ["".join(chance.choices(syllables, k=chance.choice((1, 2, 2, 3, 3, 4)))) for _word in range(VOCABULARY)]


def _annotation(chance: random.Random, text: str, day: str) -> dict[str, Any]:
    start = chance.randrange(len(text) - 100)
    end = start + chance.randint(5, 90)
    made_at = f"{day}T{chance.randrange(24):02}:{chance.randrange(60):02}:11.{chance.randrange(10**6):06}Z"
    return {
        "key": str(uuid.UUID(int=chance.getrandbits(128), version=4)),
        "start": start,
        "end": end,
        "quote": text[start:end],
        "prefix": text[max(0, start - 32) : start],
        "suffix": text[end : end + 32],
        "label": chance.choice(LABELS),
        "annotator": chance.choice(ANNOTATORS),
        "layer": "annotator",
        "note": "",
        "attributes": {},
        "confidence": None,
        "version": 1,
        "created_at": made_at,
        "updated_at": made_at,
        "withdrawn_at": None,
    }


def _header() -> dict[str, Any]:
    return {
        "type": "corpus",
        "format": "claim-workbench",
        "format_version": 1,
        "project": {"slug": "bench", "name": "Bench", "language": "de", "visibility": "open"},
        "label_set": {
            "name": "Bench",
            "version": 1,
            "labels": [{"key": key, "name": key.title(), "color": "#5d4037"} for key in LABELS],
        },
        "guidelines": None,
        "annotators": [{"pseudonym": name, "role": "annotator"} for name in ANNOTATORS],
    }
