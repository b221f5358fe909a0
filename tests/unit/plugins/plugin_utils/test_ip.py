# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.containerhost.network.plugins.plugin_utils.errors import Refusal
from ansible_collections.containerhost.network.plugins.plugin_utils.ip import (
    Address,
    Block,
    Span,
    lowest_free_block,
    merged,
    nth_slice,
    overlapping,
    parse_address,
    parse_block,
    parse_interface,
    parse_span,
    slice_count,
    slice_index,
)

ADDRESSES = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6))


@given(ADDRESSES)
def test_an_address_reads_and_prints_as_the_standard_library_has_it(address):
    parsed = parse_address(str(address))
    assert (parsed.version, parsed.value) == (address.version, int(address))
    assert ipaddress.ip_address(str(parsed)) == address


@pytest.mark.parametrize(
    "text",
    [
        "10",
        "10.1",
        "010.0.0.1",
        "10.0.0.1 ",
        "10.0.0.256",
        "0x7f.1",
        "1.2.3",
        "fe80::1%eth0",
        "::1/128",
        "",
        "h1",
        ":::",
    ],
)
def test_an_address_in_another_form_is_refused(text):
    with pytest.raises(Refusal, match="is not an IP address"):
        parse_address(text)


def test_an_uncompressed_address_is_taken_and_printed_short():
    assert str(parse_address("FD00:0042:0::0001")) == "fd00:42::1"


@pytest.mark.parametrize(
    ("text", "right"),
    [("10.1.2.3/24", "10.1.2.0/24"), ("fd00::1/64", "fd00::/64"), ("10.42.8.0/20", "10.42.0.0/20")],
)
def test_host_bits_are_refused_with_the_right_cidr(text, right):
    with pytest.raises(Refusal) as refusal:
        parse_block(text)
    assert right in refusal.value.fix


@pytest.mark.parametrize(
    "text", ["10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/024", "10.0.0.0/255.0.0.0", "::/129"]
)
def test_a_block_without_a_proper_prefix_length_is_refused(text):
    with pytest.raises(Refusal, match="no prefix length"):
        parse_block(text)


def test_an_interface_address_may_have_a_prefix_length():
    assert parse_interface("198.18.7.11/24") == (parse_address("198.18.7.11"), 24)
    assert parse_interface("198.18.7.11") == (parse_address("198.18.7.11"), None)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [("10.0.0.7", 7, 7), ("10.0.0.16/28", 16, 31), ("10.0.0.10-10.0.0.20", 10, 20), ("10.0.0.10 - 10.0.0.20", 10, 20)],
)
def test_a_span_is_an_address_a_block_or_a_range(text, first, last):
    base = 10 << 24
    assert parse_span(text) == Span(4, base + first, base + last)


@pytest.mark.parametrize("text", ["10.0.0.9-10.0.0.3", "10.0.0.1-fd00::1", "10.0.0.1-", "a-b"])
def test_a_span_that_is_none_is_refused(text):
    with pytest.raises(Refusal):
        parse_span(text)


@given(st.integers(0, 32), st.integers(0, 32), st.integers(0, 2**32 - 1), st.data())
def test_slices_are_numbered_from_the_first(prefix, extra, value, data):
    prefix = min(prefix, 24)
    host_prefix = min(prefix + extra % 12, 32)
    block = Block(4, value >> (32 - prefix) << (32 - prefix), prefix)
    index = data.draw(st.integers(0, slice_count(block, host_prefix) - 1))
    slice_ = nth_slice(block, host_prefix, index)
    assert slice_ in block
    assert slice_index(block, slice_) == index


def test_a_slice_that_is_not_there_is_refused():
    block = parse_block("10.42.0.0/16")
    with pytest.raises(Refusal, match="it has 256"):
        nth_slice(block, 24, 256)
    with pytest.raises(Refusal, match="it has 0"):
        nth_slice(block, 8, 0)


BLOCKS = st.builds(
    lambda value, prefix: Block(4, value >> (32 - prefix) << (32 - prefix), prefix),
    st.integers(0, 2**16).map(lambda value: value << 12),
    st.integers(4, 28),
)


@given(st.lists(BLOCKS, max_size=12))
def test_overlaps_are_found_exactly_where_there_are_some(blocks):
    labelled = [(block, str(number)) for number, block in enumerate(blocks)]
    found = list(overlapping(labelled))
    assert all(inner in outer for (outer, dummy), (inner, dummy_too) in found)
    inside = {label for block, label in labelled for other, another in labelled if label != another and block in other}
    # Each block that lies in another is named; of equal ones, all but one.
    assert {inner for dummy, (dummy_too, inner) in found} <= inside
    alone = sorted({label for dummy, label in labelled} - {inner for dummy, (dummy_too, inner) in found})
    kept = [block for block, label in labelled if label in alone]
    assert not list(overlapping((block, "") for block in kept))


@given(st.lists(BLOCKS, max_size=12), st.integers(8, 28))
def test_the_lowest_free_block_touches_nothing_and_is_the_lowest(taken, prefix):
    area = Block(4, 0, 4)
    spans = merged(Span(4, block.first, block.last) for block in taken)
    found = lowest_free_block(area, prefix, spans)
    size = 1 << (32 - prefix)

    def free(first):
        return all(span.last < first or first + size <= span.first for span in spans)

    if found is None:
        assert not any(free(first) for first in range(0, area.size, max(size, area.size // 4096)))
    else:
        assert found in area
        assert free(found.first)
        candidates = {0, *((span.last // size) * size + size for span in spans)}
        assert all(not free(first) for first in candidates if first < found.first)


def test_merging_joins_what_touches():
    assert merged([Span(4, 5, 9), Span(4, 0, 4), Span(4, 20, 30), Span(4, 22, 25)]) == [Span(4, 0, 9), Span(4, 20, 30)]


def test_families_never_contain_each_other():
    assert Address(6, 5) not in Block(4, 0, 8)
    assert Block(6, 0, 64) not in Block(4, 0, 0)
