"""Dates in German, as Django has them, and one with seconds."""

DATETIME_SECONDS = "d.m.Y H:i:s"
