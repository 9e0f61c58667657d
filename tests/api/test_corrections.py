"""Correcting an article by API: look, save, see what waits, place it or withdraw it."""

from __future__ import annotations

import uuid

from tests import factories


def test_a_correction_is_looked_at_saved_once_and_what_waits_is_placed_by_its_owner(api_of, mia, ada, story):
    version = story.current_version
    words = version.text.split()[1]
    start = version.text.index(words)
    marked = factories.annotation(ada, story, start, start + len(words))
    factories.suggestion(story, words)
    path, new = f"projects/river/articles/{story.uuid}/", version.text.replace(words, "Regen", 1)
    body = {"base_version": str(version.uuid), "text": new}

    seen = api_of(mia).post(f"{path}correct/", {**body, "preview": True})
    assert (seen.status_code, seen.json()["version"], seen.json()["uncertain"]["annotations"]) == (200, None, 1)
    assert {"kind": "new", "text": "Regen"} in seen.json()["pieces"]
    assert seen.json()["dropped_suggestions"] == {"gone": 1, "unclear": 0}
    assert api_of(ada).post(f"{path}correct/", body).status_code == 403
    done = api_of(mia).post(f"{path}correct/", body)
    assert (done.status_code, done.json()["version"]["n"]) == (200, 2)
    assert api_of(mia).post(f"{path}correct/", {**body, "text": "Anders."}).status_code == 409

    (waiting,) = api_of(ada).get(f"{path}unplaced/").json()["results"]
    assert (waiting["key"], waiting["quote"]) == (str(marked.key), words)
    assert api_of(mia).get(f"{path}unplaced/").json()["results"] == []
    place = {name: waiting["candidates"][0][name] for name in ("start", "end", "quote")}
    assert place["quote"] == "Regen"
    there = f"{path}unplaced/{marked.key}/place/"
    once = uuid.uuid4()
    made = api_of(ada).post(there, place, key=once)
    again = api_of(ada).post(there, place, key=once)
    assert (made.status_code, made.json()) == (201, again.json())
    assert made.json()["quote"] == "Regen"
    assert api_of(ada).get(f"{path}unplaced/").json() == {"results": [], "zones": []}

    assert made.json()["key"] == waiting["becomes"]
    back = api_of(ada).post(f"{path}unplaced/{marked.key}/wait/", {"base_version": 1})
    assert (back.status_code, back.json()["key"], back.json()["version"]) == (200, waiting["becomes"], 2)
    assert [one["key"] for one in api_of(ada).get(f"{path}unplaced/").json()["results"]] == [str(marked.key)]
