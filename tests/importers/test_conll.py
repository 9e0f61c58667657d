"""CoNLL read: its tagging schemes, documents, sentences, mistakes; CoNLL-U; and the export read back."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given

from annotations.importers.conllu import Sentence, sentences_of
from annotations.importers.formats import read_inputs
from annotations.importers.opening import InputFile, open_inputs
from annotations.importers.records import ImportedArticle
from tests.exporters.made_corpus import LABELS, Row, annotation, article, articles, told, written
from tests.importers import inputs
from tests.importers.inputs import only_article, only_problem, problems, records

DATA = inputs.SHARED / "data"
needs_doccano = pytest.mark.skipif(not (DATA / "doccano").is_dir(), reason="the shared data (doccano) are not here")
needs_pud = pytest.mark.skipif(not (DATA / "ud-pud").is_dir(), reason="the shared data (ud-pud) are not here")
needs_gum = pytest.mark.skipif(
    not (DATA / "gum-wikinews").is_dir(), reason="the shared data (gum-wikinews) are not here"
)


def entities(found: ImportedArticle) -> list[tuple[str, str]]:
    return [(found.text[each["start"] : each["end"]], each["label_name"]) for each in found.annotations]


def sentences(found: ImportedArticle) -> list[str]:
    return [found.text[start:end] for start, end in found.sentences]


def kept(found: list) -> list[ImportedArticle]:
    return [each for each in found if isinstance(each, ImportedArticle)]


def test_tokens_become_a_text_with_its_sentences() -> None:
    found = only_article("a.conll", "Ada B-PER\nrests O\n\nUlm B-LOC\nsleeps O\n")

    assert found.text == "Ada rests\nUlm sleeps"
    assert sentences(found) == ["Ada rests", "Ulm sleeps"]
    assert entities(found) == [("Ada", "PER"), ("Ulm", "LOC")]
    assert found.external_id == "a.conll"


@pytest.mark.parametrize(
    ("scheme", "tags"),
    [
        ("IOB1", "I-LOC I-LOC B-LOC O I-PER"),
        ("IOB2", "B-LOC I-LOC B-LOC O B-PER"),
        ("BIOES", "B-LOC E-LOC S-LOC O S-PER"),
        ("BILOU", "B-LOC L-LOC U-LOC O U-PER"),
    ],
)
def test_every_tagging_scheme_gives_the_same_entities(scheme: str, tags: str) -> None:
    lines = [f"{token} {tag}" for token, tag in zip(["New", "York", "Ulm", "met", "Ada"], tags.split(), strict=True)]

    found = only_article("a.bio", "\n".join(lines))

    assert entities(found) == [("New York", "LOC"), ("Ulm", "LOC"), ("Ada", "PER")], scheme


def test_document_starts_divide_articles_and_other_columns_are_reported() -> None:
    start = "-DOCSTART- -X- -X- O\n\n"

    found = records("a.txt", f"{start}Ada NNP B-NP B-PER\n\n{start}Ulm NNP B-NP B-LOC\n")

    assert [each.external_id for each in kept(found)] == ["a.txt#1", "a.txt#2"]
    [remark] = problems(found)
    assert (remark.line, remark.field, remark.is_rejection) == (3, "columns", False)


def test_a_malformed_line_is_named_and_the_rest_imported() -> None:
    found = records("a.conll", "Ada B-PER\nbroken\nrests O\n")

    [problem] = problems(found)
    assert (problem.line, problem.value, problem.is_rejection) == (2, "broken", False)
    assert kept(found)[0].text == "Ada rests"


def test_a_document_without_any_token_is_named() -> None:
    assert only_problem("a.conll", "-DOCSTART- -X- -X- O\n\n\n").field == "text"


def test_emoji_marks_and_windows_line_ends_do_not_move_entities() -> None:
    found = only_article("a.conll", "👩‍👩‍👧\tO\r\nJose\u0301\tB-PER\r\n")

    assert entities(found) == [("Jose\u0301", "PER")]


def test_coreference_is_refused_by_name() -> None:
    assert "coreference" in only_problem("a.conll", "# begin document x\n0\tAda\t(person-1)\n").message


@needs_doccano
def test_the_samples_give_the_counts_of_their_note() -> None:
    expected = {"example": (2, 4, 2, 0), "labeling.invalid": (3, 19, 5, 1), "labeling.trailing": (1, 12, 2, 0)}
    for name, counts in expected.items():
        found = list(read_inputs([DATA / "doccano" / "sequence_labeling" / f"{name}.conll"]))
        [made] = kept(found)
        n_tokens = len(made.text.split())
        assert (len(made.sentences), n_tokens, len(made.annotations), len(problems(found))) == counts
        assert all(made.text[each["start"] : each["end"]] == each["quote"] for each in made.annotations)


# CoNLL-U

TREE = """# newdoc id = d1
# sent_id = d1-1
# text = Vámonos al mar.
1-2\tVámonos\t_\t_\t_\t_\t_\t_\t_\t_
1\tvamos\tir\tVERB\t_\t_\t0\troot\t_\t_
2\tnos\tnosotros\tPRON\t_\t_\t1\tobj\t_\t_
3-4\tal\t_\t_\t_\t_\t_\t_\t_\t_
3\ta\ta\tADP\t_\t_\t5\tcase\t_\t_
4\tel\tel\tDET\t_\t_\t5\tdet\t_\t_
5\tmar\tmar\tNOUN\t_\t_\t1\tobl\t_\tSpaceAfter=No
5.1\tgone\tgo\tVERB\t_\t_\t_\t_\t_\t_
6\t.\t.\tPUNCT\t_\t_\t1\tpunct\t_\t_

