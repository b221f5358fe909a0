# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes over raw sockets is a packet of its protocol."""

from __future__ import annotations

from ansible_collections.containerhost.network.plugins.module_utils.probe_kinds import (
    SCTP_INIT,
    SCTP_INIT_ACK,
    crc32c,
    read_sctp,
    sctp_packet,
)


def test_the_checksum_is_castagnoli_s():
    assert crc32c(b"123456789") == 0xE3069283  # the check value of CRC-32C


def test_an_init_is_read_as_it_was_written():
    packet = sctp_packet(20001, 9, 0, SCTP_INIT, 0xCAFE0001)
    assert len(packet) == 32
    assert read_sctp(packet) == (20001, 9, 0, SCTP_INIT, 0xCAFE0001)
    assert read_sctp(sctp_packet(9, 20001, 0xCAFE0001, SCTP_INIT_ACK, 5)) == (9, 20001, 0xCAFE0001, SCTP_INIT_ACK, 5)
    assert read_sctp(b"\0" * 10) is None


def test_a_packet_s_checksum_is_of_the_packet_without_it():
    packet = bytearray(sctp_packet(20001, 9, 0, SCTP_INIT, 1))
    told = int.from_bytes(packet[8:12], "little")
    packet[8:12] = b"\0" * 4
    assert told == crc32c(bytes(packet))
