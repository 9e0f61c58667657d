"""Exports that a paper can cite: layers, a licence, texts that may not be passed on, parts that share no passage."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import jsonschema
import orjson
import pytest
from django.core.management import CommandError, call_command

from annotations.errors import Refused
from annotations.models import Annotation, Article, EvidenceItem, Job, JobProblem, Membership
from annotations.workflow.assigning import submit
from annotations.workflow.claiming import make_claim
from annotations.workflow.evidence import NewEvidence, Passage, SourceLink, attach_source, change_evidence
from tests.conftest import BASE_DIR
from tests.corpora import article as record
from tests.corpora import empty_project, exported, imported, lines
from tests.factories import COMBINING, GERMAN, annotation, article, assigned, member, project

pytestmark = pytest.mark.django_db
SCHEMA = json.loads((BASE_DIR / "docs" / "native-format.schema.json").read_text(encoding="utf-8"))
PASSAGE = "Der Fluss stieg in der Nacht um zwei Meter an"


def rows(export: bytes) -> list[dict[str, Any]]:
    found = [orjson.loads(line) for line in export.splitlines()]
    for row in found:
        jsonschema.Draft202012Validator(SCHEMA).validate(row)
    return found


def owners(found: list[dict[str, Any]]) -> set[str]:
    return {each["annotator"] for row in found if row["type"] == "article" for each in row["annotations"]}


def two_layers() -> tuple[Membership, Membership, Membership]:
    """Let Ada hand her work in, while Ben is at work; one of Ada's annotations is gold."""
    mia = project()
    ada, ben = member(mia, "ada"), member(mia, "ben")
    made = article(mia, GERMAN, external_id="x")
    for who in (ada, ben):
        assigned(mia, who, made)
        annotation(who, made, 2, 11)
    gold = annotation(ada, made, 6, 11, "number")
    Annotation.objects.filter(pk=gold.pk).update(layer=Annotation.Layer.GOLD, created_by=mia)
    submit(made, by=ada)
    return mia, ada, ben


def test_the_gold_layer_comes_alone():
    mia, _ada, _ben = two_layers()

    found = rows(exported(mia, layer="gold"))

    assert found[0]["layer"] == "gold"
    assert owners(found) == {mia.pseudonym}
    assert [each["pseudonym"] for each in found[0]["annotators"]][:1] != []


def test_what_each_annotator_did_comes_without_gold():
    mia, ada, ben = two_layers()

    assert owners(rows(exported(mia, layer="annotators"))) == {ada.pseudonym, ben.pseudonym}


def test_work_that_is_not_handed_in_stays_out_on_request():
    mia, ada, ben = two_layers()

    export = exported(mia, submitted_only=True)

    assert owners(rows(export)) == {ada.pseudonym, mia.pseudonym}
    assert ben.pseudonym.encode() not in export


def test_a_licence_stands_in_the_header():
    found = rows(exported(project(), licence="CC BY 4.0"))

    assert found[0]["licence"] == "CC BY 4.0"


@pytest.mark.parametrize(
    "option", [{"layer": "best"}, {"split": "80/10"}, {"split": "90/10/10"}, {"licence": "two\nlines"}]
)
def test_an_option_that_cannot_be_taken_is_refused_at_once(option):
    with pytest.raises(Refused) as refusal:
        exported(project(), **option)

    assert refusal.value.field == next(iter(option))


# Without texts


def with_fragments(folder: Path) -> Path:
    """Write a corpus with all kinds of quotes; return its path."""
    split = {
        "fragments": [{"start": 2, "end": 5, "quote": GERMAN[2:5]}, {"start": 6, "end": 11, "quote": GERMAN[6:11]}]
    }
    spans = [
        {"start": 2, "end": 11, "quote": GERMAN[2:11], "label": "claim", "annotator": "zoë", **split},
        {"start": 6, "end": 11, "label": "number", "annotator": "zoë"},
    ]
    suggested = [{"start": 6, "end": 11, "quote": "Preis", "label": "claim", "suggested_by": "tagger 1"}]
    earlier = [{"version": 1, "text": COMBINING, "annotations": [{"start": 4, "end": 17, "label": "speaker"}]}]
    path = folder / "corpus.jsonl"
    path.write_bytes(
        lines(
            record("a", GERMAN, annotations=spans, suggestions=suggested, earlier_versions=earlier, version=2),
            record("b", "Another text.\n"),
        )
    )
    return path


