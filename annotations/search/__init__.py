"""Finding articles: the one filter of lists, bulk acts, the API and exports."""
