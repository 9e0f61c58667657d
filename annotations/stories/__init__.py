"""Which articles tell one story, and what each says: stories that are suggested with their ground, and how they read.

Suggestions and proposals only; what people make of them is in `workflow.stories` and `workflow.answering`.
"""
