"""UIMA CAS read and written: UTF-16 offsets, views, type systems, relations, and XML that means harm."""

from __future__ import annotations

import io
import re
import socket
import time
import zipfile
from pathlib import Path

import pytest
from hypothesis import assume, given, settings

from annotations.importers.formats import read_inputs
from annotations.importers.records import ImportedArticle
from tests.exporters.made_corpus import Row, annotation, article, articles, judgement, told, written
from tests.importers import inputs
from tests.importers.inputs import problems, records, zipped
from tests.importers.read_back import articles_told, graph, no_offset_is_wrong

pytest.importorskip("cassis", reason="dkpro-cassis (the extra cas) is not installed")
SAMPLES = inputs.SHARED / "data" / "uima-xmi"
SUITE = inputs.SHARED / "data" / "webanno-tsv3-suite"
needs_samples = pytest.mark.skipif(
    not SAMPLES.is_dir() or not SUITE.is_dir(), reason="the shared data (uima-xmi) are not on this machine"
)
TEXT = "😀 Ada lives\nin Ulm."
XINCLUDE = "http://www.w3.org/2001/XInclude"
HEAD = (
    '<xmi:XMI xmlns:xmi="http://www.omg.org/XMI" xmlns:cas="http:///uima/cas.ecore" '
    'xmlns:tcas="http:///uima/tcas.ecore" xmlns:x="http:///news/desk.ecore" xmi:version="2.0">'
)


def xmi(*structures: str, text: str = "&#128512; Ada lives&#10;in Ulm.", sofa: str = "") -> str:
    members = " ".join(found.group(1) for each in structures if (found := re.search(r'xmi:id="(\d+)"', each)))
    return (
        f'{HEAD}<cas:NULL xmi:id="0"/>{"".join(structures)}'
        f'<cas:Sofa xmi:id="1" sofaNum="1" sofaID="_InitialView" mimeType="text" sofaString="{text}"/>{sofa}'
        f'<cas:View sofa="1" members="{members}"/></xmi:XMI>'
    )


def span(own_id: int, start: int, end: int, kind: str = "x:Person", **features: str) -> str:
    written_features = "".join(f' {name}="{value}"' for name, value in features.items())
    return f'<{kind} xmi:id="{own_id}" sofa="1" begin="{start}" end="{end}"{written_features}/>'


def places(found: ImportedArticle) -> list[tuple[str, str]]:
    return [(found.text[each["start"] : each["end"]], each["label_name"]) for each in found.annotations]


def article_in(data: str) -> ImportedArticle:
    [found] = inputs.articles(records("a.xmi", data))
    return found


def test_offsets_count_utf_16_units() -> None:
    found = article_in(xmi(span(5, 3, 6), span(6, 16, 19, "x:Place", value="city", known="yes")))

    assert places(found) == [("Ada", "Person"), ("Ulm", "city")]
    assert found.annotations[1]["attributes"] == {"known": "yes", "layer": "news.desk.Place"}


@pytest.mark.parametrize(("start", "end"), [(1, 6), (3, 900), (6, 3)])
def test_offsets_that_cut_a_character_or_lie_outside_are_left_out_and_named(start: int, end: int) -> None:
    found = records("a.xmi", xmi(span(5, start, end), span(6, 3, 6)))

    assert places(inputs.articles(found)[0]) == [("Ada", "Person")]
    assert [each.leaves_out for each in problems(found) if each.leaves_out] == ["annotations"]


def test_governor_and_dependent_are_the_ends_of_a_relation() -> None:
    link = '<x:Home xmi:id="7" sofa="1" begin="16" end="19" Governor="5" Dependent="6" value="lives in"/>'

    found = article_in(xmi(span(5, 3, 6), span(6, 16, 19, "x:Place"), link))

    keys = [each["key"] for each in found.annotations]
    [relation] = found.relations
    assert (relation["from"], relation["to"], relation["label_name"]) == (keys[0], keys[1], "lives in")


def test_sentences_are_stated_and_tokens_are_said_not_to_be_taken() -> None:
    found = records("a.xmi", xmi(span(5, 0, 20, "x:Sentence"), span(6, 3, 6, "x:Token")))

    assert inputs.articles(found)[0].sentences == ((0, 19),)
    assert ["1 of these" in each.message for each in problems(found) if each.field == "annotations"] == [True]


def test_the_language_of_the_document_is_the_articles() -> None:
    document = '<tcas:DocumentAnnotation xmi:id="4" sofa="1" begin="0" end="20" language="de"/>'

    assert article_in(xmi(document)).language == "de"


def test_windows_line_ends_move_offsets() -> None:
    found = article_in(xmi(span(5, 6, 9), text="a,&#13;&#10;b Ada"))

    assert (places(found), found.text) == ([("Ada", "Person")], "a,\nb Ada")


def test_characters_that_xml_cannot_hold_are_replaced_one_for_one_and_that_is_said() -> None:
    found = records("a.xmi", xmi(span(5, 2, 5), text="\x0c&#x1b;Ada"))

    [made] = inputs.articles(found)
    assert (made.text, places(made)) == ("\ufffd\ufffdAda", [("Ada", "Person")])
    assert any("2 characters" in each.message for each in problems(found))


