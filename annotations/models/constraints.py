"""Short forms of the constraints and columns that several models share. No model lives here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import PROTECT, CheckConstraint, F, ForeignKey, Q, UniqueConstraint
from django.db.models.functions import Length

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise


def check(name: str, condition: Any, message: str) -> CheckConstraint:
    """Name a rule that each single row keeps, with the sentence a person reads when it is broken."""
    return CheckConstraint(name=name, condition=condition, violation_error_message=message)


def unique(name: str, *fields: str, message: str | StrPromise, condition: Q | None = None) -> UniqueConstraint:
    """Name a set of columns that no two rows share."""
    return UniqueConstraint(name=name, fields=fields, condition=condition, violation_error_message=message)


def one_of(name: str, field: str, values: list[str]) -> CheckConstraint:
    """Hold a column to the values of its `TextChoices`."""
    return check(name, Q(**{f"{field}__in": values}), f"{field} is none of: {', '.join(values)}.")


def web_address(name: str, field: str = "url", *, may_be_empty: bool = False) -> CheckConstraint:
    """Hold an address to http and https: pages make links of it."""
    known = Q(**{f"{field}__startswith": "http://"}) | Q(**{f"{field}__startswith": "https://"})
    if may_be_empty:
        known |= Q(**{field: ""})
    return check(name, known, "An address begins with http:// or https://.")


def span_bounds(name: str) -> CheckConstraint:
    """Hold `0 <= start < end <= length`; `length` is tied to the version's by the reference guards."""
    inside = Q(start__gte=0) & Q(start__lt=F("end")) & Q(end__lte=F("length"))
    return check(name, inside, "The span lies outside its text: 0 <= start < end <= length.")


def quote_fits(name: str) -> CheckConstraint:
    """Hold the quote to as many code points as the span has; only on a withheld text, as guards hold, it is empty."""
    return check(
        name,
        Q(end=F("start") + Length("quote")) | Q(quote=""),
        "The quote is not as long as its span. Send text[start:end].",
    )


def made_by_job() -> ForeignKey:
    """Name the job that wrote a row, so that the import can be undone.

    No check and no index: for a million imported rows they would cost and buy nothing, as jobs are never deleted.
    """
    return ForeignKey(
        "annotations.Job", PROTECT, null=True, blank=True, related_name="+", db_constraint=False, db_index=False
    )
