"""The second factor: codes of an app (TOTP), and recovery codes for the day the app is lost.

The app's secret must be read again for each code, so it is sealed with a key made of SECRET_KEY; recovery codes are
digested. A code of the app is taken once, and not after a later one; how often one may guess is counted like log-ins.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_otp.oath import TOTP

from annotations.access.login import attempt_on, forget, seconds_to_wait
from annotations.access.people import must_have_second_factor
from annotations.errors import Refused, TooMany
from annotations.models import RecoveryCode, SecondFactor, User

from .acts import record

STEP, DIGITS, TOLERANCE = 30, 6, 1
SECRET_BYTES = 20
N_CODES = 10
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclass(frozen=True, slots=True)
class NewFactor:
    """What the app needs to know: the secret to type, and the address that a picture holds."""

    secret: str
    uri: str


@dataclass(frozen=True, slots=True)
class State:
    """Where a person stands with their second factor."""

    factor: SecondFactor | None
    codes_left: int
    is_required: bool


def has_second_factor(user: User) -> bool:
    """Tell whether a code is asked of the person at log-in; 1 query."""
    return SecondFactor.objects.filter(user=user, confirmed_at__isnull=False).exists()


def state_of(user: User) -> State:
    """Return what a person's own page shows; at most 4 queries."""
    factor = SecondFactor.objects.filter(user=user, confirmed_at__isnull=False).first()
    left = RecoveryCode.objects.filter(user=user, used_at__isnull=True).count() if factor else 0
    return State(factor, left, must_have_second_factor(user))


@transaction.atomic
def begin_second_factor(user: User) -> NewFactor:
    """Make a secret for an app. It counts once a first code was right; beginning again makes another."""
    User.objects.select_for_update().get(pk=user.pk)
    if has_second_factor(user):
        raise Refused("second_factor_on", _("Your second factor is on. Turn it off before you set up another."))
    secret = secrets.token_bytes(SECRET_BYTES)
    SecondFactor.objects.update_or_create(user=user, defaults={"sealed_secret": _seal(secret), "last_step": 0})
    return _new_factor(user, secret)


def waiting_factor(user: User) -> NewFactor:
    """Return the secret of a set-up that waits for its first code. Raises `Refused` where there is none."""
    row = SecondFactor.objects.filter(user=user, confirmed_at__isnull=True).first()
    if row is None:
        raise Refused("second_factor_not_begun", _("Begin to set up the second factor first."))
    return _new_factor(user, _open(row))


def confirm_second_factor(user: User, code: str) -> list[str]:
    """Turn the second factor on with a first right code; return the recovery codes, which are stored nowhere.

    All sessions end: whoever does this has to take theirs along. Raises `Refused` for a wrong code, `TooMany`.
    """
    _count_guess(user)
    with transaction.atomic():
        row = SecondFactor.objects.select_for_update().filter(user=user, confirmed_at__isnull=True).first()
        if row is None:
            raise Refused("second_factor_not_begun", _("Begin to set up the second factor first."))
        if not _takes(row, code):
            raise _wrong()
        row.confirmed_at = timezone.now()
        row.save(update_fields=["confirmed_at"])
        end_sessions(user)
        codes = _write_codes(user)
        record(None, "second_factor.set_up", "user", user.uuid, user=user)
    forget(attempt_on("factor", str(user.uuid)))
    return codes


def check_second_factor(user: User, code: str) -> None:
    """Take a code of the app, or a recovery code, once. Raises `Refused` for a wrong one, `TooMany` after many."""
    _count_guess(user)
    with transaction.atomic():
        row = SecondFactor.objects.select_for_update().filter(user=user, confirmed_at__isnull=False).first()
        if row is None or not (_takes(row, code) or _takes_recovery(user, code)):
            raise _wrong()
    forget(attempt_on("factor", str(user.uuid)))


def renew_recovery_codes(user: User, code: str) -> list[str]:
    """Make new recovery codes; the old ones are worth nothing from now on. Asks for a code."""
    check_second_factor(user, code)
    with transaction.atomic():
        codes = _write_codes(user)
        record(None, "second_factor.codes_made", "user", user.uuid, user=user)
    return codes


