"""The demonstration: its people, its project, the work of two annotators, and the Django fixture of its articles."""

from .loading import DemonstrationSpoilt, is_loaded, load_demonstration, log_ins, make_accounts

__all__ = ["DemonstrationSpoilt", "is_loaded", "load_demonstration", "log_ins", "make_accounts"]
