"""Annotations over HTTP: make, change, withdraw, restore, list; by the right person, once, in the right shape."""

from __future__ import annotations

import uuid

import pytest

from annotations.models import Annotation, AnnotationRevision, AuditEvent, Membership
from tests import factories


@pytest.fixture
def path(story) -> str:
    return f"projects/river/articles/{story.uuid}/annotations/"


def test_a_span_after_an_emoji_is_stored_in_code_points(api_of, ada, path, span_of):
    response = api_of(ada).post(path, span_of(2, 11, note="steht im ersten Satz"))

    assert response.status_code == 201
    made = response.json()
    assert (made["start"], made["end"], made["quote"]) == (2, 11, "Der Preis")
    assert (made["prefix"], made["suffix"]) == ("📈 ", " stieg um 4 %. „Das war abzusehen"[:32])
    assert (made["label"], made["note"], made["version"], made["is_mine"]) == ("claim", "steht im ersten Satz", 1, True)
    assert made["annotator"] == ada.pseudonym
    assert Annotation.objects.get(key=made["key"]).created_by == ada


@pytest.mark.django_db(transaction=True)
def test_creating_a_span_takes_at_most_eight_queries(api_of, ada, path, span_of, django_assert_max_num_queries):
    api = api_of(ada)
    api.post(path, span_of(2, 11))

    with django_assert_max_num_queries(8):
        response = api.post(path, span_of(4, 9))

    assert response.status_code == 201


def test_repeating_a_request_makes_one_annotation_and_gives_the_same_reply(api_of, ada, path, span_of):
    api, key, body = api_of(ada), uuid.uuid4(), span_of(2, 11)

    first = api.post(path, body, key=key)
    second = api.post(path, body, key=key)

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert Annotation.objects.count() == 1
    assert AuditEvent.objects.filter(verb="annotation.created").count() == 1


def test_a_request_key_with_another_body_is_refused(api_of, ada, path, span_of):
    api, key = api_of(ada), uuid.uuid4()
    api.post(path, span_of(2, 11), key=key)

    response = api.post(path, span_of(4, 9), key=key)

    assert response.status_code == 409
    assert response.json()["problems"][0]["code"] == "key_reused"
    assert Annotation.objects.count() == 1


def test_a_key_of_an_annotation_is_not_taken_twice(api_of, ada, path, span_of):
    api, body = api_of(ada), span_of(2, 11)
    api.post(path, body)

    response = api.post(path, body | {"note": "anders"})

    assert response.status_code == 409
    assert response.json()["problems"][0]["code"] == "key_taken"
    assert Annotation.objects.get().note == ""


def test_a_write_without_a_request_key_is_refused(api_of, ada, path, span_of):
    response = api_of(ada).client.post(f"/api/v1/{path}", span_of(2, 11), content_type="application/json")

    assert response.status_code == 400
    assert response.json()["problems"][0]["field"] == "Idempotency-Key"
    assert not Annotation.objects.exists()


@pytest.mark.parametrize(
    ("changes", "status", "code", "field"),
    [
        ({"quote": "Das Preis"}, 422, "quote_mismatch", "quote"),
        ({"end": 9_999}, 422, "span_outside_text", "end"),
        ({"start": 11, "end": 11}, 422, "span_empty", "end"),
        ({"start": -1}, 400, "min_value", "start"),
        ({"end": 2**63}, 400, "max_value", "end"),
        ({"start": "2"}, 400, "invalid", "start"),
        ({"quote": 7}, 400, "invalid", "quote"),
        ({"label": "no_such_label"}, 422, "label_unknown", "label"),
        ({"text_sha256": "00" * 32}, 422, "text_mismatch", "text_sha256"),
        ({"text_sha256": "xyz"}, 400, "invalid", "text_sha256"),
        ({"version_uuid": str(uuid.UUID(int=7))}, 404, "version_not_found", None),
        ({"lable": "claim"}, 400, "unknown_field", "lable"),
        ({"annotator": "ben"}, 400, "unknown_field", "annotator"),
        ({"note": "x" * 10_001}, 422, "note_too_long", "note"),
        ({"note": "\x00"}, 400, "null_characters_not_allowed", "note"),
        ({"attributes": {"certainty": "\x00"}}, 400, "unstorable", "attributes"),
        ({"attributes": {"list": ["x" * 10_001]}}, 400, "too_large", "attributes"),
        ({"attributes": ["a"]}, 400, "not_a_dict", "attributes"),
    ],
)
def test_a_body_of_the_wrong_shape_is_refused_by_name(api_of, ada, path, span_of, changes, status, code, field):
    response = api_of(ada).post(path, span_of(2, 11) | changes)

    assert response.status_code == status
    assert [(problem["code"], problem["field"]) for problem in response.json()["problems"]] == [(code, field)]
    assert not Annotation.objects.exists()


