"""Passages that passim found: read into pairs, left in peace by our own search, taken back with their import."""

from __future__ import annotations

import json

import pytest

from annotations.exporters.exporting import counts_of
from annotations.models import Article, Job, JobProblem, QuoteLink
from annotations.reuse.linking import store
from annotations.workflow.passages import PassageDecision, decide_passage
from tests.conftest import BASE_DIR
from tests.corpora import exported, imported, undone
from tests.factories import project
from tests.importers.inputs import records
from tests.importers.test_claim_datasets import members

SAMPLES = BASE_DIR / "fixtures" / "samples" / "passim"
ARTICLES, PASSAGES = ((SAMPLES / name).read_bytes() for name in ("articles.jsonl", "passages.jsonl"))


def changed(n: int, **values: object) -> bytes:
    rows = [json.loads(line) for line in PASSAGES.splitlines()]
    rows[n] |= values
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def test_passages_of_a_cluster_are_linked_to_its_first_wherever_they_stand() -> None:
    other = json.loads(PASSAGES.splitlines()[0]) | {"cluster": 8, "id": "x"}
    lines = PASSAGES.splitlines(keepends=True)

    found = records("passages.jsonl", b"".join([lines[0], json.dumps(other).encode() + b"\n", *lines[1:]]))

    assert [(each.data["one"]["article"], each.data["other"]["article"]) for each in found] == [
        ("passim-1", "passim-2"),
        ("passim-1", "passim-3"),
    ]


@pytest.mark.django_db
def test_offsets_are_code_points_and_a_passage_says_whether_it_was_altered():
    mia = project()
    imported(mia, {"articles.jsonl": ARTICLES, "passages.jsonl": PASSAGES})

    first, second = QuoteLink.objects.order_by("to_version__article__external_id").select_related("to_version")

    # "Update 📈. " has 10 code points
    assert (first.to_start, first.relation, first.n_words, first.found_by) == (10, "verbatim", 14, "passim")
    assert second.to_version.text[second.to_start : second.to_end].startswith("the Oska rose by two metres in one")
    assert second.relation == "altered"
    assert Article.objects.get(external_id="passim-2").publisher.name == "Oska Courier"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "values", [{"begin": 12, "end": 76}, {"id": "elsewhere"}, {"begin": -1}, {"id": "passim-1"}, {"end": 9_000}]
)
def test_a_passage_that_does_not_stand_there_is_left_out_and_named(values):
    mia = project()

    job = imported(mia, {"articles.jsonl": ARTICLES, "passages.jsonl": changed(2, **values)})

    assert QuoteLink.objects.count() == 1
    assert JobProblem.objects.filter(job=job).count() == 1


@pytest.mark.django_db
def test_our_own_search_leaves_them_and_undoing_the_import_takes_them():
    mia = project()
    imported(mia, {"articles.jsonl": ARTICLES})
    job = imported(mia, {"articles.jsonl": ARTICLES, "passages.jsonl": PASSAGES})
    texts = list(Article.objects.values_list("current_version", flat=True))

    store([], texts)
    assert QuoteLink.objects.count() == 2

    undone(mia, job)
    assert (QuoteLink.objects.count(), Article.objects.count()) == (0, 3)


@pytest.mark.django_db
def test_what_was_rejected_is_in_no_cluster_and_a_pair_that_leads_out_is_lost():
    mia = project()
    imported(mia, {"articles.jsonl": ARTICLES, "passages.jsonl": PASSAGES})
    first = QuoteLink.objects.order_by("to_version__article__external_id").first()
    decide_passage(first.key, PassageDecision("rejected", 0), by=mia)

    written = members(exported(mia, format="passim"))["passages.jsonl"]
    exported(mia, format="passim", filters={"q": "passim-3"})

    assert [(row["id"], row["size"], row["series"]) for row in written] == [
        ("passim-1", 2, "Lumen Post"),
        ("passim-3", 2, "Harbour Mail"),
    ]
    # the rejected pair lies outside this export, the other leads out of it
    assert counts_of(Job.objects.latest("pk"))["left_out"] == {"passages": 1}


