"""Who says what, shared passages, places of quotations and rules about words in our own format.

They come back to the byte, once, as far as one may see them, and are undone with the import that brought them.
"""

from __future__ import annotations

from uuid import NAMESPACE_URL, uuid4, uuid5

import orjson
import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotations.exporters.exporting import counts_of
from annotations.models import (
    Article,
    Attribution,
    BoilerplateRuling,
    IndexedText,
    Job,
    Project,
    Quotation,
    QuotationDecision,
    QuotationMatch,
    QuoteDecision,
    QuoteLink,
    Speaker,
    SpeakerRevision,
    Spelling,
)
from annotations.quoting.showing import place_of
from annotations.removing.withholding import Demand, withhold_article
from annotations.reuse.finding import start_finding
from annotations.reuse.ruling import rule
from annotations.search.indexing import index_waiting
from annotations.text.spans import Span
from annotations.workflow.attributing import Said, attribute, change_attribution, withdraw_attribution
from annotations.workflow.passages import NewLink, PassageDecision, Quoted, decide_passage, link_passages
from annotations.workflow.quotations import PlaceDecision, decide_place, show_place
from annotations.workflow.sources import add_source
from annotations.workflow.speakers import change_speaker, merge_speaker
from annotations.workflow.wording_rules import add_spelling, change_spelling
from tests import factories
from tests.api.test_quotations import captured
from tests.corpora import article as record
from tests.corpora import empty_project, exported, imported, lines, undone
from tests.exporters.test_round_trip import held, validator
from tests.reuse.test_finding import MORE, REPORT, done

pytestmark = pytest.mark.django_db
KINDS = ("speaker", "attribution", "shared_passage", "quotation", "spelling", "boilerplate")
LATER = (
    *(Attribution, SpeakerRevision, QuoteLink, QuoteDecision, QuotationMatch, QuotationDecision, Spelling),
    *(BoilerplateRuling, Speaker),
)
FIRST = f"Erstes 📈.\n\n{REPORT}\n\nShe said “the letter is a forgery” twice.\n\n{MORE}"
SECOND = f"Elsewhere. {REPORT}\n\nThe minister, as he told us, called the letter a forgery."
SPEECH = "In the speech he said that the letter is a forgery, twice."


def quoted(article: Article, words: str) -> Quoted:
    start = article.current_version.text.index(words)
    return Quoted(article.current_version.uuid, Span(start, start + len(words)), words)


def annotate(by, article, words, label="quotation"):
    start = article.current_version.text.index(words)
    return factories.annotation(by, article, start, start + len(words), label)


def filled(visibility="open"):
    """Let Ada and Mia judge all there is, some of it twice, in the texts of two articles and a capture."""
    mia = factories.project("river", visibility=visibility)
    ada = factories.member(mia, "ada")
    one = factories.article(mia, FIRST, external_id="one", title="One")
    two = factories.article(mia, SECOND, external_id="two", title="Two")
    index_waiting()
    source = add_source("https://wire.example/speech", by=ada)
    page = captured(source, ada, SPEECH)
    said, told = annotate(ada, one, "the letter is a forgery"), annotate(mia, two, "called the letter a forgery")
    done(start_finding(mia))
    at = FIRST.index("She said")
    attributed = attribute(said.key, said.key, Said("Zoë  Amsel", "She said", Span(at, at + 8)), by=ada)
    changes = {"voice": "named_source", "voice_name": "Tern Wire", "note": "📎"}
    change_attribution(attributed.key, changes, by=ada, base_version=1)
    other = attribute(told.key, told.key, Said("the minister", "told us"), by=mia)
    withdraw_attribution(other.key, by=mia, base_version=1)
    zoe, minister = Speaker.objects.get(name="Zoë Amsel"), Speaker.objects.get(name="the minister")
    change_speaker(minister.key, name="Erik Blom", note="Since 2017.", by=mia, base_version=1)
    merge_speaker(zoe.key, minister.key, by=mia, base_version=1)
    found = QuoteLink.objects.get()
    decide_passage(found.key, PassageDecision("rejected", 0, note="No."), by=mia)
    decide_passage(found.key, PassageDecision("confirmed", 1, "paraphrased", "backward"), by=mia)
    words = "the letter is a forgery", "the letter a forgery"
    link_passages(NewLink(uuid4(), quoted(one, words[0]), quoted(two, words[1]), direction="forward"), by=ada)
    quotation = Quotation.objects.get(annotation=said)
    place = quotation.matches.get(capture=page)
    decide_place(quotation.key, place.key, PlaceDecision("not_original", 0), by=ada)
    decide_place(quotation.key, place.key, PlaceDecision("original", 1, "Heard it."), by=ada)
    shown = quoted(two, "called the letter a forgery")
    show_place(quotation, place_of(quotation, uuid4(), two.current_version, shown.span, shown.quote), by=mia)
    spelling = add_spelling(uuid4(), ["Uighur", "Uygur"], by=mia)
    change_spelling(spelling.key, ["Uyghur", "Uighur", "Uygur"], by=mia, base_version=1)
    gone = add_spelling(uuid4(), ["Amsel", "Drossel"], by=mia)
    change_spelling(gone.key, [], by=mia, base_version=1)
    rule(MORE, True, by=mia)
    rule("Erstes 📈", False, by=mia)
    return mia, ada


