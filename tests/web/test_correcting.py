"""The pages that correct a text and place what was judged of the wording before."""

from __future__ import annotations

from annotations.models import Annotation, ArticleVersion
from tests import factories

TEXT = factories.GERMAN


def test_a_manager_sees_the_changes_saves_and_the_annotator_places_what_waits(team, browser):
    made = factories.article(team.mia)
    at, gone = TEXT.index("4 %"), TEXT.index("abzusehen")
    factories.annotation(team.ada, made, at, at + 3)
    factories.annotation(team.ada, made, gone, gone + 9)
    mia, ada, here = browser("mia"), browser("ada"), f"/p/river/articles/{made.uuid}"
    new = TEXT.replace("4 %", "fünf Prozent").replace("abzusehen", "klar").replace("\n", "\r\n")
    sent = {"text": new, "base": str(made.current_version.uuid)}

    seen = mia.post(f"{here}/correct/", {**sent, "preview": "yes"}).content.decode()
    assert "<del>4</del><ins>fünf</ins>" in seen
    assert ArticleVersion.objects.filter(article=made).count() == 1
    saved = mia.post(f"{here}/correct/", {**sent, "save": "yes"}, follow=True).content.decode()
    assert "2 annotations wait for their annotators to place them." in saved

    page = ada.get(f"{here}/").content.decode()
    assert "2 annotations wait to be placed" in page
    first, second = Annotation.objects.filter(version__n=1).order_by("start")
    place = new.replace("\r\n", "\n").index("fünf Prozent")
    ada.post(f"{here}/placing/", {"key": str(first.key), "place": f"{place}-{place + 12}"})
    refused = ada.post(f"{here}/placing/", {"key": str(second.key), "words": "nirgends", "anew": "yes"}, follow=True)
    assert "These words stand at 0 places" in refused.content.decode()
    ada.post(f"{here}/placing/", {"key": str(second.key), "words": "klar", "anew": "yes"})

    now = Annotation.objects.filter(version__n=2).order_by("start")
    assert [row.quote for row in now] == ["fünf Prozent", "klar"]
    assert "Nothing waits to be placed" in ada.get(f"{here}/placing/").content.decode()


def test_what_has_no_place_any_more_is_withdrawn_on_the_page(team, browser):
    made = factories.article(team.mia)
    at = TEXT.index("4 %")
    factories.annotation(team.ada, made, at, at + 3)
    sent = {"text": TEXT.replace("4 %", ""), "base": str(made.current_version.uuid), "save": "yes"}
    browser("mia").post(f"/p/river/articles/{made.uuid}/correct/", sent)

    key = Annotation.objects.get().key
    form = {"key": str(key), "version": "1", "withdraw": "yes"}
    browser("ada").post(f"/p/river/articles/{made.uuid}/placing/", form)

    assert Annotation.objects.get().withdrawn_at is not None