def test_the_article_in_the_address_is_the_one_that_is_marked(api_of, mia, ada, path, span_of):
    other = factories.article(mia)

    response = api_of(ada).post(f"projects/river/articles/{other.uuid}/annotations/", span_of(2, 11))

    assert response.status_code == 404
    assert not Annotation.objects.exists()


def test_a_stranger_finds_nothing_and_the_anonymous_are_asked_to_log_in(api_of, sam, path, span_of):
    assert api_of(sam).post(path, span_of(2, 11)).status_code == 404
    assert api_of().post(path, span_of(2, 11)).status_code == 401
    assert not Annotation.objects.exists()


def test_a_viewer_may_read_and_not_annotate(api_of, mia, path, span_of):
    vera = factories.member(mia, "vera", Membership.Role.VIEWER)

    assert api_of(vera).post(path, span_of(2, 11)).status_code == 403
    assert api_of(vera).get(path).json() == {"results": [], "claims": [], "next": None}


def test_a_change_keeps_the_state_before(api_of, ada, path, span_of):
    api = api_of(ada)
    made = api.post(path, span_of(2, 11)).json()

    response = api.patch(
        f"projects/river/annotations/{made['key']}/", {"base_version": 1, "label": "number", "note": "eine Zahl"}
    )

    assert response.status_code == 200
    assert (response.json()["label"], response.json()["note"], response.json()["version"]) == ("number", "eine Zahl", 2)
    assert AnnotationRevision.objects.get().label.key == "claim"


def test_a_span_moves_with_its_quote_and_not_without(api_of, ada, path, span_of, story):
    api = api_of(ada)
    made = api.post(path, span_of(2, 11)).json()
    address = f"projects/river/annotations/{made['key']}/"

    half = api.patch(address, {"base_version": 1, "start": 4})
    wrong = api.patch(address, {"base_version": 1, "start": 4, "end": 9, "quote": "Der P"})
    right = api.patch(address, {"base_version": 1, "start": 4, "end": 9, "quote": "r Pre"})

    assert (half.status_code, wrong.status_code, right.status_code) == (400, 422, 200)
    assert {problem["field"] for problem in half.json()["problems"]} == {"end", "quote"}
    assert (right.json()["start"], right.json()["end"]) == (4, 9)


def test_a_late_change_meets_a_conflict_with_the_present_annotation(api_of, ada, path, span_of):
    api = api_of(ada)
    made = api.post(path, span_of(2, 11)).json()
    address = f"projects/river/annotations/{made['key']}/"
    api.patch(address, {"base_version": 1, "note": "zuerst"})

    response = api.patch(address, {"base_version": 1, "note": "zu spät"})

    assert response.status_code == 409
    assert response.json()["problems"][0]["code"] == "stale_version"
    assert response.json()["current"]["note"] == "zuerst"
    assert Annotation.objects.get().note == "zuerst"


def test_a_change_without_its_base_version_is_refused(api_of, ada, path, span_of):
    api = api_of(ada)
    made = api.post(path, span_of(2, 11)).json()

    response = api.patch(f"projects/river/annotations/{made['key']}/", {"note": "ohne"})

    assert response.status_code == 400
    assert response.json()["problems"][0]["field"] == "base_version"


def test_withdrawing_and_restoring_are_repeatable_and_lose_nothing(api_of, ada, path, span_of):
    api = api_of(ada)
    address = f"projects/river/annotations/{api.post(path, span_of(2, 11)).json()['key']}"

    gone = api.post(f"{address}/withdraw/", {"base_version": 1})
    gone_again = api.post(f"{address}/withdraw/", {"base_version": 1})
    back = api.post(f"{address}/restore/", {"base_version": 2})

    assert gone.json()["withdrawn_at"] == gone_again.json()["withdrawn_at"] is not None
    assert (back.json()["withdrawn_at"], back.json()["version"]) == (None, 3)


def test_nobody_changes_the_annotation_of_somebody_else(api_of, ada, ben, rosa, path, span_of):
    made = api_of(ada).post(path, span_of(2, 11)).json()
    address = f"projects/river/annotations/{made['key']}/"

    assert api_of(ben).patch(address, {"base_version": 1, "note": "meins"}).status_code == 404
    assert api_of(rosa).patch(address, {"base_version": 1, "note": "meins"}).status_code == 403
    assert Annotation.objects.get().version_number == 1


