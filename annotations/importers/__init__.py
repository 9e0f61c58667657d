"""From a file or feed to checked records, and from records to rows: one module for each format.

Nothing here sees a web request.
"""
