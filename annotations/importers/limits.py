"""The limits of what is read from files, in one place. Sizes in bytes, counted after decompression.

Those that an operator may want to move are environment variables; a refusal names the limit and its variable.
"""

from __future__ import annotations

from django.utils.translation import gettext as _

from annotations.text.ids import LONGEST_ID
from workbench.environment import environment

MIB = 1024 * 1024

TOTAL_BYTES = environment.number("WORKBENCH_IMPORT_MIB") * MIB
"""All files and members of one import together, and one request that brings files."""
ARTICLE_BYTES = environment.number("WORKBENCH_ARTICLE_MIB") * MIB
"""One plain text, one page, or one JSON record."""
MEMBERS = environment.number("WORKBENCH_ARCHIVE_MEMBERS")
"""Members of one archive."""
DIRECTORY_BYTES = environment.number("WORKBENCH_ARCHIVE_LIST_MIB") * MIB
"""The list of members in a .zip."""
RATIO = environment.number("WORKBENCH_ARCHIVE_RATIO")
"""Decompressed to compressed size, looked at above RATIO_FROM bytes."""
RATIO_FROM = MIB
JSON_DEPTH = environment.number("WORKBENCH_JSON_DEPTH")
"""Lists and objects within one another."""
JSON_VALUES = 1_000_000
"""Values in one record of JSON, each of which takes some hundred bytes of memory; 10 MiB of annotations have half.
"""
CSV_COLUMNS = environment.number("WORKBENCH_CSV_COLUMNS")
LINKS = 5_000
"""Links kept of one article."""
CANDIDATES = 20
"""Candidates shown for one field of one article."""
PROBLEMS_IN_A_RECORD = 100
JUDGEMENTS = 200_000
"""Annotations, or other judgements of one kind, on one article: they are held in memory together."""
PAGE_TAGS = 300_000
"""Signs of a tag (`<`) in one page or post, whose tree takes some hundred bytes of memory for each."""
SIFTED_ELEMENTS = 20_000
"""Elements of a page of which the main text is still told from the rest; that takes 3 KiB of memory for each."""
WHOLE_BYTES = 128 * MIB
"""What a file may unpack to that has to be held in memory as a whole; reading takes twice as much."""

EXTERNAL_ID_LENGTH = LONGEST_ID
TITLE_LENGTH = 1_000
PUBLISHER_LENGTH = 200
"""Lengths of single fields, in characters."""

HEAD_BYTES = 64 * 1024
"""So much of a file is looked at to tell its format."""


def set_by(variable: str, sentence: str) -> str:
    """Return a refusal's sentence with the name of the variable that sets its limit.

    >>> set_by("WORKBENCH_CSV_COLUMNS", "The table has too many columns.")
    'The table has too many columns. The limit is set by WORKBENCH_CSV_COLUMNS.'
    """
    return f"{sentence} {_('The limit is set by %(variable)s.') % {'variable': variable}}"


MOST_IN_A_TEXT = 20_000_000
"""Code points of the longest text."""
