"""Acts that touch several rows. Transactions, permission questions and the audit live here."""