def test_work_that_was_handed_in_is_closed_until_it_is_reopened(api_of, ada, story, path, span_of):
    api = api_of(ada)
    made = api.post(path, span_of(2, 11)).json()
    article = f"projects/river/articles/{story.uuid}"

    handed_in = api.post(f"{article}/submit/")
    late = api.patch(f"projects/river/annotations/{made['key']}/", {"base_version": 1, "note": "spät"})
    api.post(f"{article}/reopen/")
    in_time = api.patch(f"projects/river/annotations/{made['key']}/", {"base_version": 1, "note": "noch rechtzeitig"})

    assert handed_in.json()["assignment"]["state"] == "submitted"
    assert (late.status_code, late.json()["problems"][0]["code"]) == (422, "assignment_closed")
    assert in_time.status_code == 200


def test_the_list_holds_own_withdrawn_annotations_and_not_those_of_others(api_of, ada, rosa, path, span_of):
    api = api_of(ada)
    made = api.post(path, span_of(2, 11)).json()
    api.post(f"projects/river/annotations/{made['key']}/withdraw/", {"base_version": 1})

    assert [row["key"] for row in api.get(path).json()["results"]] == [made["key"]]
    assert api_of(rosa).get(path).json()["results"] == []


def test_a_long_text_is_read_stretch_by_stretch_and_what_begins_at_one_place_stays_together(
    api_of, ada, story, path, span_of, django_assert_num_queries
):
    api, places = api_of(ada), [(0, 1), (2, 5), (2, 11), (2, 12), (4, 9), (4, 11)]
    for start, end in places:
        api.post(path, span_of(start, end))

    with django_assert_num_queries(7):  # session and membership, the article, annotations, their parts, claims
        first = api.get(path + "?most=2").json()
    stretches, following = [first["results"]], first["next"]
    while following is not None:
        reply = api.get(f"{path}?most=2&from={following}").json()
        stretches.append(reply["results"])
        following = reply["next"]

    assert [[(row["start"], row["end"]) for row in rows] for rows in stretches] == [places[:1], places[1:4], places[4:]]
    assert api.get(path).json()["next"] is None
    assert api.get(path + "?from=9999").json()["results"] == []


@pytest.mark.parametrize("query", ["from=-1", "from=x", "most=0", "most=20001", "from=99999999999", "till=3"])
def test_a_stretch_that_is_none_is_refused(api_of, ada, path, query):
    assert api_of(ada).get(f"{path}?{query}").status_code == 400


def parts_of(text: str, *places: tuple[int, int]) -> list[dict]:
    return [{"start": start, "end": end, "quote": text[start:end]} for start, end in places]


def test_an_annotation_leaves_words_out_moves_with_its_parts_and_becomes_one_piece_again(
    api_of, ada, path, span_of, story
):
    api, text = api_of(ada), story.current_version.text
    made = api.post(path, span_of(2, 17, fragments=parts_of(text, (2, 11), (12, 17)))).json()
    there = f"projects/river/annotations/{made['key']}/"

    moved = api.patch(
        there,
        {"base_version": 1, "start": 2, "end": 20, "quote": text[2:20]}
        | {"fragments": parts_of(text, (2, 5), (12, 17), (18, 20))},
    )
    whole = api.patch(there, {"base_version": 2, "start": 2, "end": 20, "quote": text[2:20], "fragments": []})

    assert [part["quote"] for part in made["fragments"]] == [text[2:11], text[12:17]]
    assert [(part["n"], part["quote"]) for part in moved.json()["fragments"]] == [(0, "Der"), (1, "stieg"), (2, "um")]
    assert whole.json()["fragments"] == []
    assert [len(kept.fragments) for kept in AnnotationRevision.objects.order_by("version_number")] == [2, 3]


@pytest.mark.parametrize(
    ("places", "code"),
    [
        ([(2, 11)], "parts_do_not_fit"),
        ([(4, 11), (12, 17)], "parts_do_not_fit"),
        ([(2, 11), (9, 17)], "parts_do_not_fit"),
        ([(2, 11), (12, 16)], "parts_do_not_fit"),
    ],
)
def test_parts_that_do_not_fit_their_annotation_are_refused(api_of, ada, path, span_of, story, places, code):
    text = story.current_version.text

    refused = api_of(ada).post(path, span_of(2, 17, fragments=parts_of(text, *places)))

    assert refused.status_code == 422
    assert refused.json()["problems"][0]["code"] == code
    assert not Annotation.objects.exists()


def test_a_part_quotes_what_stands_at_its_place(api_of, ada, path, span_of, story):
    parts = parts_of(story.current_version.text, (2, 11), (12, 17))
    parts[1]["quote"] = "fiel"

    refused = api_of(ada).post(path, span_of(2, 17, fragments=parts))

    assert refused.json()["problems"][0]["code"] == "quote_mismatch"
