"""What opens connections to the outside; no other room does."""
