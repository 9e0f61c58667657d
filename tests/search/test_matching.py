"""Search across the texts and titles of a project: the same articles on both databases, whatever is looked for.

What is expected of each query is worked out here by plain Python on the words of texts and titles; both databases have
to find just that. The suite runs on SQLite and on PostgreSQL.
"""

from __future__ import annotations

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from annotations.errors import Refused
from annotations.models import Article, ArticleVersion, SearchBacklog, SearchPassage
from annotations.search import indexing
from annotations.search.indexing import forget_texts, index_waiting, is_behind, rebuild
from annotations.search.matching import texts_matching
from annotations.search.query import MOST_TERMS, All, Either, Node, Term, parse
from annotations.text.passages import LONGEST_PHRASE, WORDS_IN_A_PASSAGE, passages
from annotations.text.words import words
from tests import factories

pytestmark = pytest.mark.django_db

TEXTS = {
    "flood": "The river flooded 1,240 homes. “We didn’t expect it”, the mayor said.\n\nNo-one was hurt.",
    "prices": factories.GERMAN,
    "street": "Die Straße nach Łódź ist gesperrt, der Fluß führt Hochwasser. Ärzte helfen in der STRASSE.",
    "quake": "大阪で地震があり、東京でも揺れた。ガス漏れはない。",
    "council": factories.HEBREW,
    "famine": "قال الوزير إن الأسعارَ ارتفعت بنسبة ٤٪ في مدينة حلب.",
    "election": "किताब पढ़ने वाले मतदाता 2024 में बढ़े।",
    "paper": "ราคาน้ำมันขึ้น 4 บาท",
    "crowd": factories.COMBINING,
    "accents": "E\u0301te\u0301 comme été : l’œuvre de naïve Zoe\u0308.",
    "signs": "C'est \"quoted\" a_b -- 50% * ( ) : AND OR NOT near/2 ' \\ & | ! <-> x:*",
}
TITLES = {
    "flood": "Oska unter Wasser: Hochwasser trifft den Hafen",
    "prices": "📈 ÉTÉ der Preise — „Das war teuer“",
    "quake": "地震のあと",
    "famine": "Famine in Aleppo",
    "signs": "👀 …",
}
QUERIES = [
    "oska",
    "oska river",
    "hafen strasse",
    "hafen OR strasse",
    "hochwasser -fluß",
    "hochwasser -hafen",
    '"trifft den hafen"',
    '"hafen the"',
    "teuer abzusehen",
    '"war teuer"',
    "ete NOT (teuer OR zoe)",
    "地震のあと",
    "揺れた のあと",
    "alep* حلب",
    "river",
    "RIVER",
    "ríver",
    "riv*",
    "flood*",
    "river mayor",
    "river AND mayor",
    "river -mayor",
    "river -strasse",
    "river OR fluß",
    "(river OR fluss) hochwasser",
    "hochwasser NOT (river OR łódź)",
    '"the mayor"',
    '"mayor the"',
    "„Das war abzusehen“",
    '"1,240 homes"',
    "1240",
    "1 240",
    "1.240",
    "didn't",
    "didn’t",
    "strasse",
    "straße",
    "lodz",
    "arzte",
    "地震",
    "東京でも",
    "京東",
    "大*",
    "ガス",
    "カス",
    "ｶﾞｽ",
    "השיר",
    "העיר",
    "الأسعار",
    "الاسعار",
    "किताब",
    "कताब",
    "น้ำมัน",
    "josee",
    '"4"',
    "ete",
    "œuvre",
    "oeuvre",
    "zoe",
    "naive",
    "a_b",
    '"a b"',
    "50%",
    '"and or not near 2"',
    "near/2",
    "mayor:*",
    "' river",
    '"river',
    "homes homes",
    "-(river) -mayor menge",
    "🇺🇦 tausende",
]


def holds(node: Node, *texts: str) -> bool:
    """Tell whether a text or a title holds what is looked for, word by word; a phrase stands in one of them."""
    match node:
        case Term(sought, is_beginning):
            return any(_stands(list(sought), is_beginning, [word.folded for word in words(text)]) for text in texts)
        case All(wanted, unwanted):
            return all(holds(each, *texts) for each in wanted) and not any(holds(each, *texts) for each in unwanted)
        case Either(parts):
            return any(holds(each, *texts) for each in parts)


def _stands(sought: list[str], is_beginning: bool, there: list[str]) -> bool:
    *first, last = sought
    return any(
        there[at : at + len(first)] == first
        and (there[at + len(first)].startswith(last) if is_beginning else there[at + len(first)] == last)
        for at in range(len(there) - len(first))
    )


def expected_of(query: str) -> set[str]:
    return {name for name, text in TEXTS.items() if holds(parse(query), text, TITLES.get(name, ""))}


def found(query: str, project_id: int) -> set[str]:
    rows = Article.objects.filter(texts_matching(parse(query), project_id), project_id=project_id)
    return set(rows.values_list("external_id", flat=True))


@pytest.fixture
def manager():
    manager = factories.project()
    for name, text in TEXTS.items():
        factories.article(manager, text, external_id=name, title=TITLES.get(name, "–"))
    index_waiting()
    return manager


def test_both_databases_find_the_articles_that_hold_what_is_looked_for(manager):
    for query in QUERIES:
        assert found(query, manager.project_id) == expected_of(query), query

    assert sum(bool(found(query, manager.project_id)) for query in QUERIES) > 50


