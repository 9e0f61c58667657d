"""Guidelines from Markdown to HTML: no raw HTML, no images, links to the web only and without a way back."""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from functools import lru_cache
from typing import Any

from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from annotations.text.urls import BadUrl, check_source_url


@lru_cache(maxsize=64)
def render_markdown(text: str) -> SafeString:
    """Return the HTML of a text by a manager. HTML in it is shown as text.

    The guidelines stand beside each article and seldom change, so the last texts are remembered.
    """
    return mark_safe(_reader().render(text))  # noqa: S308 - the reader escapes everything it did not make


def _reader() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False, "linkify": False, "typographer": False})
    reader.enable("table").disable("image")
    reader.validateLink = _is_web_address  # type: ignore[method-assign]
    reader.add_render_rule("link_open", _open_link)
    reader.core.ruler.push("headings_in_order", _put_headings_in_order)
    return reader


def _is_web_address(url: str) -> bool:
    try:
        check_source_url(url)
    except BadUrl:
        return False
    return True


def _open_link(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: MutableMapping[str, Any]
) -> str:
    tokens[index].attrSet("rel", "noopener noreferrer nofollow")
    tokens[index].attrSet("target", "_blank")
    return renderer.renderToken(tokens, index, options, env)


def _put_headings_in_order(state: StateCore) -> None:
    """Begin below the heading of the page and go down one level at a time, whatever levels were written."""
    above: list[str] = []
    for token in state.tokens:
        if token.type == "heading_open":
            above = [tag for tag in above if tag < token.tag]
            above.append(token.tag)
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, len(above) + 1)}"
