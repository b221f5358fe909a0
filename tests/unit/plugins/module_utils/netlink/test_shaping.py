# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Buckets and redirections as bytes, there and back."""

from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.plugins.module_utils.netlink import shaping
from ansible_collections.containerhost.network.plugins.module_utils.netlink.shaping import Bucket


@pytest.mark.parametrize("bucket", [Bucket(1000, 16384), Bucket(12_500_000, 65536), Bucket(12_500_000_000, 1 << 30)])
def test_a_bucket_is_read_as_it_was_written(bucket):
    assert shaping.read_bucket(shaping.bucket("v0", bucket, None).attributes["TCA_OPTIONS"]) == bucket


def test_a_redirection_is_read_as_it_was_written():
    written = shaping.redirection("v0", "chr0", None).attributes["TCA_OPTIONS"]
    assert written.name == "chr0"
    assert shaping.read_redirection(written.packed(4711)) == 4711


@pytest.mark.parametrize("raw", [b"", b"\x04\0\x01\0", b"\0" * 64])
def test_what_is_none_is_none(raw):
    assert shaping.read_bucket(raw) is None
    assert shaping.read_redirection(raw) is None