def turn_off_second_factor(user: User, code: str) -> None:
    """Turn one's own second factor off. Asks for a code."""
    check_second_factor(user, code)
    remove_second_factor(user, by=user)


@transaction.atomic
def remove_second_factor(person: User, *, by: User) -> bool:
    """Take the second factor from a person, who lost app and codes; return whether there was one. Sessions end."""
    deleted, _rows = SecondFactor.objects.filter(user=person).delete()
    RecoveryCode.objects.filter(user=person).delete()
    if deleted:
        end_sessions(person)
        record(None, "second_factor.removed", "user", person.uuid, user=by)
    return bool(deleted)


def end_sessions(person: User) -> None:
    """End every session of a person, in the caller's transaction; each is looked at with its next request."""
    person.session_round = User.objects.values_list("session_round", flat=True).get(pk=person.pk) + 1
    person.save(update_fields=["session_round"])


def _count_guess(user: User) -> None:
    seconds = seconds_to_wait(attempt_on("factor", str(user.uuid)))
    if seconds:
        message = ngettext(
            "There were too many attempts. Try again in %(n)d second.",
            "There were too many attempts. Try again in %(n)d seconds.",
            seconds,
        )
        raise TooMany("too_many_codes", message % {"n": seconds}, seconds=seconds)


def _wrong() -> Refused:
    message = _("This code is not right, or it was used already. Wait for the next one in your app.")
    return Refused("code_wrong", message, field="code")


def _takes(row: SecondFactor, code: str) -> bool:
    """Tell whether the app shows this code now, and note its step, so that it is not taken again."""
    typed = "".join(code.split())
    if len(typed) != DIGITS or not (typed.isascii() and typed.isdecimal()):
        return False
    totp = TOTP(_open(row), step=STEP, digits=DIGITS)
    if not totp.verify(int(typed), tolerance=TOLERANCE, min_t=row.last_step + 1):
        return False
    row.last_step = totp.t()
    row.save(update_fields=["last_step"])
    return True


def _takes_recovery(user: User, code: str) -> bool:
    rows = RecoveryCode.objects.filter(user=user, digest=_digest(code), used_at__isnull=True)
    if not rows.update(used_at=timezone.now()):
        return False
    record(None, "second_factor.code_used", "user", user.uuid, user=user)
    return True


def _write_codes(user: User) -> list[str]:
    """Write new recovery codes, four groups of four letters each: about 79 bits, so a plain digest is enough."""
    codes = ["-".join("".join(secrets.choice(_LETTERS) for _n in range(4)) for _g in range(4)) for _c in range(N_CODES)]
    RecoveryCode.objects.filter(user=user).delete()
    RecoveryCode.objects.bulk_create(RecoveryCode(user=user, digest=_digest(code)) for code in codes)
    return codes


def _new_factor(user: User, secret: bytes) -> NewFactor:
    text = base64.b32encode(secret).decode()
    name = f"Claim Workbench {settings.ALLOWED_HOSTS[0]}"
    query = urlencode({"secret": text, "issuer": name, "digits": DIGITS, "period": STEP}, quote_via=quote)
    return NewFactor(text, f"otpauth://totp/{quote(name)}:{quote(user.get_username())}?{query}")


def _digest(code: str) -> bytes:
    plain = "".join(letter for letter in code.lower() if letter.isalnum())
    return hashlib.sha256(plain.encode()).digest()


def _lock() -> Fernet:
    key = salted_hmac("annotations.workflow.second_factor", "secret", algorithm="sha256").digest()
    return Fernet(base64.urlsafe_b64encode(key))


def _seal(secret: bytes) -> bytes:
    return _lock().encrypt(secret)


def _open(row: SecondFactor) -> bytes:
    """Open a sealed secret. Under another SECRET_KEY it fits no code: recovery codes still do."""
    try:
        return _lock().decrypt(bytes(row.sealed_secret))
    except InvalidToken:
        return secrets.token_bytes(SECRET_BYTES)
