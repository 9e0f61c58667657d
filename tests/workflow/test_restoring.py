"""The history of an article and of a claim, and bringing back what was there before an act, as a new state."""

from __future__ import annotations

import uuid
from datetime import date
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotations.access.requests import Request
from annotations.errors import Conflict, Forbidden, NotThere, Refused
from annotations.jobs.leases import owner_name
from annotations.jobs.running import run_to_the_end
from annotations.models import Annotation, Article, AuditEvent, Claim, EvidenceItem, Region
from annotations.tasks import KINDS
from annotations.text.spans import Span
from annotations.workflow import opening
from annotations.workflow.annotating import (
    AnnotationChange,
    NewAnnotation,
    annotate,
    change_annotation,
    withdraw_annotation,
)
from annotations.workflow.articles import MetadataChange, edit_article, set_metadata
from annotations.workflow.assigning import submit
from annotations.workflow.claiming import (
    NewMention,
    change_claim,
    change_mention,
    make_claim,
    set_claim_withdrawn,
    set_mention_withdrawn,
)
from annotations.workflow.correcting import correct_article
from annotations.workflow.evidence import (
    NewEvidence,
    SourceLink,
    attach_source,
    change_evidence,
    set_evidence_withdrawn,
)
from annotations.workflow.giving import Rule, give_by_rule
from annotations.workflow.histories import acts_on_article, acts_on_claim, hide_values, with_before
from annotations.workflow.opening import NewRound, open_round
from annotations.workflow.parts import Part
from annotations.workflow.relating import (
    LabelChange,
    NewArticleLabel,
    NewRelation,
    change_article_label,
    change_relation,
    label_article,
    relate,
    withdraw_article_label,
    withdraw_relation,
)
from annotations.workflow.restoring import present_versions, restore_before
from annotations.workflow.sealing import forget_personal
from annotations.workflow.verifying import findings
from annotations.workflow.zoning import NewZone, ZoneChange, change_zone, mark_zone, withdraw_zone
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def team() -> SimpleNamespace:
    mia = factories.project()
    ada, ben = factories.member(mia, "ada"), factories.member(mia, "ben")
    return SimpleNamespace(mia=mia, ada=ada, ben=ben, story=factories.article(mia, publisher="Bote"))


def act(verb: str) -> AuditEvent:
    return AuditEvent.objects.filter(verb=verb).order_by("-pk")[0]


def restored(verb: str, by, base: int, **more):
    return restore_before(act(verb).uuid, by=by, base_version=base, **more)


def test_an_earlier_state_of_an_annotation_is_current_again_and_nothing_is_lost(team):
    made = factories.annotation(team.ada, team.story, 2, 11, note="eins")
    text = team.story.current_version.text
    change = AnnotationChange(label="number", span=Span(12, 17), quote=text[12:17], note="zwei")
    change_annotation(made.key, change, by=team.ada, base_version=1)

    done = restored("annotation.changed", team.ada, 2)

    now = Annotation.objects.get(key=made.key)
    assert (done.kind, done.key, done.version) == ("annotation", made.key, 3)
    assert (now.start, now.end, now.quote, now.label.key, now.note) == (2, 11, text[2:11], "claim", "eins")
    assert [(one.version_number, one.note, one.start) for one in now.revisions.order_by("version_number")] == [
        (1, "eins", 2),
        (2, "zwei", 12),
    ]
    event = act("annotation.reverted")
    assert (event.before["version"], event.after["version"]) == (2, 3)
    assert event.text.values == {"note": "eins", "earlier": {"note": "zwei"}}
    assert list(findings()) == []


def test_parts_and_attributes_come_back_too(team):
    text = team.story.current_version.text
    parts = (Part(Span(2, 5), text[2:5]), Part(Span(6, 11), text[6:11]))
    new = NewAnnotation(uuid.uuid4(), team.story.current_version.uuid, Span(2, 11), text[2:11], "claim", parts=parts)
    made = annotate(new, by=team.ada)
    change_annotation(
        made.key, AnnotationChange(span=Span(2, 11), quote=text[2:11], parts=()), by=team.ada, base_version=1
    )
    restored("annotation.changed", team.ada, 2)

    pieces = Annotation.objects.get(key=made.key).fragments.order_by("n").values_list("start", "end")
    assert list(pieces) == [(2, 5), (6, 11)]
    assert list(findings()) == []


def test_a_withdrawn_annotation_stands_up_again(team):
    made = factories.annotation(team.ada, team.story, 2, 11)
    withdraw_annotation(made.key, by=team.ada, base_version=1)

    restored("annotation.withdrawn", team.ada, 2)

    now = Annotation.objects.get(key=made.key)
    assert (now.withdrawn_at, now.version_number) == (None, 3)