def rows(file, *kinds):
    return [row for line in file.splitlines() if (row := orjson.loads(line))["type"] in (kinds or KINDS)]


def counted(project):
    return {model: model._base_manager.filter(**_of(model, project)).count() for model in LATER}


def _of(model, project):
    return {"speaker__project": project} if model is SpeakerRevision else {"project": project}


def test_all_of_it_comes_back_to_the_byte_and_once():
    mia, _ada = filled()
    export = exported(None, project=mia.project)
    assert counts_of(Job.objects.filter(kind="export").latest("pk"))["left_out"] == {}
    Project.objects.filter(pk=mia.project_id).update(slug="river-first")

    again = held(export, "river")

    assert exported(None, project=again) == export
    for row in rows(export):
        validator().validate(row)
    assert [row["type"] for row in rows(export)] == [
        *("speaker",) * 2,
        *("attribution",) * 2,
        *("shared_passage",) * 2,
        "quotation",
        *("spelling",) * 2,
        *("boilerplate",) * 2,
    ]
    before = counted(again)
    assert before | {QuotationMatch: 7} == counted(mia.project)  # five places were only found
    job = imported(None, {"corpus.jsonl": export}, project=again)
    assert (job.n_problems, counted(again)) == (0, before)
    as_object = exported(None, project=again, as_json_object=True)
    validator().validate(orjson.loads(as_object))
    assert len(orjson.loads(as_object)["shared_passages"]) == 2
    whole = imported(None, {"corpus.json": as_object}, project=empty_project("lake"))
    assert (whole.n_problems, whole.n_created) == (0, 2)
    assert counted(whole.project) == before


@pytest.mark.long
def test_a_dry_run_finds_nothing_wrong_with_it_and_what_names_speakers_and_captures_comes_after_them():
    mia, _ada = filled()
    export = exported(None, project=mia.project)
    made = factories.project("lake", manager="lea")

    tried = imported(made, {"corpus.jsonl": export}, is_trial=True)
    assert (tried.n_created, tried.n_problems) == (2, 0), list(tried.problems.values("field", "message"))
    assert not any(counted(made.project).values())

    job = imported(made, {"corpus.jsonl": export})
    stages = {name: stage for stage, facts in job.chunks.values_list("stage", "facts") for name in facts}
    after = ("attributions_created", "places_created"), ("speakers_created", "passages_created", "spellings_created")
    assert [{stages[name] for name in names} for names in after] == [{4}, {2}]
    for told in ("2 attributions are new", "2 places of quotations are new", "2 rulings about boilerplate are new"):
        assert told in job.message


