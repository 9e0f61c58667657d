"""Starting the built-in suggester: choose the label of each kind, then look at the job."""

from __future__ import annotations

from functools import partial

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from annotations.access import Act
from annotations.errors import TooMany, WorkbenchError
from annotations.jobs.starting import start_once
from annotations.jobs.workers import a_worker_is_alive
from annotations.models import Membership
from annotations.suggesters import rules
from annotations.suggesters.proposing import guessed_labels, span_labels, start_suggesting

from .doors import page, project_page
from .forms.fields import FormKeyField, put_refusal
from .once import request_of

NAMES = {
    "quotation": gettext_lazy("Quotations"),
    "speaker": gettext_lazy("Speakers"),
    "attribution_cue": gettext_lazy("Words of attribution"),
    "number": gettext_lazy("Numbers"),
    "date": gettext_lazy("Dates"),
    "place": gettext_lazy("Places"),
}
RULES = {
    "quotation": gettext_lazy("between quotation marks, three words at least; with speaker and cue"),
    "speaker": gettext_lazy("a name, pronoun or role beside a verb of saying, or after “according to”"),
    "attribution_cue": gettext_lazy("that verb, or “according to”"),
    "number": gettext_lazy("figures or number words, with “about” and the unit"),
    "date": gettext_lazy("days, months, years, days of the week, “last month”"),
    "place": gettext_lazy("names after “in”, “near”, “mayor of”, before “valley”, “dam”, or in a list of such"),
}


class SuggestForm(forms.Form):
    """The label of each kind; none means that the kind is not suggested."""

    form_key = FormKeyField()

    def __init__(self, *args: object, member: Membership) -> None:
        """Offer the labels of the project; those of the same key or name are chosen already."""
        super().__init__(*args)  # type: ignore[arg-type]
        guessed = guessed_labels(member.project)
        choices = [("", _("do not suggest")), *((label.key, label.name) for label in span_labels(member.project))]
        for kind in rules.KINDS:
            self.fields[kind] = forms.ChoiceField(
                label=NAMES[kind], help_text=RULES[kind], choices=choices, required=False, initial=guessed.get(kind, "")
            )


@require_http_methods(["GET", "HEAD", "POST"])
@project_page(Act.ADD_ARTICLES)
def suggest(request: HttpRequest, member: Membership) -> HttpResponse:
    """Start suggestions in all texts in English; go to the job's page."""
    form = SuggestForm(request.POST or None, member=member)
    if request.method == "POST" and form.is_valid():
        labels = {kind: form.cleaned_data[kind] for kind in rules.KINDS}
        try:
            job = start_once(member, request_of(request), partial(start_suggesting, member, labels))
            return redirect("annotations:job", member.project.slug, job.uuid)
        except TooMany:
            raise
        except WorkbenchError as refusal:
            put_refusal(form, refusal)
    context = {
        "form": form,
        "kinds": [form[kind] for kind in rules.KINDS],
        "tool": rules.TOOL,
        "worker_is_alive": a_worker_is_alive(),
    }
    return page(request, "suggest.html", member, context, status=422 if form.errors else 200)
