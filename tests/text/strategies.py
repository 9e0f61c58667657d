"""Generated texts as newsrooms have them: joined emoji, combining marks, right-to-left, all kinds of line ends."""

from hypothesis import strategies as st

PIECES = [
    "👩‍👩‍👧",
    "📈",
    "🇩🇪",
    "e\u0301",
    "ﬁ",
    "سلام",
    "\u200f",
    "שלום",
    "\r\n",
    "\r",
    "\n",
    "\n\n",
    "\u2028",
    "\u2029",
    "\ufeff",
    "\u00a0",
    "\u0085",
    "\x0b",
    " ",
    "\t",
    "Preis",
    "„stieg“",
    "[…]",
    "[Source]",
    "a",
]
raw_texts = st.lists(
    st.one_of(
        st.sampled_from(PIECES),
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=8),
    ),
    max_size=40,
).map("".join)
