"""Addresses that must not be fetched, in all the notations that lead somewhere inside."""

from __future__ import annotations

from ipaddress import IPv4Address

_INSIDE_V4 = (
    *("0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200", "100.127.255.254"),
    *("127.0.0.1", "127.1.2.3", "127.255.255.254", "168.63.129.16", "169.254.0.1", "169.254.169.254", "169.254.170.2"),
    *("172.16.0.1", "172.31.255.254", "192.0.0.1", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.0.1"),
    *("192.168.255.254", "198.18.0.1", "198.19.255.254", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.250"),
    *("240.0.0.1", "255.255.255.255", "192.31.196.1", "192.52.193.1", "192.175.48.1"),
)
INSIDE_V6 = (
    *(
        "::",
        "::1",
        "::2",
        "fe80::1",
        "fe80::1%25eth0",
        "fe80::1%eth0",
        "febf::1",
        "fec0::1",
        "fc00::1",
        "fd00:ec2::254",
    ),
    *("fdff::1", "ff02::1", "ff05::2", "::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:169.254.169.254", "::ffff:8.8.8.8"),
    *("::127.0.0.1", "::7f00:1", "::ffff:0:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::127.0.0.1", "64:ff9b:1::a00:1"),
    *("2002:7f00:1::", "2002:a9fe:a9fe::1", "2001:0:7f00:1::", "2001::1", "2001:2::1", "2001:10::1", "2001:20::1"),
    *("2001:db8::1", "3fff::1", "100::1", "5f00::1", "4000::1", "2606:4700::5efe:7f00:1", "2606:4700::200:5efe:a00:1"),
    *("2620:4f:8000::1", "0000:0000:0000:0000:0000:0000:0000:0001", "0:0:0:0:0:ffff:10.0.0.1"),
)
NUMBERS = (
    *(
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "0x7f.0x0.0x0.0x1",
        "0177.0.0.1",
        "017700000001",
        "0177.0000.0000.0001",
    ),
    *("127.1", "127.0.1", "0x7f.1", "127.0.0.01", "127.0.0.0x1", "0", "0x0", "1", "3232235777", "2852039166"),
    *("0xa9fea9fe", "0251.0376.0251.0376", "169.254.43518", "010.0.0.1", "08.8.8.8", "1.2.3.4.5", "256.1.1.1"),
    *(
        "0xA9.0xFE.0xA9.0xFE",
        "00000127.0.0.1",
        "127.0.0.1.",
        "１２７.０.０.１",
        "１2７.0.0.1",
        "①②⑦.⓪.⓪.①",
        "127。0。0。1",
    ),
    *("127．0．0．1", "127｡0｡0｡1", "1e1.0.0.1", "0x", "0x.0x.0x.0x", "4294967297", "-1", "127.0.0.1e0"),
)
NAMES = (
    *("localhost", "LOCALHOST", "localhost.", "a.localhost", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ", "localhost.localdomain", "ip6-localhost"),
    *("intranet", "router", "db", "metadata", "metadata.google.internal", "metadata.google.internal.", "host.internal"),
    *("printer.local", "nas.lan", "fritz.home", "wiki.corp", "x.private", "1.0.0.127.in-addr.arpa", "a.home.arpa"),
    *("aaaaaaaaaaaaaaaa.onion", "a.i2p", "example.invalid", "something.test", "-a.example.org", "a..example.org"),
    *("a" * 64 + ".example.org", "a b.example.org", "exa\u200bmple", "ex%61mple.org", "127.0.0.1%2eexample.org"),
    *("%31%32%37.0.0.1", "example.org%00.localhost", "xn--", "a.xn--", "..", ".", "*.example.org", "[example.org]"),
    *("[127.0.0.1]", "[::1", "::1", "[v1.a]", "example", "exämple"),
)
FORMS = (
    *(
        "http://user@example.org/",
        "http://user:pass@example.org/",
        "http://example.org@127.0.0.1/",
        "http://@127.0.0.1/",
    ),
    *("http://example.org#@127.0.0.1:22/", "http://127.0.0.1#@example.org/", "http://127.0.0.1?@example.org/"),
    *("http://example.org\\@127.0.0.1/", "http:\\\\127.0.0.1\\", "http:/127.0.0.1/", "http:127.0.0.1/", "//127.0.0.1/"),
    *("http:///127.0.0.1/", "http://example.org:22/", "http://example.org:0/", "http://example.org:8080/"),
    *(
        "https://example.org:6379/",
        "http://example.org:65536/",
        "http://example.org:-1/",
        "http://example.org:8\n0/x:25",
    ),
    *(
        "http://example.org:80:22/",
        "http://example.org:８０８０/",
        "http://example.org:+443x/",
        "http://example.org: 25/",
    ),
    *("ftp://example.org/", "file:///etc/passwd", "file://localhost/etc/passwd", "gopher://127.0.0.1:25/_HELO"),
    *(
        "dict://127.0.0.1:11211/",
        "ldap://127.0.0.1/",
        "data:text/html,hello",
        "javascript:alert(1)",
        "jar:http://a.b!/",
    ),
    *(
        "ssh://example.org/",
        "tftp://example.org/",
        "ws://example.org/",
        "view-source:http://127.0.0.1/",
        "blob:x",
        "",
        " ",
    ),
    *(
        "http://",
        "https://",
        "http://?",
        "http://#",
        "http://[",
        "http://]",
        "http://[]/",
        "http://[::1]:80@example.org/",
    ),
    *(
        "http://127.0.0.1\t/",
        "http://127.0\t.0.1/",
        "ht\ntp://127.0.0.1/",
        "http://\u202e127.0.0.1/",
        "\x00http://10.0.0.1/",
    ),
    *("http://127.0.0.1:80\\@example.org/", "http://example.org:443@10.0.0.1/", "unix:///var/run/docker.sock"),
    *("http://\ud800.example.org/", "http://" + "a." * 200 + "example.org/", "http://example.org:" + "9" * 5000 + "/"),
)

HARMLESS = frozenset({"http://example.org#@127.0.0.1:22/", "http://example.org:8\n0/x:25"})
"""They name a public host, and nothing but that host may be dialled for them."""


def hostile_urls() -> list[str]:
    hosts = [*_INSIDE_V4, *NUMBERS, *NAMES, *(f"[{host}]" for host in INSIDE_V6)]
    hosts += [f"[::ffff:{address}]" for address in _INSIDE_V4[:8]]
    hosts += [str(int(IPv4Address(address))) for address in _INSIDE_V4[:8]]
    return [*(f"http://{host}/page" for host in hosts), *(f"https://{host}:443/" for host in NUMBERS), *FORMS]


def inside() -> list[str]:
    """Return addresses that a resolver must not be believed with."""
    return [*_INSIDE_V4, *(host for host in INSIDE_V6 if "%25" not in host), "", "nonsense", "8.8.8.8/8", "1.2.3"]
