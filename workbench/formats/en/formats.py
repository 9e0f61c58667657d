"""Dates in English: year first, which reads the same on both sides of the Atlantic, and in fields to be filled in."""

SHORT_DATE_FORMAT = "Y-m-d"
SHORT_DATETIME_FORMAT = "Y-m-d H:i"
DATETIME_SECONDS = "Y-m-d H:i:s"
