"""Questions to the managers: one's own, or for those who see all work everybody's; ask, answer, settle, announce."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.contrib import messages
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from annotations.access import Act, allows, hide_outlets, require, visible_to
from annotations.access.requests import Request
from annotations.errors import Forbidden, NotThere, Refused, TooMany, WorkbenchError
from annotations.models import Annotation, Article, CommentThread, Membership
from annotations.text.spans import Span
from annotations.workflow.announcing import LONGEST, announce, draft_of
from annotations.workflow.discussing import (
    MOST_WORDS,
    NewThread,
    answer,
    begin_thread,
    reopen_thread,
    resolve_thread,
    thread_rows,
)
from annotations.workflow.projects import current_guidelines

from .doors import page, project_page, say
from .forms.fields import put_refusal
from .problems import page_number
from .reading import find_article

QUESTIONS_A_PAGE = 30
LARGEST = 2_147_483_647
LONGEST_QUOTE = 2_000
MOST_SPANS = 300


class AskForm(forms.Form):
    """A question about an article, words of it, or one's annotation in it."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    start = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0, max_value=LARGEST)
    end = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=1, max_value=LARGEST)
    quote = forms.CharField(widget=forms.HiddenInput, required=False, strip=False, max_length=LONGEST_QUOTE)
    annotation = forms.ChoiceField(label=gettext_lazy("About"), required=False)
    text = forms.CharField(
        label=gettext_lazy("Question"), widget=forms.Textarea(attrs={"rows": 4}), max_length=MOST_WORDS
    )


@dataclass(frozen=True, slots=True)
class Question:
    """A question with what can be done about it."""

    thread: CommentThread
    article: Article
    is_new: bool
    draft: str
    quote: str
    place: Span | None
    next_key: UUID = field(default_factory=uuid4)


@require_http_methods(["GET", "HEAD", "POST"])
@project_page(Act.VIEW)
def questions(request: HttpRequest, member: Membership) -> HttpResponse:
    """List the questions one may see, open ones first; ask, answer, settle or announce. At most 16 queries."""
    article = _article(request, member)
    form = _ask_form(request, member, article) if article is not None and allows(member, Act.ASK) else None
    if request.method == "POST":
        require(member, Act.ASK)
        answered = _act(request, member, article, form)
        if answered is not None:
            return answered
    rows = visible_to(member, thread_rows().filter(is_question=True))
    if article is not None:
        rows = rows.filter(version__article=article)
    number = page_number(request)
    ordered = rows.order_by(F("resolved_at").asc(nulls_first=True), "-pk")
    found = list(ordered[(number - 1) * QUESTIONS_A_PAGE : number * QUESTIONS_A_PAGE + 1])
    shown = found[:QUESTIONS_A_PAGE]
    asked = [(thread, thread.article) for thread in shown]
    hide_outlets(member, [of for _thread, of in asked if of is not None])
    announces = allows(member, Act.EDIT_GUIDELINES)
    current = current_guidelines(member.project) if announces else None
    context = {
        "article": article,
        "form": form,
        "questions": [
            Question(
                thread,
                of,
                _calls(thread, member),
                draft_of(thread) if announces else "",
                thread.annotation.quote if thread.annotation else thread.quote,
                _place(thread),
            )
            for thread, of in asked
            if of is not None
        ],
        "guidelines_version": current.version if current else 0,
        "most": LONGEST,
        "previous": number - 1 if number > 1 else None,
        "next": number + 1 if len(found) > QUESTIONS_A_PAGE else None,
        "number": number,
    }
    is_refused = form is not None and form.is_bound and bool(form.errors)
    return page(request, "questions.html", member, context, status=422 if is_refused else 200)


def _article(request: HttpRequest, member: Membership) -> Article | None:
    """Return the article that is asked about, or None where none is named."""
    named = request.GET.get("article", "")
    if not named:
        return None
    try:
        return find_article(member, UUID(named), "current_version")
    except ValueError:
        raise NotThere("article_not_found", _("There is no such article in this project.")) from None


def _ask_form(request: HttpRequest, member: Membership, article: Article) -> AskForm:
    is_asked = request.method == "POST" and request.POST.get("act") == "ask"
    form = AskForm(
        request.POST if is_asked else None,
        initial={
            "key": uuid4(),
            "annotation": request.GET.get("annotation", ""),
            **_words_asked_about(request, article),
        },
        auto_id="ask-%s",
    )
    rows = Annotation.objects.filter(version=article.current_version_id, withdrawn_at__isnull=True)
    spans = visible_to(member, rows).select_related("label").order_by("start", "end", "pk")[:MOST_SPANS]
    choices = [(str(row.key), f"{row.label.name}: {row.quote[:80]}") for row in spans]
    form.fields["annotation"].choices = [("", _("the whole article")), *choices]  # type: ignore[attr-defined]
    return form