# newpar
# sent_id = d1-2
# text = Sí.
1\tSí\tsí\tINTJ\t_\t_\t0\troot\t_\tSpaceAfter=No
2\t.\t.\tPUNCT\t_\t_\t1\tpunct\t_\t_
"""


def test_a_treebank_gives_its_text_with_multiword_tokens_and_paragraphs() -> None:
    first, remark = records("a.conllu", TREE)

    assert isinstance(first, ImportedArticle)
    assert first.text == "Vámonos al mar.\n\nSí."
    assert sentences(first) == ["Vámonos al mar.", "Sí."]
    assert first.external_id == "a.conllu#d1"
    assert [each["sent_id"] for each in first.metadata["sentences"]] == ["d1-1", "d1-2"]
    assert "parts of speech" in problems([remark])[0].message


def test_a_malformed_line_of_a_treebank_is_named_and_the_text_kept() -> None:
    found = records("a.conllu", TREE.replace("3-4\tal\t_", "3-4\tal"))

    assert [each.line for each in problems(found)] == [7, 2 - 1]
    assert kept(found)[0].text == "Vámonos al mar.\n\nSí."


def test_words_that_do_not_give_the_stated_text_are_named() -> None:
    found = records("a.conllu", TREE.replace("# text = Sí.", "# text = Sí !"))

    assert problems(found)[0].field == "text"
    assert kept(found)[0].text.endswith("Sí !")


def count(source: InputFile) -> tuple[int, int, int, int]:
    found = [each for each in sentences_of(source) if isinstance(each, Sentence)]
    assert all(each.rebuilt == each.stated for each in found)
    columns = [(each.n_words, each.n_multiword, each.n_empty) for each in found]
    words, multiword, empty = (sum(column) for column in zip(*columns, strict=True))
    return len(found), words, multiword, empty


@needs_pud
def test_the_pud_treebanks_rebuild_their_text_and_give_the_counts_of_their_note() -> None:
    for name, n_words in (("arabic", 2286), ("chinese", 2215), ("hindi", 2598)):
        path = DATA / "ud-pud" / f"{name}.first100.conllu"
        [source] = open_inputs([path])
        assert isinstance(source, InputFile)
        assert count(source)[:2] == (100, n_words)
        stated = [line[9:] for line in path.read_text().split("\n") if line.startswith("# text = ")]
        assert [words for each in kept(list(read_inputs([path]))) for words in sentences(each)] == stated


@needs_gum
def test_the_gum_articles_rebuild_their_text_and_give_the_counts_of_their_note() -> None:
    sources = [each for each in open_inputs([DATA / "gum-wikinews" / "conllu"]) if isinstance(each, InputFile)]

    counts = [count(source) for source in sources]

    assert tuple(sum(column) for column in zip(*counts, strict=True)) == (347, 7789, 100, 2)
    assert len(kept(list(read_inputs([DATA / "gum-wikinews" / "conllu"])))) == 10


# Out, and in again


def members(data: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_an_export_is_iob2_with_four_columns() -> None:
    text = "Ada met Ben. They left."
    made = article(text, annotations=[annotation(text, 1, 0, 3), annotation(text, 2, 4, 11, "b_per")])

    data, lost = written("conll", made)

    assert members(data)["corpus.conll"] == (
        "-DOCSTART- -X- -X- O\n\n"
        "Ada -X- _ B-Claim\nmet -X- _ B-B_PER\nBen -X- _ I-B_PER\n. -X- _ O\n\n"
        "They -X- _ O\nleft -X- _ O\n. -X- _ O\n\n"
    )
    assert lost == {"layers": 2, "renamed_labels": 1}


def test_what_tags_cannot_say_is_counted() -> None:
    text = "Ada met Ben. They left."
    fragments = [{"n": 0, "start": 13, "end": 17, "quote": "They"}, {"n": 1, "start": 18, "end": 22, "quote": "left"}]
    rows = [
        annotation(text, 1, 0, 7),
        annotation(text, 2, 4, 7),
        annotation(text, 3, 9, 17),
        annotation(text, 4, 18, 20),
        annotation(text, 5, 7, 8),
    ]
    rows[3]["fragments"] = fragments

    _data, lost = written("conll", article(text, annotations=rows))

    assert lost == {"fragments": 1, "layers": 5, "misaligned": 3, "overlaps": 1, "split": 1}


def test_stated_sentences_win_over_the_splitter() -> None:
    text = "One. Two. Three."

    data, _lost = written("conll", article(text, sentences=[[0, 9]]))

    assert members(data)["corpus.conll"].count("\n\n") == 3
    [found] = kept(records("a.zip", data))
    assert found.sentences == ((0, 9), (10, 16))


def test_an_export_read_back_has_its_exact_text_and_each_annotator() -> None:
    text = "  Ada’s  river\n\nrose 📈 4.2 %."
    rows = [annotation(text, 1, 2, 7), annotation(text, 2, 2, 7, annotator="ben")]

    data, _lost = written("conll", article(text, metadata={"desk": "south"}, annotations=rows))

    [found] = kept(records("a.zip", data))
    assert (found.external_id, found.text, found.metadata) == ("a-1", text, {"desk": "south"})
    assert [(each["quote"], each["annotator"]) for each in found.annotations] == [("Ada’s", "ada"), ("Ada’s", "ben")]


def test_a_side_file_that_does_not_fit_is_named_and_the_text_put_together() -> None:
    data, _lost = written("conll", article("Ada rests."))
    made = members(data)
    changed = inputs.zipped(
        [
            ("corpus.conll", made["corpus.conll"].replace("rests", "sleeps").encode()),
            ("corpus.offsets.jsonl", made["corpus.offsets.jsonl"].encode()),
        ]
    )

    found = records("a.zip", changed)

    assert kept(found)[0].text == "Ada sleeps ."
    assert problems(found)[0].field == "offsets"


@given(articles(with_relations=False))
def test_any_corpus_comes_back_from_conll_but_for_what_was_counted(corpus: list[Row]) -> None:
    for row in corpus:
        row.pop("article_labels", None)
    data, lost = written("conll", *corpus)

    found = kept(records("a.zip", data))

    assert [(each.external_id, each.text) for each in found] == [(row["external_id"], row["text"]) for row in corpus]
    tags = {name: "_".join(name.split()) for name, _kind in LABELS.values()}
    given_rows = {(n, *each[:2], tags[each[2]], each[3]) for n, row in enumerate(corpus) for each in told(row)}
    back = {(n, *each) for n, made in enumerate(found) for each in told({"annotations": made.annotations})}
    n_changed = sum(lost.get(name, 0) for name in ("misaligned", "overlaps", "split"))
    assert len(given_rows - back) <= n_changed
