"""What agreement of 20 people costs: counting, and drawing for all measures; 10,000 texts may take 120 s.

WORKBENCH_BENCH_TEXTS sets the number (500). Texts are made up; reading them from the database is not in it.
"""

from __future__ import annotations

import os
import random
import time

from annotations.agreement.counting import Text, count
from annotations.agreement.parts import Part
from annotations.agreement.summing import Totals, summed_up
from tests.benchmarks.process import private_bytes

TEXTS = int(os.environ.get("WORKBENCH_BENCH_TEXTS", "500"))
PEOPLE, SPANS, LENGTH, A_PART, LIMIT = 20, 10, 2_900, 100, 120.0
LABELS = [f"label_{n}" for n in range(10)]


def made_up(chance: random.Random) -> Text:
    """Give a text on which twenty people differ in about half of ten places."""
    truth = [(chance.choice(LABELS), n * 250 + chance.randrange(150), 20 + chance.randrange(60)) for n in range(SPANS)]
    people = {}
    for person in range(PEOPLE):
        people[person] = own = []
        for label, start, length in truth:
            shift = chance.choice([0, 0, 0, 0, 0, 0, -3, 4, 100])
            named = label if chance.random() < 0.9 else chance.choice(LABELS)
            own.append((named, max(0, start + shift), start + shift + length))
    return Text(LENGTH, [(at, at + 99) for at in range(0, LENGTH, 100)], people)


def test_counting_and_drawing():
    chance = random.Random(1)
    texts = [made_up(chance) for _text in range(TEXTS)]
    idle, began = private_bytes(), time.process_time()
    packed = []
    for first in range(0, TEXTS, A_PART):
        part = Part()
        for text in texts[first : first + A_PART]:
            part.add(count(text, LABELS, part.confusion), "2026-03-02")
        packed.append(part.packed())
    counted = time.process_time()
    totals = Totals(LABELS, map(Part.unpacked, packed))
    found = summed_up(totals, lambda: map(Part.unpacked, packed), [str(n) for n in range(PEOPLE)], seed=1)
    ended = time.process_time()

    print(f"\n{TEXTS} texts, {PEOPLE} people, {SPANS} spans each: counting {counted - began:.1f} s of the processor,")
    whole = (ended - began) / TEXTS * 10_000
    print(f"adding up and drawing {ended - counted:.1f} s; for 10,000 texts, in proportion, {whole:.0f} s")
    print(f"(limit {LIMIT:.0f} s, with the database); {(private_bytes() - idle) / 2**20:.0f} MiB above idle")
    assert len(found) == 5 * (1 + len(LABELS)) + 3 * PEOPLE * (PEOPLE - 1) // 2 + 2
