"""Guidelines from Markdown to HTML: no raw HTML, no images, links to the web only and without a way back."""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from functools import lru_cache
from typing import Any

from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
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
    reader.add_render_rule("heading_open", _lower_heading)
    reader.add_render_rule("heading_close", _lower_heading)
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


def _lower_heading(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: MutableMapping[str, Any]
) -> str:
    """Make each heading one level lower: the page has a heading of its own."""
    token = tokens[index]
    token.tag = f"h{min(6, int(token.tag[1]) + 1)}" if token.markup else token.tag
    token.markup = ""
    return renderer.renderToken(tokens, index, options, env)
