"""What proposes labels for spans on this machine, by rules that a person can read; no model and no download.

`rules` has the words and patterns, `english` finds passages with them, `proposing` runs it as a job.
"""
