"""How well the suggester does, as docs/suggester.md says it: on texts marked by hand, and on thirty hits looked at."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from annotations.suggesters import rules
from annotations.suggesters.english import propose
from annotations.suggesters.measuring import Score, measure, total
from annotations.text.spans import Span

ROOT = Path(__file__).parents[2]
NEWS = ROOT.parent / "shared" / "data" / "gum-wikinews" / "conllu"


def demonstration() -> dict[str, Score]:
    rows = json.loads((ROOT / "fixtures/articles.json").read_text())
    of: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        of.setdefault(row["model"].partition(".")[2], []).append({"pk": row["pk"], **row["fields"]})
    ids = {row["pk"]: row["external_id"] for row in of["article"]}
    texts = {ids[row["article"]]: row for row in of["articleversion"]}
    parts = []
    for name, marked in json.loads((ROOT / "fixtures/suggestions_gold.json").read_text()).items():
        version = texts[name]
        zones = [
            Span(row["start"], row["end"])
            for row in of["region"]
            if row["version"] == version["pk"] and row["kind"] in rules.LEFT_OUT
        ]
        parts.append(measure(version["text"], marked, propose(version["text"], left_out=zones)))
    return total(parts)


def test_the_figures_of_the_documentation_are_those_of_the_rules():
    documented = (ROOT / "docs/suggester.md").read_text()

    for kind, score in demonstration().items():
        assert score.precision is not None
        assert score.recall is not None
        shares = f"{score.precision:.2f} | {score.recall:.2f}"
        assert f"| {kind} | {score.gold} | {score.proposed} | {shares} | {score.exact} |" in documented, (kind, score)
    assert f"`{rules.TOOL}`" in documented


def test_thirty_hits_in_other_people_s_news_were_looked_at():
    if not NEWS.exists():
        pytest.skip("the GUM news texts are not beside the repository")
    checked = json.loads((Path(__file__).parent / "checked_hits.json").read_text())

    found = {
        (one.kind, name, one.start, one.end)
        for name in {each["document"] for each in checked}
        for one in propose(plain_text(NEWS / f"GUM_news_{name}.conllu"))
    }

    assert all((each["kind"], each["document"], each["start"], each["end"]) in found for each in checked)
    right = sum(each["is_right"] for each in checked)
    assert f"{right} of {len(checked)} are right" in (ROOT / "docs/suggester.md").read_text()


def plain_text(path: Path) -> str:
    text = ""
    for line in path.read_text().splitlines():
        if line.startswith("# newpar"):
            text = text.rstrip() + "\n\n"
        elif line.startswith("# text = "):
            text += line[9:] + " "
    return text.strip()


@pytest.mark.parametrize("piece", ["“a ", "Aa ", "1,", "the a ", "In A, B and ", '"', "said said ", "A of "])
def test_no_text_makes_the_rules_slow(piece):
    text = piece * (60_000 // len(piece))
    began = time.perf_counter()

    propose(text)

    assert time.perf_counter() - began < 5


def test_places_count_code_points_and_zones_stay_untouched():
    text = "🌊 By Ada\n\n👩🏽‍🚒 Two wells failed in Toveln, said Křivan."

    found = {(one.kind, text[one.start : one.end]) for one in propose(text, left_out=[Span(0, 8)])}

    assert {("number", "Two wells"), ("place", "Toveln")} <= found