def test_what_was_found_is_found_again_in_its_place_and_decisions_stay_with_it():
    mia, _ada = filled()
    export = exported(None, project=mia.project)
    made = factories.project("lake", manager="lea")
    imported(made, {"corpus.jsonl": export})
    there = QuoteLink.objects.filter(project=made.project, made_by=None).get()
    decided = QuoteDecision.objects.get(link=there)
    keys = set(QuotationMatch.objects.filter(project=made.project).values_list("key", flat=True))

    done(start_finding(made))

    assert QuoteLink.objects.get(project=made.project, made_by=None) == there
    assert QuoteDecision.objects.get(link=there).state == decided.state == "confirmed"
    assert keys <= set(QuotationMatch.objects.filter(project=made.project).values_list("key", flat=True))
    assert Quotation.objects.filter(project=made.project, annotation__isnull=False).count() == 2


def test_a_found_passage_from_a_file_goes_once_it_is_found_no_more():
    mia = factories.project("river")
    for name in "ab":
        factories.article(mia, f"Article {name}. {REPORT}", external_id=name)
    done(start_finding(mia))
    export = exported(None, project=mia.project)
    made = factories.project("lake", manager="lea")
    imported(made, {"corpus.jsonl": export})
    assert QuoteLink.objects.filter(project=made.project).count() == 1

    rule(REPORT, True, by=made)
    index_waiting()
    done(start_finding(made, again=True))

    assert not QuoteLink.objects.filter(project=made.project).exists()


def test_an_annotator_of_a_blind_project_gets_their_own_alone():
    mia, ada = filled("blind")
    ben = factories.member(mia, "ben")

    own, others = rows(exported(ada)), rows(exported(ben))

    assert [row["annotator"] for row in own if row["type"] == "attribution"] == [ada.pseudonym]
    assert {row["type"] for row in own} == set(KINDS) - {"speaker"}
    links = [row for row in own if row["type"] == "shared_passage"]
    assert [row.get("annotator") for row in links].count(ada.pseudonym) == 1
    decided = [each["decided_by"] for row in links for each in row.get("decisions", ())]
    assert decided == [ada.pseudonym]
    (quotation,) = [row for row in own if row["type"] == "quotation"]
    assert [place.get("annotator") for place in quotation["places"]] == [None]  # not the one that Mia showed
    assert [row["type"] for row in others] == ["shared_passage", *("spelling",) * 2, *("boilerplate",) * 2]
    assert "decisions" not in others[0]
    for row in (*own, *others):
        assert mia.pseudonym not in orjson.dumps(row).decode()
    everything = rows(exported(mia))
    assert {each["annotator"] for each in everything if each["type"] == "attribution"} == {ada.pseudonym, mia.pseudonym}


def test_a_part_of_the_judgements_has_what_belongs_to_it_and_some_articles_what_lies_among_them():
    mia, ada = filled()
    gold = rows(exported(mia, layer="gold"))
    assert {row["type"] for row in gold} == {"spelling", "boilerplate"}
    theirs = rows(exported(mia, layer="annotators"), "attribution")
    assert {row["annotator"] for row in theirs} == {ada.pseudonym, mia.pseudonym}
    assert not rows(exported(mia, submitted_only=True), "attribution")
    one = rows(exported(mia, filters={"q": "One"}))
    assert {row["type"] for row in one} <= {"speaker", "attribution", "quotation", "spelling"}
    assert [row["annotator"] for row in one if row["type"] == "attribution"] == [ada.pseudonym]
    # whom she was merged into comes along; the place in the other article does not
    assert [row["known_as"] for row in one if row["type"] == "speaker"] == ["Zoë Amsel", "the minister"]
    places = [place for row in one if row["type"] == "quotation" for place in row["places"]]
    assert not [place for place in places if "article" in place]