def test_each_view_with_a_text_is_an_article_and_that_is_said() -> None:
    second = '<cas:Sofa xmi:id="9" sofaNum="2" sofaID="Second" mimeType="text" sofaString="Two."/>'

    found = records("a.xmi", xmi(span(5, 3, 6), sofa=second))

    assert [each.external_id for each in inputs.articles(found)] == ["a.xmi#_InitialView", "a.xmi#Second"]
    assert "_InitialView, Second" in [each.value for each in problems(found)]


def test_a_type_system_beside_gives_values_their_kind() -> None:
    features = "".join(
        f"<featureDescription><name>{name}</name><rangeTypeName>uima.cas.{kind}</rangeTypeName></featureDescription>"
        for name, kind in (("n", "Integer"), ("known", "Boolean"))
    )
    system = (
        '<typeSystemDescription xmlns="http://uima.apache.org/resourceSpecifier"><types><typeDescription>'
        "<name>news.desk.Person</name><supertypeName>uima.tcas.Annotation</supertypeName>"
        f"<features>{features}</features></typeDescription></types></typeSystemDescription>"
    )
    data = zipped([("a.xmi", xmi(span(5, 3, 6, n="4", known="true")).encode()), ("TypeSystem.xml", system.encode())])

    found = records("a.zip", data)

    [made] = inputs.articles(found)
    assert made.annotations[0]["attributes"] == {"n": 4, "known": True, "layer": "news.desk.Person"}


@pytest.mark.parametrize(
    "data",
    ["", "<a/>", HEAD, xmi().replace("cas:Sofa", "cas:Nothing"), xmi(text=""), xmi('<x:Person xmi:id="a"/>'), "{"],
)
def test_what_is_no_cas_is_refused_with_a_sentence(data: str) -> None:
    found = records("a.xmi", data)

    assert inputs.articles(found) == []
    assert any(each.is_rejection and each.message.endswith(".") for each in problems(found))


# XML that means harm


def harmful(canary: Path, port: int) -> dict[str, str]:
    address = f"http://127.0.0.1:{port}/canary"
    body = xmi(span(5, 3, 6))
    bomb = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return {
        "external entity": f'<!DOCTYPE x [<!ENTITY e SYSTEM "{canary.as_uri()}">]>{body.replace("Ada", "&e;")}',
        "network entity": f'<!DOCTYPE x [<!ENTITY e SYSTEM "{address}">]>{body.replace("Ada", "&e;")}',
        "parameter entity": f'<!DOCTYPE x [<!ENTITY % p SYSTEM "{address}"> %p;]>{body}',
        "external dtd": f'<!DOCTYPE x SYSTEM "{address}">{body}',
        "local dtd": f'<!DOCTYPE x SYSTEM "{canary.as_uri()}">{body}',
        "entity expansion": f'<!DOCTYPE x [<!ENTITY l0 "lol">{bomb}]>{body.replace("Ada", "&l9;")}',
        "xinclude": body.replace("<cas:NULL", f'<xi:include xmlns:xi="{XINCLUDE}" href="{address}"/><cas:NULL'),
        "deep": HEAD + "<x:a>" * 100_000,
        "huge attribute": xmi(text="a" * 11_000_000),
    }


NAMES = list(harmful(Path("/canary"), 1))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("file", ["a.xmi", "TypeSystem.xml"])
def test_harmful_xml_is_refused_at_once_and_reaches_nothing(name: str, file: str, tmp_path: Path) -> None:
    canary = tmp_path / "canary.txt"
    canary.write_text("the canary")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.05)
        data = harmful(canary, listener.getsockname()[1])[name]
        system = data.replace("xmi:XMI", "typeSystemDescription")
        files = {"a.xmi": data} if file == "a.xmi" else {"a.xmi": xmi(span(5, 3, 6)), "TypeSystem.xml": system}
        upload = zipped((path, content.encode()) for path, content in files.items())
        if name == "huge attribute":  # which a .zip would be refused for as a bomb
            upload = b""
        started = time.perf_counter()
        found = records("a.zip", upload) if upload else records("a.xmi", data)
        elapsed = time.perf_counter() - started
        with pytest.raises(TimeoutError):
            listener.accept()

    assert elapsed < 1
    assert not any("canary" in each.text for each in inputs.articles(found))
    is_mere_element = name == "xinclude" and file == "TypeSystem.xml"  # of which nothing is made
    assert is_mere_element or any(each.is_rejection for each in problems(found))


# The real files


