"""Where the words of a quotation stand too: looked up over articles and captures, and what is said of it."""
