"""Merging two articles: no judgement is lost, the other's id leads to the one kept, and who may do it."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from annotations.admin.addresses import name_of
from annotations.errors import Forbidden, Refused
from annotations.models import (
    Annotation,
    Article,
    ArticleLabel,
    ArticleVersion,
    Assignment,
    AuditEvent,
    EvidenceItem,
    Fragment,
    Label,
    Membership,
    QuoteLink,
    Region,
    Relation,
    Suggestion,
)
from annotations.search.article_filters import ArticleFilters
from annotations.text.fingerprints import passage_key
from annotations.text.spans import Span
from annotations.workflow.annotating import NewAnnotation, annotate
from annotations.workflow.assigning import submit
from annotations.workflow.evidence import NewEvidence, SourceLink, attach_source
from annotations.workflow.merging import article_named, merge_articles, split_articles
from annotations.workflow.passages import NewLink, PassageDecision, Quoted, decide_passage, link_passages
from annotations.workflow.verifying import findings
from annotations.workflow.zoning import NewZone, mark_zone
from tests import factories
from tests.corpora import annotation, article, counts, exported, imported, lines

pytestmark = pytest.mark.django_db

TEXT = factories.GERMAN


@pytest.fixture
def mia() -> Membership:
    return factories.project()


@pytest.fixture
def ada(mia) -> Membership:
    return factories.member(mia, "ada")


@pytest.fixture
def pair(mia) -> tuple[Article, Article]:
    """Two articles with one text."""
    return factories.article(mia, external_id="keep"), factories.article(mia, external_id="other")


def everything_on(made: Article, by: Membership) -> Annotation:
    """Judge the article in every way there is; return the annotation that the others hang on."""
    version = made.current_version
    assert version is not None
    of_text = {"project": by.project, "version": version, "length": version.length}
    first, second = factories.annotation(by, made, 2, 5), factories.annotation(by, made, 6, 11, "number")
    for n, (start, end) in enumerate([(2, 3), (4, 5)]):
        Fragment.objects.create(annotation=first, n=n, start=start, end=end, quote=version.text[start:end], **of_text)
    label = Label.objects.get(project=by.project, key="claim")
    Relation.objects.create(created_by=by, label=label, from_annotation=first, to_annotation=second, **of_text)
    ArticleLabel.objects.create(created_by=by, label=label, **of_text)
    Suggestion.objects.create(label=label, start=2, end=5, quote=version.text[2:5], suggested_by="model 1", **of_text)
    keys = {"claim_key": uuid.uuid4(), "mention_key": uuid.uuid4()}
    link = SourceLink(url="https://amt.example/")
    attach_source(NewEvidence(uuid.uuid4(), link, annotation=first.key, **keys), by=by)
    return first


def test_all_judgements_of_an_equal_text_move_with_what_hangs_on_them(mia, ada, pair):
    keep, other = pair
    first = everything_on(other, ada)

    kept = merge_articles(keep, other, by=mia)

    version = kept.current_version_id
    for model in (Annotation, Fragment, Relation, ArticleLabel, Suggestion, Assignment):
        assert set(model._default_manager.values_list("version_id", flat=True)) == {version}, model
    first.refresh_from_db()
    assert first.mentions.get().annotation_id == first.pk
    assert EvidenceItem.objects.count() == 1
    assert list(findings()) == []


def test_the_other_leaves_the_lists_and_exports_and_its_id_still_resolves(mia, ada, pair):
    keep, other = pair
    factories.annotation(ada, other, 2, 5)

    merge_articles(keep, other, by=mia)

    assert list(ArticleFilters().articles(mia)) == [keep]
    assert article_named("other", by=mia).merged_into == keep
    export = exported(mia)
    assert b'"external_id":"other"' not in export
    assert export.count(b'"quote"') == 1


def test_zones_by_hand_move_and_those_that_the_kept_text_has_too_do_not(mia, pair):
    keep, other = pair
    by_hand = [zone(mia, other, start, end) for start, end in [(2, 5), (6, 11)]]
    for made in pair:
        Region.objects.create(
            project=mia.project, version=made.current_version, length=len(TEXT), kind="body", start=2, end=5
        )
    zone(mia, keep, 2, 5)

    merge_articles(keep, other, by=mia)

    kept = Region.objects.filter(version=keep.current_version)
    assert sorted(kept.values_list("kind", "start")) == [("body", 2), ("caption", 2), ("caption", 6)]
    assert set(other.current_version.regions.values_list("kind", "start")) == {("body", 2), ("caption", 2)}
    with pytest.raises(Refused, match="merged into another"):
        zone(mia, other, 0, 1)
    assert by_hand[1].uuid in kept.values_list("uuid", flat=True)


def zone(by: Membership, made: Article, start: int, end: int) -> Region:
    version = made.current_version
    return mark_zone(NewZone(uuid.uuid4(), version.uuid, "caption", Span(start, end), TEXT[start:end]), by=by)


def test_links_by_hand_and_decisions_about_passages_move_to_the_same_passage(mia, ada, pair):
    keep, other = (made.current_version for made in pair)
    third = factories.article(mia, external_id="third").current_version
    ends = [Quoted(version.uuid, Span(2, 5), TEXT[2:5]) for version in (other, third)]
    by_hand = link_passages(NewLink(uuid.uuid4(), *ends), by=ada)
    alone = found(other, third, 6, 8, "forward")
    decided = found(other, third, 2, 5, "forward")
    twin = found(third, keep, 2, 5, "backward")
    for link, by, relation, direction in [
        (alone, ada, "", ""),
        (decided, ada, "altered", ""),
        (decided, mia, "", "common"),
        (twin, mia, "", ""),
    ]:
        decide_passage(link.key, PassageDecision("confirmed", 0, relation, direction), by=by)

    merge_articles(*pair, by=mia)

    by_hand.refresh_from_db()
    alone.refresh_from_db()
    assert (by_hand.from_version, alone.from_version) == (keep, keep)
    assert alone.key == found_key(keep, third, 6, 8)
    moved = twin.decisions.get(decided_by=ada)
    assert (moved.relation, moved.direction) == ("altered", "")
    assert list(decided.decisions.values_list("decided_by", flat=True)) == [mia.pk]
    assert AuditEvent.objects.get(verb="article.merged").after["passages"] == 3


def found(one: ArticleVersion, other: ArticleVersion, start: int, end: int, direction: str) -> QuoteLink:
    return QuoteLink.objects.create(
        key=found_key(one, other, start, end),
        project_id=one.project_id,
        from_version=one,
        from_length=one.length,
        to_version=other,
        to_length=other.length,
        from_start=start,
        to_start=start,
        from_end=end,
        to_end=end,
        relation="verbatim",
        direction=direction,
        found_by="words 1",
    )


def found_key(one: ArticleVersion, other: ArticleVersion, start: int, end: int) -> uuid.UUID:
    return passage_key("words 1", (str(one.uuid), start, end), (str(other.uuid), start, end))


def test_a_person_who_judged_both_keeps_one_assignment_and_both_annotations(mia, ada, pair):
    keep, other = pair
    factories.annotation(ada, keep, 2, 5)
    factories.annotation(ada, other, 6, 11)

    merge_articles(keep, other, by=mia)

    assert Annotation.objects.filter(version=keep.current_version).count() == 2
    assert Assignment.objects.get(version=keep.current_version).state == "open"
    assert Assignment.objects.get(version=other.current_version).state == "skipped"


def test_work_that_was_not_handed_in_does_not_become_so_by_a_merge(mia, ada, pair):
    keep, other = pair
    factories.annotation(ada, keep, 2, 5)
    submit(keep, by=ada)
    factories.annotation(ada, other, 6, 11)
    Assignment.objects.update(lease_until=timezone.now() - timedelta(days=3))

    merge_articles(keep, other, by=mia)

    reopened = Assignment.objects.get(version=keep.current_version)
    assert (reopened.state, reopened.lease_until > timezone.now()) == ("open", True)


def test_a_label_that_a_person_gave_both_articles_stays_where_it_is(mia, ada, pair):
    keep, other = pair
    label = Label.objects.get(project=mia.project, key="claim")
    for made in pair:
        version = made.current_version
        ArticleLabel.objects.create(
            project=mia.project, version=version, length=version.length, created_by=ada, label=label
        )

    merge_articles(keep, other, by=mia)

    assert ArticleLabel.objects.filter(version=keep.current_version).count() == 1
    assert ArticleLabel.objects.filter(version=other.current_version).count() == 1


def test_articles_with_different_texts_keep_their_judgements_apart_and_the_export_has_both(mia, ada):
    keep, other = factories.article(mia), factories.article(mia, "Es regnete lange.", external_id="other")
    made = factories.annotation(ada, other, 0, 2)

    merge_articles(keep, other, by=mia)

    made.refresh_from_db()
    assert made.version_id == other.current_version_id
    assert list(ArticleFilters().articles(mia)) == [keep]
    assert b'"external_id":"other"' in exported(mia)


def test_a_page_left_open_can_no_longer_annotate_the_merged_article(mia, ada, pair):
    keep, other = pair
    version = ArticleVersion.objects.get(article=other)
    merge_articles(keep, other, by=mia)

    with pytest.raises(Refused, match="merged into another"):
        annotate(NewAnnotation(uuid.uuid4(), version.uuid, Span(2, 5), TEXT[2:5], "claim"), by=ada)


def test_a_chain_of_merges_leads_to_its_end(mia, pair):
    keep, other = pair
    third = factories.article(mia, external_id="third")
    merge_articles(other, third, by=mia)

    merge_articles(keep, other, by=mia)

    assert set(Article.objects.filter(merged_into=keep)) == {other, third}


def test_an_article_is_not_merged_twice_nor_into_itself_nor_into_a_merged_one(mia, pair):
    keep, other = pair
    with pytest.raises(Refused):
        merge_articles(keep, keep, by=mia)
    merge_articles(keep, other, by=mia)

    with pytest.raises(Refused):
        merge_articles(keep, other, by=mia)
    with pytest.raises(Refused):
        merge_articles(other, keep, by=mia)


@pytest.mark.parametrize("role", ["annotator", "reviewer", "viewer"])
def test_only_managers_merge_and_split(mia, pair, role):
    member = factories.member(mia, "rosa", role)

    with pytest.raises(Forbidden):
        merge_articles(*pair, by=member)
    with pytest.raises(Forbidden):
        split_articles(pair[1], by=member)


def test_a_merge_is_one_act_that_says_what_moved(mia, ada, pair):
    everything_on(pair[1], ada)

    merge_articles(*pair, by=mia)

    event = AuditEvent.objects.get(verb="article.merged")
    assert event.object_key == str(pair[1].uuid)
    assert (event.after["article"], event.after["annotations"], event.after["relations"]) == (str(pair[0].uuid), 2, 1)


def test_a_merge_of_different_texts_can_be_undone_and_one_of_equal_texts_says_why_not(mia, pair):
    keep, other = pair
    different = factories.article(mia, "Es regnete lange.")
    merge_articles(keep, different, by=mia)
    merge_articles(keep, other, by=mia)

    assert split_articles(different, by=mia).merged_into is None
    with pytest.raises(Refused, match="judgements were moved"):
        split_articles(other, by=mia)


# imports under the other's id


def test_an_import_of_the_other_s_id_meets_the_article_kept(mia):
    text = "Der Preis stieg um 4 %."
    imported(mia, {"a.jsonl": lines(article("keep", text), article("other", text))})
    keep, other = Article.objects.get(external_id="keep"), Article.objects.get(external_id="other")
    merge_articles(keep, other, by=mia)

    job = imported(mia, {"b.jsonl": lines(article("other", text, annotations=[annotation(text, "stieg")]))})

    assert counts(job) == (1, 0, 0, 1, 0)
    assert Annotation.objects.get().version == keep.current_version


def test_an_import_of_the_other_s_id_with_a_new_text_gives_the_article_kept_a_version(mia):
    imported(mia, {"a.jsonl": lines(article("keep"), article("other"))})
    keep, other = Article.objects.get(external_id="keep"), Article.objects.get(external_id="other")
    merge_articles(keep, other, by=mia)

    job = imported(mia, {"b.jsonl": lines(article("other", "Neu geschrieben."))}, on_conflict="version")

    assert counts(job) == (1, 0, 1, 0, 0)
    assert keep.versions.count() == 2


def test_the_other_s_own_file_changes_nothing_where_its_text_differs(mia):
    files = {"a.jsonl": lines(article("keep"), article("other", "Es regnete lange."))}
    imported(mia, files)
    keep, other = Article.objects.get(external_id="keep"), Article.objects.get(external_id="other")
    merge_articles(keep, other, by=mia)

    job = imported(mia, files, on_conflict="version")

    assert counts(job) == (2, 0, 0, 2, 0)


# pages, API, admin


def test_the_page_of_a_merged_article_leads_to_the_one_kept(mia, pair, client):
    merge_articles(*pair, by=mia)
    client.force_login(mia.user)

    response = client.get(f"/p/river/articles/{pair[1].uuid}/")

    assert response.status_code == 302
    assert str(pair[0].uuid) in response["Location"]


def test_the_details_of_an_article_merge_it_and_part_it_again(mia, client):
    keep = factories.article(mia, external_id="keep")
    other = factories.article(mia, "Es regnete lange.", external_id="other")
    client.force_login(mia.user)

    client.post(f"/p/river/articles/{other.uuid}/merge/", {"into": f"http://x/p/river/articles/{keep.uuid}/?q=1"})
    other.refresh_from_db()
    assert other.merged_into == keep
    assert b"Merged into another article" in client.get(f"/p/river/articles/{other.uuid}/details/").content

    client.post(f"/p/river/articles/{other.uuid}/merge/", {"split": "yes"})
    other.refresh_from_db()
    assert other.merged_into is None


def test_a_name_that_is_no_article_is_said_on_the_page(mia, pair, client):
    client.force_login(mia.user)

    response = client.post(f"/p/river/articles/{pair[1].uuid}/merge/", {"into": "nowhere"}, follow=True)

    assert "There is no article “nowhere”" in response.content.decode()


def test_the_admin_merges_the_articles_chosen_into_the_one_named(mia, pair, client):
    root = factories.user("root", is_staff=True, is_superuser=True)
    client.force_login(root)
    chosen = [name_of(Article, made.pk) for made in pair]

    client.post(
        "/admin/annotations/article/",
        {"action": "merge_articles", "_selected_action": chosen, "apply": "yes", "into": "keep"},
    )

    assert Article.objects.get(external_id="other").merged_into == pair[0]


def test_withdrawn_judgements_move_too(mia, ada, pair):
    made = factories.annotation(ada, pair[1], 2, 5)
    Annotation.objects.filter(pk=made.pk).update(withdrawn_at=timezone.now())

    merge_articles(*pair, by=mia)

    assert Annotation.objects.get().version == pair[0].current_version
