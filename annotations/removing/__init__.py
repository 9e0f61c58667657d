"""What is taken away for good: words on a rights-holder's demand, projects, what names a person; one's own data."""
