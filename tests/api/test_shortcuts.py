"""What a person sets for the article page, kept with the account: keys of one meaning each, how the text is set."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from annotations.workflow.shortcuts import USUAL_KEYS

SCRIPT = Path(__file__).parents[2] / "annotations/static/annotations/js/state/keys.js"
PATH = "me/shortcuts/"


def test_the_script_and_the_server_know_the_same_keys():
    table = re.search(r"USUAL_KEYS = \{(.*?)\};", SCRIPT.read_text(), re.DOTALL)
    assert table
    names = re.sub(r"^\s*(\w+):", r'"\1":', table[1].strip().rstrip(","), flags=re.MULTILINE)

    assert json.loads("{" + names + "}") == USUAL_KEYS


def test_keys_are_changed_for_oneself_and_put_back(api_of, ada, mia):
    changed = api_of(ada).put(PATH, {"own": {"split": "#", "merge": "m"}})
    swapped = api_of(ada).put(PATH, {"own": {"split": "m", "merge": "t"}})

    assert (changed.json()["own"], changed.json()["shortcuts"]["split"]) == ({"split": "#"}, "#")
    assert swapped.json()["own"] == {"split": "m", "merge": "t"}
    assert api_of(ada).get(PATH).json() == swapped.json()
    assert api_of(mia).get(PATH).json() == {"own": {}, "shortcuts": USUAL_KEYS}
    assert api_of(ada).put(PATH, {"own": {}}).json()["shortcuts"] == USUAL_KEYS


@pytest.mark.parametrize(
    ("own", "code"),
    [
        ({"split": "n"}, "shortcut_taken"),
        ({"split": "#", "merge": "#"}, "shortcut_taken"),
        ({"split": "1"}, "shortcut_reserved"),
        ({"split": "Z"}, "shortcut_reserved"),
        ({"split": "é"}, "shortcut_reserved"),
        ({"split": "&"}, "shortcut_reserved"),
        ({"split": ""}, "shortcut_reserved"),
        ({"split": " "}, "shortcut_reserved"),
        ({"fly": "y"}, "shortcut_unknown"),
    ],
)
def test_a_key_that_cannot_be_a_commands_is_refused(api_of, ada, own, code):
    refused = api_of(ada).put(PATH, {"own": own})

    assert (refused.status_code, refused.json()["problems"][0]["code"]) == (422, code)
    assert api_of(ada).get(PATH).json()["own"] == {}


CHOSEN = {"face": "sans", "size": "larger", "measure": "wide", "folds": ["caption", "boilerplate", "caption"]}


def test_how_the_text_is_set_is_kept_for_oneself_and_a_wrong_value_is_named(api_of, ada, mia):
    kept = api_of(ada).put("me/reading/", CHOSEN)
    wrong = [api_of(ada).put("me/reading/", CHOSEN | changes) for changes in ({"size": "huge"}, {"folds": ["body"]})]

    assert kept.json() == CHOSEN | {"folds": ["boilerplate", "caption"]}
    assert api_of(ada).get("me/reading/").json() == kept.json()
    assert [(reply.status_code, reply.json()["problems"][0]["field"]) for reply in wrong] == [
        (422, "size"),
        (422, "folds"),
    ]
    assert "“huge” is not known here. Write one of: “small”" in wrong[0].json()["problems"][0]["message"]
    assert api_of(mia).get("me/reading/").json() == {"face": "", "size": "", "measure": "", "folds": []}
