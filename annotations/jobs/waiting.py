"""Uploads that wait: files are stored once, looked at, and then imported or forgotten."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import BinaryIO
from uuid import UUID

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import ProtectedError
from django.utils import timezone
from django.utils.translation import gettext as _

from annotations.access import Act, require
from annotations.errors import NotThere, Refused
from annotations.models import Membership, RawFile, WaitingFile, WaitingUpload

from .starting import store_named

KEPT_FOR = timedelta(days=1)


def keep_upload(by: Membership, files: Iterable[tuple[str, BinaryIO]]) -> WaitingUpload:
    """Store files to be looked at. Raises `Forbidden`, and `Refused` for none."""
    require(by, Act.ADD_ARTICLES)
    stored = [store_named(by.project, name, file) for name, file in files]
    if not stored:
        raise Refused("no_files", _("Choose at least one file."), field="uploads")
    with transaction.atomic():
        upload = WaitingUpload.objects.create(project=by.project, sent_by=by)
        WaitingFile.objects.bulk_create(
            [WaitingFile(upload=upload, raw_file=raw_file, name=name) for name, raw_file in stored], batch_size=500
        )
    return upload


def find_upload(by: Membership, uuid: UUID) -> WaitingUpload:
    """Find one's own waiting upload, or raise `NotThere`; 1 query."""
    found = WaitingUpload.objects.filter(sent_by=by, uuid=uuid).first()
    if found is None:
        raise NotThere("upload_not_found", _("These files are not waiting any more. Send them again."))
    return found


def forget_upload(upload: WaitingUpload) -> None:
    """Remove an upload, and those of its files that nothing else names."""
    files = list(RawFile.objects.filter(pk__in=upload.files.values("raw_file")))
    upload.delete()
    for raw_file in files:
        name = str(raw_file.file.name)
        try:
            with transaction.atomic():
                RawFile.objects.select_for_update().get(pk=raw_file.pk).delete()
        except (ProtectedError, RawFile.DoesNotExist):  # an import or a text has it
            continue
        default_storage.delete(name)


def forget_old_uploads() -> int:
    """Remove uploads that nobody came back to for a day; return how many."""
    old = list(WaitingUpload.objects.filter(created_at__lt=timezone.now() - KEPT_FOR)[:100])
    for upload in old:
        forget_upload(upload)
    return len(old)
