"""Quotations and attributions by API: states as each may see them, decisions that override, who says it, speakers."""

from __future__ import annotations

import uuid

import pytest

from annotations.models import AuditEvent, Speaker
from annotations.reuse.finding import start_finding
from annotations.workflow.source_looks import NewCapture, keep_capture, lock_source
from annotations.workflow.sources import add_source
from tests import factories
from tests.quoting.test_checking import ORIGINAL
from tests.reuse.test_finding import done

pytestmark = pytest.mark.django_db
QUOTING = "He said “We will read it when it comes, and not before”. A minister said “the letter is a forgery”."
HERE = "projects/river/"


def captured(source, by, text):
    new = NewCapture(how="pasted", sha256=uuid.uuid4().bytes * 2, size=len(text), text=text)
    return keep_capture(lock_source(source.pk), new, by=by)[0]


@pytest.fixture
def told(mia):
    article = factories.article(mia, text=QUOTING, title="Copy", external_id="copy")
    other = factories.article(mia, text=ORIGINAL, title="Original", external_id="original")
    done(start_finding(mia))
    return article, other


def states(answer):
    return [each["state"] for each in answer.json()["results"]]


def test_states_and_their_words_are_told_and_a_decision_overrides_them(api_of, mia, ada, told):
    article, _other = told
    there = f"{HERE}articles/{article.uuid}/quotations/"
    first, second = api_of(ada).get(there).json()["results"]
    assert [first["state"], second["state"]] == ["verbatim", "not_found"]
    (place,) = first["places"]
    assert (place["article"]["title"], place["quote"]) == ("Original", "We will read it when it comes, and not before")
    decide = f"{HERE}quotations/{first['key']}/places/{place['key']}/decide/"
    body, once = {"state": "not_original", "base_version": 0, "note": "said on another day"}, uuid.uuid4()
    answers = [api_of(ada).post(decide, body, key=once) for _time in range(2)]
    assert [(answer.status_code, answer.json()["state"]) for answer in answers] == [(200, "not_found")] * 2
    assert api_of(ada).post(decide, body).status_code == 409
    ben = factories.member(mia, "ben")
    assert states(api_of(ben).get(there)) == ["verbatim", "not_found"]
    assert states(api_of(mia).get(there)) == ["not_found", "not_found"]
    done(start_finding(mia, again=True))
    assert states(api_of(ada).get(there)) == ["not_found", "not_found"]
    assert states(api_of(ada).get(f"{HERE}quotations/?state=without")) == ["not_found", "not_found"]
    assert AuditEvent.objects.filter(verb="quotation.not_original").count() == 1


def test_a_capture_holds_the_original_for_those_alone_who_may_see_it(api_of, mia, ada, told):
    article, _other = told
    ben = factories.member(mia, "ben")
    source = add_source("https://wire.example/speech", by=ada)
    captured(source, ada, "In the speech he said that the letter is a forgery, twice.")
    done(start_finding(mia))
    there = f"{HERE}articles/{article.uuid}/quotations/"
    assert states(api_of(ada).get(there)) == ["verbatim", "verbatim"]
    assert states(api_of(mia).get(there)) == ["verbatim", "verbatim"]
    assert states(api_of(ben).get(there)) == ["verbatim", "not_found"]
    places = api_of(ada).get(there).json()["results"][1]["places"]
    assert [place["capture"]["url"] for place in places] == ["https://wire.example/speech"]


def test_an_original_is_shown_where_no_rule_found_it(api_of, ada, told):
    article, other = told
    (_first, second) = api_of(ada).get(f"{HERE}articles/{article.uuid}/quotations/").json()["results"]
    start = ORIGINAL.index("He called it a rumour")
    quote = "He called it a rumour"
    body = {
        "key": str(uuid.uuid4()),
        "version": str(other.current_version.uuid),
        "start": start,
        "end": start + len(quote),
        "quote": quote,
    }
    shown = api_of(ada).post(f"{HERE}quotations/{second['key']}/places/", body)
    assert (shown.status_code, shown.json()["state"]) == (201, "altered")
    wrong = api_of(ada).post(
        f"{HERE}quotations/{second['key']}/places/", body | {"key": str(uuid.uuid4()), "quote": "no"}
    )
    assert wrong.status_code == 422


def test_a_source_that_is_named_and_not_there_is_not_held_until_it_comes(api_of, mia, ada):
    text = "The wire told of it: “nobody was asked about this dam at all”, it said."
    links = [{"start": 4, "end": 8, "url": "https://wire.example/dam"}]
    article = factories.article(mia, text=text)
    from annotations.models import TextLink

    version = article.current_version
    TextLink.objects.create(project=mia.project, version=version, length=version.length, **links[0])
    done(start_finding(mia))
    there = f"{HERE}articles/{article.uuid}/quotations/"
    (only,) = api_of(ada).get(there).json()["results"]
    assert (only["state"], only["named"]) == ("not_held", "https://wire.example/dam")
    factories.article(mia, text="Another piece of the wire, with other words in it.", url="https://wire.example/dam")
    done(start_finding(mia))
    assert states(api_of(ada).get(there)) == ["not_found"]