def _words_asked_about(request: HttpRequest, article: Article) -> dict[str, Any]:
    """Return the words that the address names by their offsets; nothing where none stand there, or too many."""
    sent = [request.GET.get(name, "") for name in ("start", "end")]
    if article.current_version is None or not all(each.isascii() and each.isdigit() for each in sent):
        return {}
    if max(map(len, sent)) > len(str(article.current_version.length)):
        return {}
    start, end = map(int, sent)
    quote = article.current_version.text[start:end]
    is_there = start < end and len(quote) == end - start <= LONGEST_QUOTE
    return {"start": start, "end": end, "quote": quote} if is_there else {}


def _place(thread: CommentThread) -> Span | None:
    """Return where in the present text the words stand that a question is about."""
    about: CommentThread | Annotation = thread.annotation or thread
    is_there = thread.is_on_present_text
    return Span(about.start, about.end) if is_there and about.start is not None and about.end is not None else None


def _act(
    request: HttpRequest, member: Membership, article: Article | None, form: AskForm | None
) -> HttpResponse | None:
    """Carry out what was sent; None where the form has to be shown again."""
    act = request.POST.get("act", "")
    try:
        if act == "ask":
            if form is None or article is None:
                raise NotThere("article_not_found", _("There is no such article in this project."))
            if not form.is_valid():
                return None
            thread = _ask(form, article, member)
            messages.success(request, _("The managers have your question. Their answer comes to your mentions."))
        else:
            thread = _answered(request, act, member)
    except (Forbidden, NotThere, TooMany):
        raise
    except WorkbenchError as refusal:
        if act == "ask" and form is not None:
            put_refusal(form, refusal)
            return None
        say(request, refusal)
        return redirect("annotations:questions", member.project.slug)
    return redirect(f"{reverse('annotations:questions', args=[member.project.slug])}#q-{thread}")


def _ask(form: AskForm, article: Article, member: Membership) -> UUID:
    sent = form.cleaned_data
    about = UUID(sent["annotation"]) if sent["annotation"] else None
    start, end = sent["start"], sent["end"]
    is_span = start is not None and end is not None and start < end and about is None
    # its key names the comment too, so that a form sent twice asks once
    new = NewThread(
        *(sent["key"], sent["key"], sent["text"], article.uuid, about),
        is_question=True,
        span=Span(start, end) if is_span else None,
        quote=sent["quote"].replace("\r\n", "\n"),  # as browsers send line ends
    )
    once = Request.of(sent["key"], "ask", str(article.uuid), sent["annotation"], sent["text"], str(start), str(end))
    return begin_thread(new, by=member, request=once).key


def _answered(request: HttpRequest, act: str, member: Membership) -> UUID:
    key, base = _uuid(request, "question"), _whole(request, "base")
    text = request.POST.get("text", "")
    if act == "answer":
        of_comment = _uuid(request, "key")
        answer(key, of_comment, text, by=member, request=Request.of(of_comment, "answer", str(key), text))
    elif act == "resolve":
        resolve_thread(key, by=member, base_version=base)
    elif act == "reopen":
        reopen_thread(key, by=member, base_version=base)
    elif act == "announce":
        thread = announce(key, text.replace("\r\n", "\n"), by=member, base_version=base)
        made = thread.announced_in.version if thread.announced_in else 0
        messages.success(request, _("Version %(n)s of the guidelines is in force; all members are told.") % {"n": made})
    else:
        raise Refused("act_unknown", _("Choose what to do with the question."))
    return key


def _uuid(request: HttpRequest, name: str) -> UUID:
    try:
        return UUID(request.POST.get(name, ""))
    except ValueError:
        raise NotThere("thread_not_found", _("There is no such thread, or you may not see it.")) from None


def _whole(request: HttpRequest, name: str) -> int:
    sent = request.POST.get(name, "")
    return int(sent) if sent.isascii() and sent.isdigit() and len(sent) < 10 else 0


def _calls(thread: CommentThread, member: Membership) -> bool:
    """Tell whether something in it calls the member, who has not read it."""
    calls = (call for comment in thread.comments.all() for call in comment.mentions.all())
    return any(call.member_id == member.pk and call.read_at is None for call in calls)
