"""Pure work on text: offsets, normalising, blocks, zones, dates, addresses.

Nothing here imports Django or reads a file.
"""