def test_a_state_that_would_overlap_now_is_refused(team):
    factories.set_project(team.mia, overlaps="none")
    made = factories.annotation(team.ada, team.story, 2, 11)
    withdraw_annotation(made.key, by=team.ada, base_version=1)
    factories.annotation(team.ada, team.story, 5, 8, "number")
    team.ada.project.refresh_from_db()

    with pytest.raises(Refused):
        restored("annotation.withdrawn", team.ada, 2)


def test_versions_are_checked_and_a_repeated_request_is_one_act(team):
    made = factories.annotation(team.ada, team.story, 2, 11, note="eins")
    change_annotation(made.key, AnnotationChange(note="zwei"), by=team.ada, base_version=1)

    with pytest.raises(Conflict) as met:
        restored("annotation.changed", team.ada, 1)
    assert met.value.code == "stale_version"

    event, request = act("annotation.changed"), Request.of(uuid.uuid4(), "x")
    for _n in range(2):
        done = restore_before(event.uuid, by=team.ada, base_version=2, request=request)
        assert done.version == 3
    assert AuditEvent.objects.filter(verb="annotation.reverted").count() == 1


def test_only_who_may_change_a_thing_brings_it_back(team):
    made = factories.annotation(team.ada, team.story, 2, 11, note="eins")
    change_annotation(made.key, AnnotationChange(note="zwei"), by=team.ada, base_version=1)

    with pytest.raises(NotThere):
        restored("annotation.changed", team.ben, 2)
    with pytest.raises(Forbidden):
        restored("annotation.changed", team.mia, 2)
    submit(team.story, by=team.ada)
    with pytest.raises(Refused, match="handed"):
        restored("annotation.changed", team.ada, 2)
    other = factories.project("lake", manager="otto")
    with pytest.raises(NotThere):
        restored("annotation.changed", other, 2)


def test_an_act_that_kept_nothing_is_refused_and_others_acts_are_not_there(team):
    factories.annotation(team.ada, team.story, 2, 11)
    with pytest.raises(Refused, match="kept nothing"):
        restored("annotation.created", team.ada, 1)
    with pytest.raises(NotThere):
        restored("annotation.created", team.ben, 1)


def test_claim_mention_and_evidence_come_back(team):
    made = factories.annotation(team.ada, team.story, 2, 11)
    mention_key = uuid.uuid4()
    claim = make_claim(uuid.uuid4(), "Eins", by=team.ada, mention=NewMention(mention_key, made.key), claimant="A")
    change_claim(claim.key, {"text": "Zwei", "claim_date": date(2024, 2, 29)}, by=team.ada, base_version=1)
    assert act("claim.changed").text.values == {
        "text": "Zwei",
        "claim_date": "2024-02-29",
        "earlier": {"text": "Eins", "claim_date": None},
    }
    restored("claim.changed", team.ada, 2)
    now = Claim.objects.get(key=claim.key)
    assert (now.text, now.claim_date, now.claimant, now.version_number) == ("Eins", None, "A", 3)
    set_claim_withdrawn(claim.key, True, by=team.ada, base_version=3)
    restored("claim.withdrawn", team.ada, 4)
    assert Claim.objects.get(key=claim.key).withdrawn_at is None

    change_mention(mention_key, "denies", by=team.ada, base_version=1)
    set_mention_withdrawn(mention_key, True, by=team.ada, base_version=2)
    restored("mention.changed", team.ada, 3)
    mention = claim.mentions.get()
    assert (mention.stance, mention.withdrawn_at, mention.version_number) == ("asserts", None, 4)

    link = SourceLink(url="https://amt.example/a", title="Amt", note="n1")
    item = attach_source(NewEvidence(uuid.uuid4(), link, claim=claim.key), by=team.ada)
    changes = {"url": "https://amt.example/b", "note": "n2", "stance": "refutes"}
    change_evidence(item.key, changes, by=team.ada, base_version=1)
    set_evidence_withdrawn(item.key, True, by=team.ada, base_version=2)
    restored("evidence.changed", team.ada, 3)
    found = EvidenceItem.objects.select_related("source").get(key=item.key)
    assert (found.url, found.note, found.stance, found.withdrawn_at) == (
        "https://amt.example/a",
        "n1",
        "supports",
        None,
    )
    assert found.source.canonical_url == "https://amt.example/a"
    assert list(findings()) == []