@needs_samples
def test_the_samples_give_the_counts_of_their_note() -> None:
    found = list(read_inputs([SAMPLES]))

    made = {each.external_id: each for each in inputs.articles(found)}
    emoji = "casWithEmojiUnicodeTextAndAnnotations"
    assert (len(made[f"{emoji}/debug.xmi"].text), len(made[f"{emoji}/debug.xmi"].annotations)) == (32, 9)
    assert places(made[f"{emoji}/data.json"]) == places(made[f"{emoji}/debug.xmi"])
    smileys = made["xmi/cas_with_smileys.xmi"]
    assert (len(smileys.annotations), len(smileys.sentences)) == (5, 3)
    assert {each["quote"] for each in smileys.annotations} >= {"Transformers"}
    assert len(made["xmi/small_cas.xmi"].sentences) == 2
    assert {"xmi/cas_with_two_sofas.xmi#_InitialView", "xmi/cas_with_two_sofas.xmi#_SecondView"} <= made.keys()
    assert made["xmi/empty_cas.xmi"].text.startswith("Joe waited")
    assert [each.file for each in problems(found) if each.is_rejection] == ["casWithTextAndAnnotations/debug.xmi"]
    assert no_offset_is_wrong(found)


@needs_samples
def test_the_cas_of_each_webanno_case_is_read() -> None:
    files = sorted(SUITE.glob("*/reference.xmi"))

    found = [record for each in files for record in read_inputs([each])]

    assert len(inputs.articles(found)) == len(files) > 20
    assert not any(each.is_rejection for each in problems(found))


# Written


def test_a_text_that_is_the_name_of_a_field_of_a_cas_makes_no_cas() -> None:
    found = inputs.only_article("a.jsonl", '{"external_id": "a", "title": "A name", "text": "%FEATURE_STRUCTURES"}\n')

    assert found.text == "%FEATURE_STRUCTURES"


def test_what_is_written_comes_back() -> None:
    rows = [
        annotation(TEXT, 1, 2, 5, note="one\ntwo", attributes={"n": 3, "kind": "a<b", "list": [1]}),
        annotation(TEXT, 2, 15, 18, "b_per", attributes={"layer": "news.desk.Place"}),
    ]
    links = [judgement(9, label="says", **{"from": rows[0]["key"], "to": rows[1]["key"]})]
    row = article(TEXT, title="Regen", language="de", annotations=rows, relations=links, sentences=[[0, 19]])

    data, lost = written("uima-xmi", row)

    [found] = inputs.articles(records("x.zip", data))
    assert graph(found) == {
        (2, 5, "Claim", "ada", "one\ntwo", "[('kind', 'a<b'), ('n', 3)]", ()),
        (15, 18, "B PER", "ada", "", "[('layer', 'news.desk.Place')]", ()),
        ((2, 5, "Claim"), (15, 18, "B PER"), "says", "", "[]"),
    }
    assert (found.title, found.language, found.sentences) == ("Regen", "de", ((0, 19),))
    assert lost == {"attributes": 1}


def test_two_annotators_have_a_file_each_and_one_type_system() -> None:
    rows = [annotation(TEXT, 1, 2, 5, annotator="ada"), annotation(TEXT, 2, 15, 18, annotator="ben")]

    data, _lost = written("uima-xmi", article(TEXT, annotations=rows))

    found = records("x.zip", data)
    assert articles_told(found) == {"a-1": {(2, 5, "Claim", "ada"), (15, 18, "Claim", "ben")}}
    assert [each.field for each in problems(found)] == [""]


def test_a_text_with_characters_that_xml_cannot_hold_comes_back_and_they_are_counted() -> None:
    text = "Ada\x0c lives in a house by the river Danube, as she always did and wished to. \ufffe"

    data, lost = written("uima-xmi", article(text, annotations=[annotation(text, 1, 5, 10)]))

    [found] = inputs.articles(records("x.zip", data))
    assert (found.text, places(found), lost) == (text, [("lives", "Claim")], {"illegal_characters": 2})


def test_the_file_alone_is_a_cas_with_the_same_spans() -> None:
    import cassis

    data, _lost = written("uima-xmi", article(TEXT, annotations=[annotation(TEXT, 1, 15, 18)]))
    members = zipfile.ZipFile(io.BytesIO(data))
    [name] = [each for each in members.namelist() if each.endswith(".xmi")]

    system = cassis.load_typesystem(io.BytesIO(members.read("TypeSystem.xml")))
    cas = cassis.load_cas_from_xmi(io.BytesIO(members.read(name)), typesystem=system)

    [found] = cas.select("webanno.custom.Annotation")
    assert (found.get_covered_text(), found.value) == ("Ulm", "Claim")
    assert b'begin="16"' in members.read(name)


_UNREADABLE = re.compile("[\x00-\x08\x0b\x0e-\x1f]")


@settings(max_examples=25)
@given(articles())
def test_any_article_comes_back(rows: list[Row]) -> None:
    assume(not any(_UNREADABLE.search(row["text"]) for row in rows))
    expected = {row["external_id"]: told(row) for row in rows}

    data, lost = written("uima-xmi", *rows)

    read = records("x.zip", data)
    assert {each.external_id: each.text for each in inputs.articles(read)} == {
        row["external_id"]: row["text"] for row in rows
    }
    if "relations" not in lost:
        for external_id, after in articles_told(read).items():
            assert after == {each for each in expected[external_id] if len(each) != 2}
