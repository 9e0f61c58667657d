"""The daily mail of what is new in an inbox, for those who want it. It names articles and claims, and quotes nobody."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from annotations.access.people import manages_anything
from annotations.errors import Forbidden, Refused, WorkbenchError
from annotations.models import Notice, User

from .inbox import ANSWER, CLAIM_MENTION, MENTION, QUESTION, Item, inbox_of, parts_of
from .mailing import send_mail, sends_mail

logger = logging.getLogger("annotations.mail")
EVERY = timedelta(hours=20)
"""Less than a day, so that a worker that looks once a day never skips one."""
MOST_LINES = 20


def send_digests() -> int:
    """Mail everybody what came into their inbox since the last mail; return how many mails were sent.

    Two workers at once send one mail: the row says first that it is on its way.
    """
    if not sends_mail():
        return 0
    now = timezone.now()
    due = Q(digested_at__isnull=True) | Q(digested_at__lt=now - EVERY)
    users = User.objects.filter(due, is_active=True, wants_digest=True).exclude(email="").order_by("pk")
    return sum(_send_digest(user) for user in users.iterator())


def send_test_mail(user: User) -> None:
    """Send a manager or administrator a mail that shows that mail goes out."""
    if not manages_anything(user):
        raise Forbidden("not_manager", _("Only managers of a project and administrators test the mail server."))
    if not user.email:
        raise Refused("no_email", _("Write your e-mail into your account first."), field="email")
    send_mail(user.email, _("Test of the mail server"), _("This mail shows that the workbench can send mail."))


def _send_digest(user: User) -> int:
    earlier, now = user.digested_at, timezone.now()
    parts = parts_of(user)
    items = [
        item
        for item in inbox_of(parts, most=MOST_LINES + 1, is_unread=True)
        if earlier is None or item.told_at > earlier
    ]
    if not items:
        return 0
    if not User.objects.filter(pk=user.pk, digested_at=earlier).update(digested_at=now):
        return 0
    with override(user.language or settings.LANGUAGE_CODE):
        subject = ngettext("%(n)d new thing in your inbox", "%(n)d new things in your inbox", len(items))
        try:
            send_mail(user.email, subject % {"n": len(items)}, _text(items))
        except WorkbenchError:
            User.objects.filter(pk=user.pk, digested_at=now).update(digested_at=earlier)
            return 0
    return 1


def _text(items: list[Item]) -> str:
    lines = [_line(item) for item in items[:MOST_LINES]]
    if len(items) > MOST_LINES:
        lines.append("…")
    address = f"{_site()}/inbox/"
    ending = _("Read it here: %(address)s\nYou can switch this mail off on the page of your account.")
    return "\n".join(lines) + "\n\n" + ending % {"address": address}


def _line(item: Item) -> str:
    sentence = {
        QUESTION: _("%(project)s: somebody asks the managers about “%(title)s”"),
        ANSWER: _("%(project)s: your question about “%(title)s” was answered"),
        MENTION: _("%(project)s: you are called in a comment on “%(title)s”"),
        CLAIM_MENTION: _("%(project)s: you are called in a comment on the claim “%(title)s”"),
        Notice.Kind.RETURNED: _("%(project)s: “%(title)s” was given back to you"),
        Notice.Kind.CLAIM: _("%(project)s: the claim “%(title)s” was given to you"),
    }[item.kind]
    return "– " + " ".join((sentence % {"project": item.member.project.name, "title": item.title}).split())


def _site() -> str:
    """Return the address of the site, which a worker cannot learn from a request."""
    if settings.WORKBENCH_URL:
        return str(settings.WORKBENCH_URL)
    scheme = "https" if settings.IS_PRODUCTION else "http"
    return f"{scheme}://{settings.ALLOWED_HOSTS[0]}"