def without_texts(tmp_path: Path) -> tuple[bytes, Path]:
    """Export a corpus with and without texts; return the first, and the path of the second."""
    full, bare = tmp_path / "full.jsonl", tmp_path / "bare.jsonl"
    call_command("import_corpus", str(with_fragments(tmp_path)), "--project", "river", "--create-project")
    call_command("export_corpus", "--project", "river", "--output", str(full))
    call_command("export_corpus", "--project", "river", "--output", str(bare), "--no-text")
    return full.read_bytes(), bare


def test_an_export_without_texts_has_no_words_of_them(tmp_path):
    _full, bare = without_texts(tmp_path)

    found = rows(bare.read_bytes())

    assert found[0]["with_text"] is False
    _header, _newline, articles = bare.read_bytes().partition(b"\n")
    for word in (b'"text"', b'"quote"', b'"prefix"', b"Preis", b"Another", "Bürger".encode()):
        assert word not in articles
    assert [each["start"] for each in found[1]["annotations"]] == [2, 6]


@pytest.mark.parametrize("kind", ["native", "folder"])
def test_texts_are_joined_again_by_their_hashes(tmp_path, kind):
    full, bare = without_texts(tmp_path)
    texts = tmp_path / "texts"
    texts.mkdir()
    if kind == "native":
        (texts / "anything.jsonl").write_bytes(full)
    else:
        for name, text in (("one", GERMAN), ("two", "Another text.\n"), ("three", COMBINING + "\n")):
            (texts / f"{name}.txt").write_text(text, encoding="utf-8")

    call_command("import_corpus", str(bare), "--project", "copy", "--create-project", "--texts", str(texts))

    output = tmp_path / "again.jsonl"
    call_command("export_corpus", "--project", "copy", "--output", str(output))
    assert output.read_bytes().splitlines()[1:] == full.splitlines()[1:]


def test_what_evidence_quotes_of_an_article_goes_with_the_texts_and_comes_back_with_them(tmp_path):
    mia = project()
    made = article(mia, GERMAN, external_id="a")
    link = SourceLink(stance="supports", note="Sein Satz.")
    claim = make_claim(uuid.uuid4(), "Es war abzusehen.", by=mia)
    item = attach_source(NewEvidence(uuid.uuid4(), link, Passage(made.uuid, 27, 44), claim=claim.key), by=mia)
    assert item.quote == "Das war abzusehen"
    change_evidence(item.key, {"note": "Ihr Satz."}, by=mia, base_version=1)
    whole, bare = exported(mia), exported(mia, with_text=False)
    assert "Das war abzusehen" in whole.decode()
    assert "Das war abzusehen" not in bare.decode()
    rows(bare)
    path, texts = tmp_path / "bare.jsonl", tmp_path / "texts"
    path.write_bytes(bare)
    texts.mkdir()
    (texts / "a.txt").write_text(GERMAN, encoding="utf-8")

    call_command("import_corpus", str(path), "--project", "copy", "--create-project", "--texts", str(texts))

    copy = EvidenceItem.objects.get(project__slug="copy")
    assert (copy.quote, copy.revisions.get().quote) == ("Das war abzusehen",) * 2
    found = exported(None, project=copy.project).splitlines()
    assert [line for line in found if b'"claim"' in line[:20]] == [
        line for line in whole.splitlines() if b'"claim"' in line[:20]
    ]


def test_a_text_with_another_hash_is_refused_with_its_file_and_both_hashes(tmp_path):
    _full, bare = without_texts(tmp_path)
    texts = tmp_path / "texts"
    texts.mkdir()
    (texts / "b.txt").write_text("Another text, changed.", encoding="utf-8")
    (texts / "one.txt").write_text(GERMAN, encoding="utf-8")
    (texts / "two.txt").write_text(COMBINING, encoding="utf-8")

    call_command("import_corpus", str(bare), "--project", "copy", "--create-project", "--texts", str(texts))

    assert list(Article.objects.filter(project__slug="copy").values_list("external_id", flat=True)) == ["a"]
    problem = JobProblem.objects.get(job__project__slug="copy")
    assert (problem.field, problem.value) == ("text_sha256", "b")
    assert "b.txt" in problem.message
    digests = [word for word in problem.message.replace(";", " ").replace(".", " ").split() if len(word) == 64]
    assert len(set(digests)) == 2


