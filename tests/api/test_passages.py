"""Shared passages by API: an article's, side by side, where else, deciding, linking by hand; blind where it must be."""

from __future__ import annotations

import io
import json
import uuid
from urllib.parse import urlencode

import pytest
from django.core.management import call_command

from annotations.models import AuditEvent, QuoteLink
from annotations.reuse.finding import start_finding
from annotations.reuse.showing import passages_of
from tests import factories
from tests.api.test_quotations import captured
from tests.corpora import empty_project, exported, imported
from tests.reuse.test_captures import SPEECH, made
from tests.reuse.test_finding import MORE, REPORT, done


@pytest.fixture
def shared(mia):
    one = factories.article(mia, text=REPORT, title="Report", publisher="Wire", external_id="one")
    two = factories.article(mia, text=f"So. {REPORT.replace('wants', 'hopes')}", title="Copy", external_id="two")
    three = factories.article(mia, text=f"{MORE}", title="Other", external_id="three")
    done(start_finding(mia))
    return one, two, three


def test_passages_are_listed_shown_and_decided_by_each_for_themselves(api_of, mia, ada, shared):
    ben = factories.member(mia, "ben")
    path = "projects/river/"
    listed = api_of(ada).get(f"{path}articles/{shared[0].uuid}/passages/").json()
    (passage,) = listed["results"]
    assert (passage["state"], passage["relation"], passage["n_words"]) == ("open", "altered", 19)
    assert passage["other"]["title"] == "Copy"
    assert [(sign["n_articles"], sign["start"]) for sign in listed["signs"]] == [(1, passage["start"])]

    pair = api_of(ada).get(f"{path}passages/{passage['key']}/").json()
    assert {"kind": "new", "text": "hopes "} in pair["other_pieces"]
    assert "".join(piece["text"] for piece in pair["pieces"]) == pair["quote"] == REPORT[2:-1]

    there, once = f"{path}passages/{passage['key']}/decide/", uuid.uuid4()
    body = {"state": "rejected", "base_version": 0, "note": "another meeting"}
    first, again = (api_of(ada).post(there, body, key=once) for _time in range(2))
    assert (first.status_code, first.json()["state"]) == (200, "rejected")
    assert again.json() == first.json()
    assert api_of(ada).post(there, body).status_code == 409
    changed = api_of(ada).post(there, {"state": "confirmed", "base_version": 1, "direction": "forward"}).json()
    assert (changed["own"]["version"], changed["direction"]) == (2, "forward")
    assert list(AuditEvent.objects.filter(object_type="passage").values_list("verb", flat=True).order_by("pk")) == [
        "passage.rejected",
        "passage.confirmed",
    ]
    seen_by_ben = api_of(ben).get(f"{path}passages/{passage['key']}/").json()
    assert (seen_by_ben["state"], seen_by_ben["own"], seen_by_ben["others"]) == ("open", None, [])
    assert api_of(mia).get(f"{path}passages/{passage['key']}/").json()["others"][0]["state"] == "confirmed"


def test_two_passages_are_linked_by_hand_and_others_do_not_learn_of_it(api_of, mia, ada, shared):
    ben = factories.member(mia, "ben")
    one, three = shared[0].current_version, shared[2].current_version
    body = {"key": str(uuid.uuid4()), "from_version": str(one.uuid), "from_start": 2, "from_end": 9}
    body |= {"from_quote": one.text[2:9], "to_version": str(three.uuid), "to_start": 0, "to_end": 6}

    wrong = api_of(ada).post("projects/river/passages/", {**body, "to_quote": "nobody"})
    assert wrong.status_code == 422
    assert "quote_mismatch" in wrong.content.decode()
    once = uuid.uuid4()
    made = [api_of(ada).post("projects/river/passages/", {**body, "to_quote": "Nobody"}, key=once) for _ in range(2)]

    assert [reply.status_code for reply in made] == [201, 201]
    assert made[0].json() == made[1].json()
    assert (made[0].json()["state"], made[0].json()["relation"]) == ("confirmed", "paraphrased")
    listing = f"projects/river/articles/{shared[2].uuid}/passages/"
    assert len(api_of(ada).get(listing).json()["results"]) == 1
    assert api_of(ben).get(listing).json() == {"signs": [], "not_held": [], "results": []}
    assert api_of(ben).get(f"projects/river/passages/{body['key']}/").status_code == 404


