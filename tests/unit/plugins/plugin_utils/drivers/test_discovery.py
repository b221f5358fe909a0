# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Drivers are found by their files, and two of one name are told to their author."""

from __future__ import annotations

import pytest

from ansible_collections.containerhost.network.plugins.plugin_utils import drivers
from ansible_collections.containerhost.network.plugins.plugin_utils.backends import backends
from ansible_collections.containerhost.network.plugins.plugin_utils.driver import Driver
from ansible_collections.containerhost.network.plugins.plugin_utils.folder import InconsistentFiles
from ansible_collections.containerhost.network.plugins.plugin_utils.modes import modes


def test_two_drivers_of_one_name_are_refused_with_their_files():
    one, other = Driver("tap", "One."), Driver("tap", "Another.")
    with pytest.raises(InconsistentFiles, match="a.py and b.py both have a driver tap"):
        drivers.by_name([(one, "a.py"), (other, "b.py")])


def test_a_driver_from_elsewhere_takes_nobodys_name():
    with pytest.raises(InconsistentFiles, match="there is a driver bridge already"):
        drivers.register(Driver("bridge", "Another."))
    assert drivers.driver("bridge").summary != "Another."


def test_an_overlay_offers_the_backends_and_modes_that_have_a_file():
    options = {option.name: option for option in drivers.driver("overlay").options}
    assert set(options["backend"].choices) == set(backends())
    assert set(options["mode"].choices) == set(modes())


def test_every_backend_carries_modes_that_there_are():
    for backend in backends().values():
        assert set(backend.modes) <= set(modes())
