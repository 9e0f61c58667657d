"""Which internet addresses may be dialled: globally routable unicast, and nothing that leads elsewhere by a detour.

The list of refused networks stands beside Python's own knowledge, which differs between its versions; both must agree.
"""

from __future__ import annotations

from ipaddress import AddressValueError, IPv4Address, IPv4Network, IPv6Address, IPv6Network

_REFUSED_V4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",  # carrier-grade NAT; one cloud keeps its metadata there
            "127.0.0.0/8",
            "168.63.129.16/32",  # public by number, but the inside of a cloud
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.31.196.0/24",
            "192.52.193.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "192.175.48.0/24",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",
            "240.0.0.0/4",
        ),
    )
)
_GLOBAL_V6 = IPv6Network("2000::/3")
_REFUSED_V6 = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # Teredo, ORCHID, benchmarks
            "2001:db8::/32",
            "2002::/16",  # 6to4: an IPv4 address inside
            "2620:4f:8000::/48",
            "3fff::/20",
        ),
    )
)
_ISATAP = (0x00005EFE, 0x02005EFE)


def is_public(written: str) -> bool:
    """Tell whether an address, as a resolver writes it, may be dialled.

    >>> [is_public(one) for one in ("93.184.216.34", "127.0.0.1", "::ffff:93.184.216.34", "2606:2800:21f::1")]
    [True, False, False, True]
    """
    try:
        return _is_public_v6(IPv6Address(written)) if ":" in written else _is_public_v4(IPv4Address(written))
    except AddressValueError:
        return False


def _is_public_v4(address: IPv4Address) -> bool:
    return address.is_global and not any(address in network for network in _REFUSED_V4)


def _is_public_v6(address: IPv6Address) -> bool:
    """Take what is allotted to the world. Whatever holds an IPv4 address stands outside, but for ISATAP."""
    if address.scope_id is not None or address not in _GLOBAL_V6 or not address.is_global:
        return False
    if (int(address) >> 32) & 0xFFFFFFFF in _ISATAP:
        return False
    return not any(address in network for network in _REFUSED_V6)