def test_who_says_it_is_said_once_changed_with_history_and_undone(api_of, mia, ada, told):
    article, _other = told
    factories.assigned(mia, ada, article)
    start = QUOTING.index("“We")
    note = factories.annotation(ada, article, start, QUOTING.index(". A"), "quotation")
    body = {
        "key": str(uuid.uuid4()),
        "annotation": str(note.key),
        "speaker_name": "the  Minister",
        "cue": "said",
        "cue_start": 3,
        "cue_end": 7,
        "voice": "named_source",
        "voice_name": "Wire",
    }
    once = uuid.uuid4()
    made = [api_of(ada).post(f"{HERE}attributions/", body, key=once) for _time in range(2)]
    assert [answer.status_code for answer in made] == [201, 201]
    assert made[0].json() == made[1].json()
    assert (made[0].json()["speaker"]["name"], made[0].json()["voice_name"]) == ("the Minister", "Wire")
    again = api_of(ada).post(f"{HERE}attributions/", body | {"key": str(uuid.uuid4())})
    assert again.status_code == 422
    one = f"{HERE}attributions/{body['key']}/"
    assert api_of(ada).patch(one, {"base_version": 1, "voice": "own", "cue": "told"}).json()["version"] == 2
    assert api_of(ada).patch(one, {"base_version": 1, "voice": "own"}).status_code == 409
    history = api_of(ada).get(one).json()
    assert [(each["voice"], each["cue"], each["cue_start"]) for each in history["results"]] == [
        ("named_source", "said", 3)
    ]
    assert (history["attribution"]["cue"], history["attribution"]["cue_start"]) == ("told", None)
    assert api_of(ada).post(f"{one}withdraw/", {"base_version": 2}).json()["withdrawn_at"]
    assert api_of(ada).post(f"{one}restore/", {"base_version": 3}).json()["withdrawn_at"] is None


def test_naming_somebody_tells_nobody_whether_they_were_known(api_of, mia, ada, told):
    article, _other = told
    ben = factories.member(mia, "ben")
    answers = []
    for who, name in ((ada, "Anna ROTH"), (ben, "anna roth")):
        factories.assigned(mia, who, article)
        note = factories.annotation(who, article, 0, 7, "quotation")
        body = {"key": str(uuid.uuid4()), "annotation": str(note.key), "speaker_name": name}
        answers.append(api_of(who).post(f"{HERE}attributions/", body).json())
    assert [answer["speaker"]["name"] for answer in answers] == ["Anna ROTH", "anna roth"]
    assert Speaker.objects.count() == 1
    listed = api_of(ben).get(f"{HERE}speakers/").json()["results"]
    assert [(each["name"], each["n_said"]) for each in listed] == [("anna roth", 1)]
    assert [(each["name"], each["n_said"]) for each in api_of(mia).get(f"{HERE}speakers/").json()["results"]] == [
        ("Anna ROTH", 2)
    ]
    cid = factories.member(mia, "cid")
    assert api_of(cid).get(f"{HERE}speakers/").json()["results"] == []
    assert api_of(cid).get(f"{HERE}speakers/{listed[0]['key']}/").status_code == 404


def test_speakers_are_merged_and_parted_and_say_the_same_as_before(api_of, mia, ada, told):
    article, other = told
    factories.set_project(mia, visibility="open")
    keys = []
    for made, name in ((article, "Anna Roth"), (other, "Minister Roth")):
        factories.assigned(mia, ada, made)
        note = factories.annotation(ada, made, 0, 7, "quotation")
        body = {"key": str(uuid.uuid4()), "annotation": str(note.key), "speaker_name": name}
        keys.append(api_of(ada).post(f"{HERE}attributions/", body).json()["speaker"]["key"])
    one = f"{HERE}speakers/{keys[1]}/"
    merged = api_of(mia).post(f"{one}merge/", {"into": keys[0], "base_version": 1})
    assert merged.status_code == 200
    assert [(each["speaker_name"], each["article"]["title"]) for each in merged.json()["said"]] == [
        ("Minister Roth", "Original"),
        ("Anna Roth", "Copy"),
    ]
    back = api_of(mia).post(f"{HERE}speakers/{keys[0]}/merge/", {"into": keys[1], "base_version": 1})
    assert back.status_code == 422
    assert api_of(ada).post(f"{one}part/", {"base_version": 2}).status_code == 403
    parted = api_of(mia).post(f"{one}part/", {"base_version": 2}).json()
    assert [each["speaker_name"] for each in parted["said"]] == ["Minister Roth"]
    assert Speaker.objects.get(key=keys[1]).revisions.count() == 2
