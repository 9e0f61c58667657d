"""The limits of what is read from files, in one place. Sizes in bytes, counted after decompression."""

from __future__ import annotations

from annotations.text.ids import LONGEST_ID

MIB = 1024 * 1024

TOTAL_BYTES = 2048 * MIB
"""All files and members of one import together."""
ARTICLE_BYTES = 10 * MIB
"""One plain text, one page, or one JSON record."""
MEMBERS = 10_000
"""Members of one archive."""
DIRECTORY_BYTES = 8 * MIB
"""The list of members in a .zip."""
RATIO = 200
"""Decompressed to compressed size, looked at above RATIO_FROM bytes."""
RATIO_FROM = MIB
JSON_DEPTH = 100
"""Lists and objects within one another."""
CSV_COLUMNS = 500
LINKS = 5_000
"""Links kept of one article."""
CANDIDATES = 20
"""Candidates shown for one field of one article."""
PROBLEMS_IN_A_RECORD = 100

EXTERNAL_ID_LENGTH = LONGEST_ID
TITLE_LENGTH = 1_000
PUBLISHER_LENGTH = 200
"""Lengths of single fields, in characters."""

HEAD_BYTES = 64 * 1024
"""So much of a file is looked at to tell its format."""