TERMS = st.one_of(
    st.sampled_from(sorted({word.folded for text in (*TEXTS.values(), *TITLES.values()) for word in words(text)})),
    st.text(max_size=6),
    st.sampled_from(['"der preis"', "ri*", "不*", '"a b"']),
)
SIGNS = st.sampled_from(["AND", "OR", "NOT", "-", "(", ")", '"', "*", "'", ":", "&", "|", "!", "NEAR", "{", "^", "\\"])
ANY_QUERY = st.lists(st.one_of(TERMS, SIGNS), max_size=12).map(" ".join)


def test_any_query_is_refused_with_a_sentence_or_finds_the_same_on_both_databases(manager):
    @given(ANY_QUERY)
    def look(query: str) -> None:
        try:
            parse(query)
        except Refused:
            return
        assert found(query, manager.project_id) == expected_of(query)

    look()


@pytest.mark.parametrize(
    "query",
    [
        *("", "   ", "…", "*", '""', "-river", "NOT river", "river OR", "OR river", "river OR -mayor", "AND river"),
        *("river AND", "(river", "river)", "()", "a*", "river AND OR mayor", "NOT", "\x00", "x" * 501),
        *("(" * 40 + "river" + ")" * 40, "ab " * (MOST_TERMS + 1), '"' + "ab " * (LONGEST_PHRASE + 1) + '"'),
    ],
)
def test_a_query_that_cannot_be_answered_is_refused_with_a_sentence(query):
    with pytest.raises(Refused, match=r"\w") as refusal:
        parse(query)

    assert (refusal.value.code, refusal.value.field) == ("search_query", "text")


def test_no_phrase_falls_between_two_passages_and_words_far_apart_are_found_together():
    manager = factories.project()
    text = "Anfang " + " ".join(f"wort{n}" for n in range(3 * WORDS_IN_A_PASSAGE)) + " Ende"
    factories.article(manager, text, external_id="long")
    index_waiting()

    for n in range(WORDS_IN_A_PASSAGE - 2 * LONGEST_PHRASE, WORDS_IN_A_PASSAGE + LONGEST_PHRASE, 7):
        phrase = " ".join(f"wort{each}" for each in range(n, n + LONGEST_PHRASE))
        assert found(f'"{phrase}"', manager.project_id) == {"long"}
    assert found("anfang ende", manager.project_id) == {"long"}
    assert found("anfang -ende", manager.project_id) == set()


def test_a_word_very_often_in_a_row_is_found_with_what_follows_it():
    """PostgreSQL keeps no more than 255 places of a word: the phrase at the end would be missed."""
    manager = factories.project()
    factories.article(manager, "nein " * 2_000 + "doch", external_id="no")
    index_waiting()

    assert found('"nein nein doch"', manager.project_id) == {"no"}
    assert max(each.words.count("nein") for each in passages("nein " * 2_000)) <= 255


def test_texts_of_another_project_are_not_found(manager):
    other = factories.project("harbour")
    factories.article(other, TEXTS["flood"], external_id="theirs")
    index_waiting()

    assert found("river", other.project_id) == {"theirs"}
    assert found("river", manager.project_id) == {"flood"}


def test_a_corrected_text_is_found_by_its_new_words_alone(manager):
    from annotations.workflow.correcting import correct_article

    article = Article.objects.select_related("current_version").get(external_id="flood")
    version = article.current_version.uuid
    correct_article(article, TEXTS["flood"].replace("homes", "houses"), by=manager, base_version=version)

    assert is_behind(manager.project_id)
    index_waiting()

    assert found("houses", manager.project_id) == {"flood"}
    assert found("homes", manager.project_id) == set()


def test_another_title_is_found_instead_of_the_earlier_one(manager, django_assert_max_num_queries):
    from annotations.workflow.articles import MetadataChange, edit_article

    article = Article.objects.get(external_id="flood")
    texts = set(SearchPassage.objects.filter(n=0).values_list("pk", flat=True))
    edit_article(article, MetadataChange(title="Oska atmet auf"), by=manager, base_revision=article.revision)

    assert found("hafen", manager.project_id) == set()
    assert is_behind(manager.project_id)
    with django_assert_max_num_queries(22):
        index_waiting()

    assert found("atmet river", manager.project_id) == {"flood"}
    assert set(SearchPassage.objects.filter(n=0).values_list("pk", flat=True)) == texts


def test_only_new_texts_are_read_and_twice_is_once(manager, django_assert_max_num_queries):
    before = set(SearchPassage.objects.values_list("pk", flat=True))
    new = factories.article(manager, "Ein neuer Text.")
    SearchBacklog.objects.note(manager.project_id, [1, new.current_version_id])

    with django_assert_max_num_queries(28):
        index_waiting()

    after = set(SearchPassage.objects.values_list("pk", flat=True))
    assert before < after
    assert len(after - before) == 2  # its text and its title
    assert not is_behind(manager.project_id)


def test_a_text_that_is_withheld_while_it_is_read_is_not_written(manager, monkeypatch):
    new = factories.article(manager, "Ein neuer Text.").current_version_id
    batch = indexing._batch

    def read_and_withhold(rows, **how):
        found = batch(rows, **how)
        ArticleVersion.objects.filter(pk=new).update(text="", withheld_at=timezone.now())
        return found

    monkeypatch.setattr(indexing, "_batch", read_and_withhold)
    index_waiting()

    assert not SearchPassage.objects.filter(version=new).exists()
    assert not is_behind(manager.project_id)


def test_an_index_that_was_lost_is_rebuilt(manager):
    forget_texts(Article.objects.values_list("current_version_id", flat=True))
    assert found("river", manager.project_id) == set()

    assert rebuild() == len(TEXTS)
    assert rebuild(manager.project_id) == len(TEXTS)

    assert found("river oska", manager.project_id) == {"flood"}
    assert SearchPassage.objects.filter(n=0).count() == len(TEXTS)