def with_sources(*sources: list[dict]) -> bytes:
    rows = [json.loads(line) | {"src": src} for line, src in zip(PASSAGES.splitlines(), sources, strict=True)]
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


FROM_SECOND = [{"uid": 12, "begin": 10, "end": 75}]


def test_a_passage_that_says_what_it_was_taken_from_is_linked_to_that_wherever_it_stands() -> None:
    nowhere = [{"uid": 99, "begin": 0, "end": 9}, {"uid": 12, "begin": 80, "end": 90}, "odd", {"uid": 12}]

    found = records("passages.jsonl", with_sources(FROM_SECOND, [], FROM_SECOND))
    lost = records("passages.jsonl", with_sources([], [], nowhere))

    assert [
        (each.data["one"]["article"], each.data["other"]["article"], each.data.get("direction")) for each in found
    ] == [
        ("passim-2", "passim-1", "forward"),
        ("passim-2", "passim-3", "forward"),
    ]
    assert [(each.data["one"]["article"], each.data.get("direction")) for each in lost] == [("passim-1", None)] * 2


@pytest.mark.django_db
def test_who_took_it_from_whom_goes_out_and_comes_back_and_a_series_own_passages_are_boilerplate():
    mia = project()
    without = with_sources([], [], FROM_SECOND).replace(b'"pboiler": 0.0, ', b"")  # what a tool says is kept
    imported(mia, {"articles.jsonl": ARTICLES, "passages.jsonl": without})
    link = QuoteLink.objects.get(direction="forward")
    assert (link.from_version.article.external_id, link.to_version.article.external_id) == ("passim-2", "passim-3")
    Article.objects.filter(external_id="passim-3").update(publisher=link.from_version.article.publisher)

    written = members(exported(mia, format="passim"))["passages.jsonl"]

    by_id = {row["id"]: row for row in written}
    second = by_id["passim-2"]
    assert by_id["passim-3"]["src"] == [{name: second[name] for name in ("uid", "begin", "end")}]
    assert (by_id["passim-1"]["src"], second["src"]) == ([], [])
    assert {row["pboiler"] for row in written} == {0.5}
    lake = project("lake", manager="lea")
    file = b"".join(json.dumps(row).encode() + b"\n" for row in written)
    imported(lake, {"articles.jsonl": ARTICLES, "passages.jsonl": file})
    again = QuoteLink.objects.get(project=lake.project, direction="forward")
    assert again.to_version.article.external_id == "passim-3"

    decide_passage(link.key, PassageDecision("confirmed", 0, direction="backward"), by=mia)
    turned = {row["id"]: row for row in members(exported(mia, format="passim"))["passages.jsonl"]}
    assert [source["uid"] for source in turned["passim-2"]["src"]] == [turned["passim-3"]["uid"]]


@pytest.mark.django_db
def test_the_share_of_boilerplate_is_kept_and_written_out_again():
    mia = project()
    of_cluster = [json.loads(line) | {"pboiler": 0.25} for line in PASSAGES.splitlines()]
    imported(
        mia,
        {"articles.jsonl": ARTICLES, "passages.jsonl": b"".join(json.dumps(r).encode() + b"\n" for r in of_cluster)},
    )

    assert set(QuoteLink.objects.values_list("boilerplate_share", flat=True)) == {0.25}
    written = members(exported(mia, format="passim"))["passages.jsonl"]
    assert {row["pboiler"] for row in written} == {0.25}
    native = exported(mia, format="native")
    other = project("lake", manager="max")
    imported(other, {"corpus.jsonl": native})
    assert set(QuoteLink.objects.filter(project=other.project).values_list("boilerplate_share", flat=True)) == {0.25}


@pytest.mark.django_db
@pytest.mark.parametrize("share", [1.5, -1, "much", True])
def test_what_is_no_share_is_left_out_and_named_and_the_passage_kept(share):
    mia = project()

    job = imported(mia, {"articles.jsonl": ARTICLES, "passages.jsonl": changed(2, pboiler=share)})

    assert QuoteLink.objects.count() == 2
    assert JobProblem.objects.filter(job=job).get().field == "pboiler"
