"""A row that a person filled in, held to its fields' own rules before it is saved."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db.models import Model

from annotations.errors import Refused


def check_row(row: Model, *, field: str = "") -> None:
    """Raise `Refused` for the first field that does not fit; `field` says where in the input the row stands."""
    try:
        row.full_clean()
    except ValidationError as error:
        name, messages = next(iter(error.message_dict.items()))
        name = "" if name == "__all__" else name
        raise Refused("invalid", " ".join(messages), field=".".join(filter(None, (field, name)))) from None
