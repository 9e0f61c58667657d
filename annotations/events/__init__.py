"""The live channel: server-sent events from PostgreSQL's notifications, served by the event process alone.

Pages work without it: where no stream answers, their scripts ask again every second.
"""
