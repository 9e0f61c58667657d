"""Texts from a seed with passages planted in them, unchanged or with some words changed; for tests and benchmarks."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from itertools import accumulate

SYLLABLES = ["ka", "lo", "mi", "ter", "son", "vü", "pré", "ner", "ost", "il", "gra", "und", "eck", "ša", "bel", "no"]
SIGNS = [" ", " ", " ", " ", " ", " ", ", ", ". ", " – ", "; "]
N_WORDS = 12_000


@dataclass
class Planted:
    """A passage that was copied: which text from which, and where it stands in both."""

    source: int
    source_span: tuple[int, int]
    target: int
    target_span: tuple[int, int]
    n_words: int
    n_changed: int


@dataclass
class Corpus:
    """Texts and what was planted in them."""

    texts: list[str] = field(default_factory=list)
    planted: list[Planted] = field(default_factory=list)


class Writer:
    """Writes texts of made-up words, common ones more often (Zipf), the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        words = {"".join(self.random.choices(SYLLABLES, k=self.random.randint(1, 4))) for _n in range(N_WORDS)}
        self.words = sorted(words)
        self.random.shuffle(self.words)
        self._weights = list(accumulate(1 / (rank + 5) for rank in range(len(self.words))))

    def some(self, n: int) -> list[str]:
        """Return n words."""
        return self.random.choices(self.words, cum_weights=self._weights, k=n)

    def paragraph(self, words: list[str]) -> str:
        """Write words as a paragraph, with signs between them that differ each time."""
        parts = [self.random.choice(SIGNS) for _word in words[1:]]
        return words[0].capitalize() + "".join(sign + word for sign, word in zip(parts, words[1:], strict=True)) + "."

    def changed(self, words: list[str], n: int) -> list[str]:
        """Replace, leave out or put in `n` words, not the first or the last."""
        out = list(words)
        for place in sorted(self.random.sample(range(1, len(words) - 1), n), reverse=True):
            new = self.some(1)
            act = self.random.random()
            out[place : place + 1] = new if act < 0.6 else [] if act < 0.8 else [out[place], *new]
        return out


def corpus(seed: int, n_texts: int, *, n_words: int = 450, shares: float = 0.5, least: int = 25, most: int = 60,
           changed: float = 0.1) -> Corpus:  # fmt: skip
    """Write texts, a share of which has a passage of an earlier one, with up to `changed` of its words changed."""
    writer, made = Writer(seed), Corpus()
    words: list[list[list[str]]] = []
    for n in range(n_texts):
        paragraphs = [writer.some(50) for _paragraph in range(max(1, n_words // 50))]
        rendered = [writer.paragraph(each) for each in paragraphs]
        plant = None
        if n and writer.random.random() < shares:
            source = writer.random.randrange(n)
            which = writer.random.randrange(len(words[source]))
            length = writer.random.randint(least, min(most, 50))
            first = writer.random.randrange(len(words[source][which]) - length + 1)
            taken = words[source][which][first : first + length]
            n_changed = writer.random.randint(0, int(length * changed))
            copied = writer.changed(taken, n_changed)
            at = writer.random.randrange(len(paragraphs))
            place = writer.random.randrange(20)
            before, after = paragraphs[at][:place], paragraphs[at][place:][: 50 - place]
            rendered[at] = writer.paragraph([*before, *copied, *after])
            paragraphs[at] = [*before, *copied, *after]
            plant = (source, which, first, length, at, place, len(copied), n_changed)
        words.append(paragraphs)
        made.texts.append("\n\n".join(rendered))
        if plant is not None:
            source, which, first, length, at, place, n_copied, n_changed = plant
            made.planted.append(
                Planted(
                    source,
                    _span(made.texts[source], which, first, length),
                    n,
                    _span(made.texts[n], at, place, n_copied),
                    length,
                    n_changed,
                )
            )
    return made


def _span(text: str, paragraph: int, first: int, n_words: int) -> tuple[int, int]:
    """Return where words of a paragraph stand in the text."""
    parts = text.split("\n\n")
    offset = sum(len(part) + 2 for part in parts[:paragraph])
    at, places = 0, []
    for word in parts[paragraph].replace("–", " ").split():
        at = parts[paragraph].index(word.strip(".,;"), at)
        places.append((at, at + len(word.strip(".,;"))))
        at = places[-1][1]
    return offset + places[first][0], offset + places[first + n_words - 1][1]