@pytest.mark.django_db
def test_a_passage_is_linked_by_hand_with_one_of_a_capture_that_one_may_see(api_of):
    mia, ada, article, source = made("blind")
    ben = factories.member(mia, "ben")
    capture = captured(source, ada, "📈 An aide wrote the letter.")
    text = article.current_version.text
    body = {"key": str(uuid.uuid4()), "from_version": str(article.current_version.uuid), "from_start": 0, "from_end": 9}
    body |= {"from_quote": text[:9], "to_capture": str(capture.uuid), "to_start": 5, "to_end": 9}
    there = "projects/river/passages/"

    for name, wrong, status, code in (
        ("other words", {"to_quote": "wrote"}, 422, "quote_mismatch"),
        ("two texts", {"to_quote": "aide", "to_version": body["from_version"]}, 422, "one_text_needed"),
        ("no text", {"to_quote": "aide", "to_capture": ...}, 422, "one_text_needed"),
        ("not there", {"to_quote": "aide", "to_capture": str(uuid.uuid4())}, 404, "capture_not_found"),
    ):
        sent = {key: value for key, value in {**body, **wrong}.items() if value is not ...}
        reply = api_of(ada).post(there, sent)
        assert (reply.status_code, code in reply.content.decode()) == (status, True), name
    assert api_of(ben).post(there, {**body, "to_quote": "aide"}).status_code == 404
    done_by_ada = api_of(ada).post(there, {**body, "to_quote": "aide"})

    assert done_by_ada.status_code == 201
    assert done_by_ada.json()["capture"]["source"] == str(source.uuid)
    listing = f"projects/river/articles/{article.uuid}/passages/"
    assert [sign["n_sources"] for sign in api_of(ada).get(listing).json()["signs"]] == [1]
    assert api_of(ben).get(listing).json()["signs"] == []
    into = empty_project("upstream")
    assert imported(None, {"a.jsonl": exported(mia)}, project=into).n_rejected == 0
    (link,) = QuoteLink.objects.filter(project=into)
    assert (link.to_capture.text[link.to_start : link.to_end], link.made_by.pseudonym) == ("aide", ada.pseudonym)


def test_where_else_is_answered_for_words_and_for_a_part_of_an_article(api_of, ada, shared):
    where = "projects/river/where-else/"
    by_words = api_of(ada).get(f"{where}?{urlencode({'text': REPORT})}").json()
    version = shared[0].current_version
    part = {"article": str(shared[0].uuid), "start": 0, "end": version.length}
    by_part = api_of(ada).get(f"{where}?{urlencode(part)}").json()

    assert [place["article"]["title"] for place in by_words["results"]] == ["Report", "Copy"]
    (place,) = by_part["results"]
    text = shared[1].current_version.text
    assert place["quote"] == text[place["article"]["start"] : place["article"]["end"]]
    assert "passage_too_short" in api_of(ada).get(f"{where}?text=too+short").content.decode()
    assert api_of(ada).get(f"{where}?text=words&start=1").status_code == 400


def test_a_project_lists_what_stands_in_most_articles(api_of, mia, ada, shared):
    factories.article(mia, text=f"Look. {REPORT}", title="Again")
    done(start_finding(mia))

    listed = api_of(ada).get("projects/river/passages/").json()

    (group,) = listed["results"]
    assert (listed["total"], listed["is_cut"], group["n_articles"]) == (1, False, 3)
    assert [each["title"] for each in group["articles"]] == ["Report", "Copy", "Again"]
    assert group["quote"] == REPORT[group["articles"][0]["start"] : group["articles"][0]["end"]]


def test_the_command_lists_what_was_found(mia, shared):
    out = io.StringIO()

    call_command("find_reuse", "--project", "river", "--json", stdout=out)

    (link,) = json.loads(out.getvalue().splitlines()[-1])["links"]
    row = QuoteLink.objects.get()
    assert link == {
        "from": {"article": "one", "start": row.from_start, "end": row.from_end},
        "to": {"article": "two", "start": row.to_start, "end": row.to_end},
        "words": 19,
        "relation": "altered",
        "score": row.score,
    }


@pytest.mark.django_db
def test_where_work_is_blind_only_who_asked_for_a_capture_learns_of_what_it_shares(api_of):
    mia, ada, article, source = made("blind")
    ben = factories.member(mia, "ben")
    captured(source, ada, SPEECH)
    done(start_finding(mia))
    link = QuoteLink.objects.get()
    there = f"projects/river/articles/{article.uuid}/passages/"

    own, others = (api_of(each).get(there).json() for each in (ada, ben))

    assert [(sign["n_articles"], sign["n_sources"]) for sign in own["signs"]] == [(0, 1)]
    (passage,) = own["results"]
    assert (passage["other"], passage["capture"]["source"]) == (None, str(source.uuid))
    assert (others["signs"], others["results"]) == ([], [])
    own, others = (api_of(each).get("projects/river/passages/").json()["results"] for each in (ada, ben))
    assert [(each["n_articles"], each["n_sources"], len(each["captures"])) for each in own] == [(1, 1, 1)]
    assert own[0]["captures"][0]["start"] == link.to_start
    assert others == []
    for method, path, body in (
        ("get", f"projects/river/passages/{link.key}/", None),
        ("post", f"projects/river/passages/{link.key}/decide/", {"state": "rejected", "base_version": 0}),
    ):
        assert getattr(api_of(ben), method)(path, *([body] if body else [])).status_code == 404
    assert b"wire.example" not in exported(ben)
    assert len(passages_of(article, mia)) == 1