def test_a_relation_and_a_label_on_an_article_come_back(team):
    for key, place in (("answers", "relation"), ("denies", "relation"), ("news", "article"), ("view", "article")):
        factories.label_for(team.mia.project, key, place)
    ends = [factories.annotation(team.ada, team.story, start, start + 3).key for start in (2, 12)]
    relation = relate(NewRelation(uuid.uuid4(), *ends, "answers", note="eins"), by=team.ada)
    change_relation(relation.key, LabelChange(label="denies", note="zwei"), by=team.ada, base_version=1)
    withdraw_relation(relation.key, by=team.ada, base_version=2)
    with pytest.raises(Forbidden):
        restored("relation.changed", team.mia, 3)
    with pytest.raises(NotThere):
        restored("relation.changed", team.ben, 3)
    with pytest.raises(Conflict):
        restored("relation.changed", team.ada, 2)
    done = restored("relation.changed", team.ada, 3)
    relation.refresh_from_db()
    assert (done.kind, done.key, done.version) == ("relation", relation.key, 4)
    assert (relation.label.key, relation.note, relation.withdrawn_at) == ("answers", "eins", None)
    event = act("relation.reverted")
    assert (event.before["version"], event.after["version"], event.after["withdrawn"]) == (3, 4, False)
    assert event.text.values == {"note": "eins", "earlier": {"note": "zwei"}}

    version = team.story.current_version.uuid
    first = label_article(NewArticleLabel(uuid.uuid4(), version, "news"), by=team.ada)
    change_article_label(first.key, LabelChange(label="view"), by=team.ada, base_version=1)
    second = label_article(NewArticleLabel(uuid.uuid4(), version, "news"), by=team.ada)
    with pytest.raises(Refused, match="already"):
        restored("article_label.changed", team.ada, 2)
    withdraw_article_label(second.key, by=team.ada, base_version=1)
    assert present_versions([act("article_label.changed"), act("article_label.withdrawn")], team.ben) == {}
    shown = present_versions([act("article_label.changed"), act("article_label.withdrawn")], team.ada)
    assert shown == {act("article_label.changed").uuid: 2, act("article_label.withdrawn").uuid: 2}
    restored("article_label.changed", team.ada, 2)
    first.refresh_from_db()
    assert (first.label.key, first.version_number) == ("news", 3)
    submit(team.story, by=team.ada)
    with pytest.raises(Refused, match="handed"):
        restored("article_label.reverted", team.ada, 3)
    assert list(findings()) == []


def test_a_zone_and_what_is_known_of_an_article_come_back(team):
    version = team.story.current_version
    new = NewZone(uuid.uuid4(), version.uuid, "caption", Span(0, 10), version.text[:10])
    zone = mark_zone(new, by=team.mia)
    change = ZoneChange(kind="excerpt", span=Span(2, 11), quote=version.text[2:11], publisher="Post")
    change_zone(zone.uuid, change, by=team.mia, base_version=1)
    withdraw_zone(zone.uuid, by=team.mia, base_version=2)
    restored("zone.withdrawn", team.mia, 3)
    found = Region.objects.get(uuid=zone.uuid)
    assert (found.kind, found.start, found.publisher.name, found.withdrawn_at) == ("excerpt", 2, "Post", None)
    restored("zone.changed", team.mia, 4)
    found = Region.objects.get(uuid=zone.uuid)
    assert (found.kind, found.start, found.end, found.publisher, found.version_number) == ("caption", 0, 10, None, 5)

    edit = MetadataChange(
        title="Neu", publisher="Post", url="https://post.example/1", published_at=date(2024, 2, 29), language="de"
    )
    edit_article(team.story, edit, by=team.mia, base_revision=1)
    with pytest.raises(Forbidden):
        restored("article.changed", team.ada, 2)
    with pytest.raises(Conflict):
        restored("article.changed", team.mia, 1)
    done = restored("article.changed", team.mia, 2)
    article = Article.objects.select_related("publisher").get(pk=team.story.pk)
    assert (article.title, article.publisher.name, article.url, article.published_at) == ("Der Preis", "Bote", "", None)
    assert (article.language, article.url_sha256, done.version) == ("", None, 3)
    restored("article.reverted", team.mia, 3)
    article.refresh_from_db()
    assert (article.title, article.published_at.date(), article.published_precision) == (
        "Neu",
        date(2024, 2, 29),
        "day",
    )
    assert bytes(article.url_sha256)

    forget_personal(AuditEvent.objects.filter(object_type="article"))
    with pytest.raises(Refused, match="kept nothing"):
        restored("article.changed", team.mia, 4)


# What a history holds, and for whom


def verbs(rows, by) -> list[str]:
    return [event.verb for event in hide_values(list(rows.order_by("pk")), by)]