def test_without_texts_it_has_no_words_of_them_and_they_come_back_with_the_texts(tmp_path):
    mia, _ada = filled()
    export = exported(None, project=mia.project, with_text=False)
    told = b"\n".join(orjson.dumps(row) for row in rows(export)).decode()
    for words in (REPORT, MORE, SPEECH, "She said", "the letter is a forgery"):
        assert words not in told
    assert counts_of(Job.objects.filter(kind="export").latest("pk"))["left_out"] == {"wording_rules": 2}
    (tmp_path / "corpus.jsonl").write_bytes(export)
    (texts := tmp_path / "texts").mkdir()
    (texts / "1.txt").write_text(FIRST, encoding="utf-8")
    (texts / "2.txt").write_text(SECOND, encoding="utf-8")
    made = empty_project("lake")

    call_command("import_corpus", str(tmp_path / "corpus.jsonl"), project="lake", texts=texts)

    job = Job.objects.get(project=made)
    assert sorted(job.problems.values_list("field", flat=True)) == ["places.0.capture"]  # its text was not given
    said = Attribution.objects.get(project=made, withdrawn_at=None)
    assert (said.cue, said.speaker.merged_into.name) == ("She said", "Erik Blom")
    assert QuoteLink.objects.filter(project=made).count() == 2
    assert Quotation.objects.get(project=made).quote == "the letter is a forgery"


def test_an_import_is_undone_with_all_of_it_where_its_articles_are_new():
    mia, _ada = filled()
    export = exported(None, project=mia.project)
    made = factories.project("lake", manager="lea")
    job = imported(made, {"corpus.jsonl": export})
    assert all(counted(made.project).values())

    undone(made, job)

    assert not any(counted(made.project).values())
    assert not Quotation.objects.filter(project=made.project).exists()
    assert not Article.objects.filter(project=made.project).exists()


def bare(export, *kinds):
    """Return an export without what lies on its articles, or without some kinds of lines."""
    found = [orjson.loads(line) for line in export.splitlines()]
    return b"\n".join(orjson.dumps(row) for row in found if row["type"] not in kinds)


def test_what_an_import_adds_to_articles_that_were_there_is_undone_but_what_somebody_worked_on():
    mia, _ada = filled()
    export = exported(None, project=mia.project)
    made = factories.project("lake", manager="lea")
    imported(made, {"corpus.jsonl": bare(export, *KINDS)})
    index_waiting()
    done(start_finding(made))
    there = counted(made.project)
    IndexedText.objects.filter(project=made.project).update(method="words-1")
    job = imported(made, {"corpus.jsonl": export})
    assert counted(made.project)[Attribution] == 2
    undone(made, job)
    assert counted(made.project) == there
    assert IndexedText.objects.filter(project=made.project, method="").count() == 1  # boilerplate is none any more

    job = imported(made, {"corpus.jsonl": export})
    spelling = Spelling.objects.get(project=made.project, withdrawn_at=None)
    change_spelling(spelling.key, [], by=made, base_version=spelling.version_number)
    link = QuoteLink.objects.get(project=made.project, made_by__isnull=False)
    decide_passage(link.key, PassageDecision("rejected", 0), by=made)
    zoe = Speaker.objects.get(project=made.project, name="Zoë Amsel")
    change_speaker(zoe.key, note="A poet.", by=made, base_version=zoe.version_number)
    undo = undone(made, job)

    kept = dict(undo.problems.values_list("field", "value"))
    assert set(kept) == {"spelling", "passage", "speaker"}
    assert (kept["spelling"], kept["passage"]) == (str(spelling.key), str(link.key))
    assert set(Speaker.objects.filter(project=made.project).values_list("name", flat=True)) == {
        "Zoë Amsel",
        "Erik Blom",
    }
    assert [row.decided_by for row in QuoteDecision.objects.filter(project=made.project)] == [made]


