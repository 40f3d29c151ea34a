"""Where the server goes for others, and where it does not, however it is written."""

from __future__ import annotations

from ipaddress import IPv4Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zzd.outgoing.addresses import AddressRefused, choose, is_public, networks, parse

INSIDE = [
    "127.0.0.1",
    "127.8.9.10",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.100.100.200",
    "100.64.0.1",
    "168.63.129.16",
    "192.0.0.192",
    "192.88.99.1",
    "192.31.196.1",
    "192.52.193.1",
    "192.175.48.1",
    "198.18.0.1",
    "224.0.0.1",
    "239.1.2.3",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "::ffff:169.254.169.254",
    "64:ff9b::127.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::7f00:1",
    "2002:7f00:1::1",
    "2001:0:7f00:1::1",
    "2001:db8::1",
    "fe80::1",
    "fec0::1",
    "fc00::1",
    "fd00:ec2::254",
    "ff02::1",
    "100::1",
    "2620:4f:8000::1",
    "3fff::1",
]
OUTSIDE = ["1.1.1.1", "202.101.172.35", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"]


@pytest.mark.parametrize("address", INSIDE)
def test_addresses_inside_are_refused(address: str) -> None:
    assert not is_public(ip_address(address))
    with pytest.raises(AddressRefused):
        choose(parse("https://app.example.cn/"), [address], [])


@pytest.mark.parametrize("address", OUTSIDE)
def test_addresses_outside_are_gone_to(address: str) -> None:
    chosen = choose(parse("https://app.example.cn/"), [address], [])
    assert chosen == ip_address(address)


@given(st.ip_addresses(v=4, network="10.0.0.0/8") | st.ip_addresses(v=4, network="127.0.0.0/8"))
def test_no_way_to_write_an_ipv4_address_in_ipv6_makes_it_public(address: IPv4Address) -> None:
    for prefix in ("::ffff:0:0", "::", "64:ff9b::", "2002::"):
        shift = 80 if prefix == "2002::" else 0
        written = ip_address(int(ip_address(prefix)) | int(address) << shift)
        assert not is_public(written)


@pytest.mark.parametrize(
    "url",
    [
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0x7f.1/",
        "https://127.1/",
        "https://0177.0.0.1/",
        "https://127.0.0.1./",
        "https://[::1%25lo]/",
        "https://[fe80::1%25eth0]/",
        "https://[::ffff:127.0.0.1/",
        "https://app.example.cn:0/",
        "https://app.example.cn:99999/",
        "https://me@app.example.cn/",
        "https://me:secret@127.0.0.1/",
        "https://app.example.cn\\@127.0.0.1/",
        "https://app.example.cn\r\nHost: x/",
        "https://①②⑦.0.0.1/",
        "https://169.254.169.254%00.example.cn/",
        "https://app%2eexample.cn/",
        "https://app.example.cn,127.0.0.1/",
        "https://例子.cn/",
        "https:///x",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "//127.0.0.1/",
        "",
        "https://x.cn/" + "a" * 500,
    ],
)
def test_what_is_no_plain_address_is_refused(url: str) -> None:
    with pytest.raises(AddressRefused):
        choose(parse(url), ["1.1.1.1"], [])


@pytest.mark.parametrize(
    "url", ["https://127.0.0.1/", "https://[::1]/", "https://[::ffff:7f00:1]/"]
)
def test_an_address_in_the_place_of_a_name_is_checked_too(url: str) -> None:
    target = parse(url)
    assert target.literal is not None
    with pytest.raises(AddressRefused):
        choose(target, [str(target.literal)], [])


def test_a_name_that_leads_outside_and_inside_is_refused() -> None:
    with pytest.raises(AddressRefused):
        choose(parse("https://app.example.cn/"), ["1.1.1.1", "10.0.0.1"], [])


def test_http_leads_into_opened_networks_alone() -> None:
    opened = networks(["10.1.0.0/16"])
    assert choose(parse("http://app.example.cn/"), ["10.1.2.3"], opened) == ip_address("10.1.2.3")
    mapped = choose(parse("http://app.example.cn/"), ["::ffff:10.1.2.3"], opened)
    assert mapped == ip_address("::ffff:10.1.2.3")
    for address in ("10.2.0.1", "127.0.0.1", "1.1.1.1"):
        with pytest.raises(AddressRefused):
            choose(parse("http://app.example.cn/"), [address], opened)
