"""Which passages stand in several articles: words, fingerprints, alignment, the stored index and what it yields.

What is found are suggestions with their ground; people confirm or reject them.
"""