def test_what_does_not_fit_is_left_out_and_named():
    mia, _ada = filled()
    found = [orjson.loads(line) for line in exported(None, project=mia.project).splitlines()]
    of = {kind: [row for row in found if row["type"] == kind] for kind in KINDS}
    hers = next(row for row in of["attribution"] if row["cue"] == "She said")
    hers["cue"] = "She cried"
    next(row for row in of["attribution"] if row is not hers)["annotation"] = str(uuid4())
    of["shared_passage"][0]["other"]["quote"] = "not there"
    of["shared_passage"][1]["direction"] = "sideways"
    of["quotation"][0]["places"][0]["decisions"][0]["state"] = "maybe"
    of["spelling"][0]["words"] = ["two words", "one"]
    of["boilerplate"][0]["boilerplate"] = "yes"
    of["speaker"][0]["merged_into"] = of["speaker"][1]["known_as"]
    of["speaker"][1]["merged_into"] = of["speaker"][0]["known_as"]

    job = imported(None, {"c.jsonl": b"\n".join(map(orjson.dumps, found))}, project=empty_project("lake"))

    named = sorted(set(job.problems.values_list("field", flat=True)))
    assert named == [
        *("annotation", "boilerplate", "cue", "direction", "merged_into", "other"),
        *("places.0.decisions.0.state", "words"),
    ]
    assert all(problem.line and problem.message for problem in job.problems.all())
    assert Speaker.objects.filter(project=job.project, merged_into__isnull=False).count() == 1


@pytest.mark.long
def test_withheld_texts_keep_the_places_and_no_word():
    mia, _ada = filled()
    article = Article.objects.get(project=mia.project, external_id="one")
    withhold_article(article, Demand(article.title, "Verlag", "Rechte."), by=mia)
    export = exported(None, project=mia.project)
    told = b"\n".join(orjson.dumps(row) for row in rows(export)).decode()
    assert "She said" not in told
    assert {row["quote"] for row in rows(export, "quotation")} == {""}
    Project.objects.filter(pk=mia.project_id).update(slug="river-first")

    assert exported(None, project=held(export, "river")) == export


def many(n):
    """Return a file with so many of each kind, on two articles."""
    texts = {"one": "a b " * 400, "two": "c d " * 400}
    keys = [str(uuid5(NAMESPACE_URL, f"{number}")) for number in range(3 * n)]
    marks = [
        {"key": keys[i], "start": i, "end": i + 1, "quote": texts["one"][i], "label": "claim", "annotator": "ada"}
        for i in range(0, 2 * n, 2)
    ]
    articles = [record("one", texts["one"], annotations=marks), record("two", texts["two"])]
    decisions = [
        {"decided_by": "ada", "state": "confirmed", "version": 2, "revisions": [{"state": "open", "version": 1}]}
    ]
    place = {"score": 1.0, "verbatim": True, "decisions": [{"decided_by": "ada", "state": "original"}]}
    rows = [
        row
        for i in range(0, 2 * n, 2)
        for row in (
            {"type": "speaker", "known_as": f"S {i}", "name": f"S {i}", "merged_into": "All"},
            {"type": "attribution", "key": keys[i], "annotation": keys[i], "speaker": f"S {i}", "annotator": "ada"},
            {
                "type": "shared_passage",
                "one": {"article": "one", "start": i, "end": i + 1},
                "other": {"article": "two", "start": i, "end": i + 1},
                "relation": "altered",
                "found_by": "words-1",
                "decisions": decisions,
            },
            {
                **{"type": "quotation", "article": "one", "start": i, "end": i + 1, "origin": "rule"},
                "places": [{"article": "two", "start": i, "end": i + 1, **place}],
            },
        )
    ]
    words = {"type": "spelling", "key": keys[-1], "words": ["colour", "color"]}
    return lines(*articles, *sorted(rows, key=lambda row: row["type"]), words)


def queries_of(act):
    with CaptureQueriesContext(connection) as found:
        act()
    return len(found)


def test_it_takes_as_many_queries_however_much_there_is():
    few, more = (factories.project(name, manager=f"m-{name}") for name in ("few", "more"))

    of_imports = [queries_of(lambda by=by, n=n: imported(by, {"c.jsonl": many(n)})) for by, n in ((few, 2), (more, 40))]
    of_exports = [queries_of(lambda by=by: exported(by)) for by in (few, more)]

    assert QuoteDecision.objects.filter(project=more.project).count() == 40
    assert QuotationDecision.objects.filter(project=more.project).count() == 40
    assert Attribution.objects.filter(project=more.project).count() == 40
    assert of_imports[0] == of_imports[1]
    assert of_exports[0] == of_exports[1]