def test_the_history_of_an_article_holds_what_hangs_on_all_its_texts(team):
    made = factories.annotation(team.ada, team.story, 2, 11)
    claim = make_claim(uuid.uuid4(), "Eins", by=team.ada, mention=NewMention(uuid.uuid4(), made.key))
    correct_article(
        team.story,
        team.story.current_version.text + " Neu.",
        by=team.mia,
        base_version=team.story.current_version.uuid,
    )
    other = factories.article(team.mia)
    factories.annotation(team.ben, other, 2, 11)

    found = verbs(acts_on_article(team.story, team.mia), team.mia)

    assert found == ["article.added", "assignment.opened", "annotation.created", "claim.created", "article.corrected"]
    assert verbs(acts_on_claim(claim, team.mia), team.mia) == ["claim.created"]


def test_where_work_is_blind_an_annotator_sees_their_own_acts_and_of_others_only_the_articles(team):
    factories.annotation(team.ada, team.story, 2, 11)
    factories.annotation(team.ben, team.story, 2, 11)
    edit_article(team.story, MetadataChange(title="Neu"), by=team.mia, base_revision=1)
    rows = acts_on_article(team.story, team.ada).select_related("text").order_by("pk")
    events = hide_values(list(rows), team.ada)

    assert [event.verb for event in events] == [
        *("article.added", "assignment.opened", "annotation.created", "article.changed")
    ]
    assert [event.actor_id for event in events if event.actor_id != team.ada.pk] == [team.mia.pk] * 2
    assert [(event.after, event.text.values) for event in events if event.verb == "article.changed"] == [({}, {})]
    assert verbs(acts_on_article(team.story, team.mia), team.mia).count("annotation.created") == 2


def test_hidden_outlets_stay_hidden_in_an_open_project(team):
    factories.set_project(team.mia, visibility="open", hides_outlets=True)
    edit_article(team.story, MetadataChange(publisher="Post"), by=team.mia, base_revision=1)
    for by, seen in ((team.ada, False), (team.mia, True)):
        by.project.refresh_from_db()
        rows = acts_on_article(team.story, by).select_related("text").order_by("pk")
        assert any("Post" in str(event.text.values) for event in hide_values(list(rows), by)) == seen


def test_acts_on_many_by_jobs_and_within_a_request_name_the_articles_they_were_done_to(team, monkeypatch):
    other, wordless = factories.article(team.mia, publisher="Post"), factories.article(team.mia)
    rows = Article.objects.filter(pk__in=(team.story.pk, other.pk))
    give_by_rule(Rule(1, (team.ada,)), rows, by=team.mia)
    give_by_rule(Rule(1, (team.ben,)), rows, by=team.mia)  # gives nothing any more
    for n, at_once in enumerate((200, 1)):
        monkeypatch.setattr(opening, "AT_ONCE", at_once)
        opened = open_round(NewRound(f"R{n}"), rows, by=team.mia)
    run_to_the_end(opened.job.pk, KINDS, owner=owner_name())

    given = ["assignment.given_by_rule", "round.opened", "round.taken"]
    for story, expected in ((team.story, given), (other, given), (wordless, [])):
        assert verbs(acts_on_article(story, team.mia), team.mia)[1:] == expected
        assert verbs(acts_on_article(story, team.ada), team.ada) == ["article.added"]

    factories.set_project(team.mia, visibility="open", hides_outlets=True)
    team.ada.project.refresh_from_db()
    set_metadata(rows, MetadataChange(publisher="Anzeiger"), by=team.mia)
    for by, before in ((team.ada, {}), (team.mia, {"publisher": str(other.publisher.uuid)})):
        events = acts_on_article(other, by).select_related("text").filter(verb="articles.changed")
        (event,) = hide_values(with_before(list(events), other), by)
        assert (event.before, bool(event.text.values)) == (before, bool(before))


def test_a_history_and_what_can_be_brought_back_cost_as_many_queries_however_much_there_is(team):
    def cost() -> int:
        with CaptureQueriesContext(connection) as met:
            events = list(acts_on_article(team.story, team.ada).select_related("actor", "text").order_by("-pk")[:50])
            present_versions(events, team.ada)
        return len(met)

    made = factories.annotation(team.ada, team.story, 2, 11)
    change_annotation(made.key, AnnotationChange(note="1"), by=team.ada, base_version=1)
    first = cost()
    for n in range(12, 30):
        one = factories.annotation(team.ada, team.story, n, n + 1)
        change_annotation(one.key, AnnotationChange(note="1"), by=team.ada, base_version=1)

    assert cost() == first == 2