def test_an_export_without_texts_says_what_is_missing_when_none_are_given(tmp_path):
    _full, bare = without_texts(tmp_path)

    job = imported(None, {"bare.jsonl": bare.read_bytes()}, project=empty_project("copy"))

    assert job.n_rejected == 2
    assert "--texts" in job.problems.first().message


# Parts


def split_corpus(count: int = 40) -> Membership:
    """Make a corpus in which every fourth article shares a passage with the one after it."""
    mia = project()
    texts = [" ".join(f"w{n}x{word}" for word in range(30)) for n in range(count)]
    for n in range(0, count, 4):
        shared = f"{PASSAGE} {n} {n + 1}"
        texts[n] += f" {shared}"
        texts[n + 1] = f"{shared}. {texts[n + 1]}"
    imported(mia, {"c.jsonl": lines(*(record(f"a-{n:03}", text) for n, text in enumerate(texts)))})
    return mia


def parts(export: bytes) -> dict[str, str]:
    return {row["external_id"]: row["split"] for row in rows(export) if row["type"] == "article"}


def test_articles_that_share_a_passage_stand_in_the_same_part():
    mia = split_corpus()

    export = exported(mia, split="50/25/25", seed=7)

    found = parts(export)
    passages = [found[f"a-{n:03}"] for n in range(0, 40, 4)]
    assert passages == [found[f"a-{n + 1:03}"] for n in range(0, 40, 4)]
    assert len(set(passages)) == 1  # all ten pairs have the eight words of PASSAGE in common


def test_a_shorter_run_of_words_does_not_hold_articles_together():
    mia = project()
    seven = "Der Fluss stieg in der Nacht um"
    imported(mia, {"c.jsonl": lines(*(record(f"a-{n}", f"x{n} y{n} {seven} z{n} v{n} u{n}") for n in range(10)))})

    header = rows(exported(mia, split="80/10/10"))[0]

    assert header["split"] == {
        "shares": {"train": 80, "dev": 10, "test": 10},
        "seed": 0,
        "sizes": {"train": 8, "dev": 1, "test": 1},
        "groups": 10,
    }


def test_a_repost_and_what_it_repeats_stand_in_the_same_part():
    mia = project()
    articles = [record(f"a-{n}", f"Text {n} for itself.", repost_of="a-0" if n else None) for n in range(5)]
    imported(mia, {"c.jsonl": lines(*articles, record("z", "Something else."))})

    header = rows(exported(mia, split="50/0/50"))[0]

    assert header["split"]["groups"] == 2
    assert header["split"]["sizes"] == {"train": 5, "dev": 0, "test": 1}


def test_the_same_seed_gives_the_same_parts_and_another_one_others():
    mia = split_corpus(80)

    first, again, other = (parts(exported(mia, split="50/25/25", seed=seed)) for seed in (1, 1, 2))

    assert first == again
    assert first != other


def test_the_command_prints_sizes_and_seed(tmp_path, capsys):
    split_corpus(8)

    output = tmp_path / "c.jsonl"
    call_command("export_corpus", "--project", "river", "--output", str(output), "--split", "50/25/25", "--seed", "3")

    printed = capsys.readouterr().out
    assert "train 4, dev 2, test 2" in printed
    assert "seed 3" in printed


def test_the_command_refuses_shares_that_are_no_whole(tmp_path):
    project()

    with pytest.raises(CommandError, match="80/10/10"):
        call_command("export_corpus", "--project", "river", "--output", str(tmp_path / "c.jsonl"), "--split", "9/9/9")


def test_a_finished_export_has_a_manifest():
    mia, _ada, _ben = two_layers()

    exported(mia)

    manifest = Job.objects.get(kind="export").parameters["manifest"]
    assert (manifest["articles"], manifest["annotations"], manifest["claims"]) == (1, 3, 0)
    assert manifest["snapshot_at"].endswith("Z")
