"""Files on their way in: small requests in memory, large ones straight to disk, and none beyond the limit."""

from __future__ import annotations

from typing import IO, Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.core.files.uploadhandler import FileUploadHandler
from django.utils.translation import gettext as _

MIB = 1024 * 1024


class UploadTooLarge(RequestDataTooBig):
    """A request with files that is larger than an import may be."""


def too_large(error: BaseException | None) -> str | None:
    """Return the sentence of a request that went beyond a limit: what the limit is, and which variable sets it."""
    match error:
        case TooManyFilesSent():
            sentence, most = (
                _("At most %(most)s files are taken in one request."),
                settings.DATA_UPLOAD_MAX_NUMBER_FILES,
            )
            remedy, variable = _("Put them into a .zip."), "WORKBENCH_FORM_FILES"
        case TooManyFieldsSent():
            sentence, most = _("At most %(most)s fields are taken in one form."), settings.DATA_UPLOAD_MAX_NUMBER_FIELDS
            remedy, variable = _("Send them in parts."), "WORKBENCH_FORM_FIELDS"
        case UploadTooLarge():
            sentence, most = _("Files may have %(most)s MiB together."), settings.WORKBENCH_UPLOAD_MAX_SIZE // MIB
            remedy, variable = _("Import them in parts."), "WORKBENCH_IMPORT_MIB"
        case RequestDataTooBig():
            sentence, most = _("A request may have %(most)s MiB."), settings.DATA_UPLOAD_MAX_MEMORY_SIZE // MIB
            remedy, variable = _("Upload it as a file."), "WORKBENCH_REQUEST_MIB"
        case _other:
            return None
    limit = _("The limit is set by %(variable)s.") % {"variable": variable}
    return f"{sentence % {'most': most}} {remedy} {limit}"


class SizeUploadHandler(FileUploadHandler):
    """Refuses a request by its stated size, before a byte of it is stored; leaves the files to the next handlers."""

    def handle_raw_input(
        self,
        input_data: IO[bytes],
        META: dict[str, str],
        content_length: int,
        boundary: str,
        encoding: str | None = None,
    ) -> None:
        """Look at the size of the whole request; no server reads more than it states."""
        if content_length > settings.WORKBENCH_UPLOAD_MAX_SIZE:
            raise UploadTooLarge

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Pass the data on."""
        return raw_data

    def file_complete(self, file_size: int) -> Any:
        """Leave it to the next handler."""
        return None
