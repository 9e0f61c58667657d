"""Mail to people: whether there is a server for it, and handing one letter over. Never inside a transaction."""

from __future__ import annotations

import logging
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils.translation import gettext as _

from annotations.errors import Refused

logger = logging.getLogger("annotations.mail")


def sends_mail() -> bool:
    """Tell whether this installation has a mail server."""
    return bool(settings.WORKBENCH_SENDS_MAIL)


def send_mail(to: str, subject: str, text: str) -> None:
    """Hand a letter over to the mail server. Raises `Refused` where there is none or it did not take it."""
    if not sends_mail():
        raise Refused("no_mail_server", _("No mail server is set up here."))
    line = " ".join(subject.split())
    try:
        EmailMessage(line, text, to=[to], headers={"Auto-Submitted": "auto-generated"}).send()
    except (OSError, SMTPException) as error:
        logger.warning("mail was not taken", extra={"error": type(error).__name__})
        raise Refused("mail_not_sent", _("The mail server did not take the mail. Try again later.")) from None
