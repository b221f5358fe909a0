# Copyright (c) 2026 containerhost.network contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# `make help` lists what there is. All that is made lies in build/; `make clean` takes it away.
# How the pieces hang together:
#   bindep.txt ──▶ packages       requirements.txt, tests/requirements.txt ──▶ build/venv
#   work tree ──▶ build/tree      a copy of what git knows or would add: linted, sanity-tested, built
#             ──▶ build/live      a symbolic link: what pytest imports, so never stale
#   build/tree ──▶ tarball ──▶ build/collections    as a user installs it: what Molecule and the demo run
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DELETE_ON_ERROR:
# Targets of one run share build/; `make test` makes first what its targets need, and only then runs them side by side.
ifndef SIDE_BY_SIDE
.NOTPARALLEL:
endif
.DEFAULT_GOAL := help

# The distribution's own Python where it can carry ansible-core: lab hosts see /usr, but no /home and no /tmp of ours.
PYTHON ?= $(shell /usr/bin/python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
            && echo /usr/bin/python3 || echo python3)
# Conflicts with ansible-lint's and nox's newer dependencies: it lives in a venv of its own.
GALAXY_IMPORTER := 0.4.44

NAME := ansible_collections/containerhost/network
TREE := build/tree/$(NAME)
BIN := $(CURDIR)/build/venv/bin
# Whose HOME it was, also for the make that `make test` starts.
ifndef USER_HOME
USER_HOME := $(HOME)
endif
export USER_HOME

# Tools find each other in the venv and write caches, temporary files and "home" below build/ only.
export HOME := $(CURDIR)/build/home
export GIT_CONFIG_GLOBAL ?= $(USER_HOME)/.gitconfig
export PATH := $(BIN):$(PATH):/usr/sbin:/sbin
export PYTHONPYCACHEPREFIX := $(CURDIR)/build/cache/pycache
export RUFF_CACHE_DIR := $(CURDIR)/build/cache/ruff
export XDG_CACHE_HOME := $(CURDIR)/build/cache
export ANSIBLE_HOME := $(CURDIR)/build/ansible
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore
export MOLECULE_COMMAND_BORDERS := false
unexport VIRTUAL_ENV PYTHONPATH PYTHONDONTWRITEBYTECODE ANSIBLE_CONFIG ANSIBLE_COLLECTIONS_PATH
LIVE_PATH := ANSIBLE_COLLECTIONS_PATH=$(CURDIR)/build/live
INSTALLED_PATH := ANSIBLE_COLLECTIONS_PATH=$(CURDIR)/build/collections
# A test that hangs is a failure, with a trace of where.
PYTEST = $(LIVE_PATH) $(BIN)/pytest --timeout 120 -o cache_dir=$(CURDIR)/build/cache/pytest/$@

##@ Use
.PHONY: help
help: ## this list
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} \
	     /^[a-z-]+:.*## / {printf "  make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: root demo-setup ## three hosts in namespaces, from an inventory to a table of who reaches whom
	@tools/demo

.PHONY: demo-down
demo-down: root ## the demo's hosts are gone, without a trace
	@tools/demo down

.PHONY: demo-setup
demo-setup: build/venv/.user build/collections/.installed ## packages, Ansible, and the collection installed as a user does

.PHONY: clean
clean: ## remove build/ (a lab that still runs is taken down by `make demo-down`)
	rm -rf build

##@ Test
# Four at once on two processors, what takes longest first: more than half of the time a test on the kernel waits for
# it, which takes namespaces and devices down one at a time. Each one's output comes as a whole, when it has ended.
JOBS ?= 4
INTEGRATION := $(patsubst tests/%/,%,$(wildcard tests/integration/[a-z]*/))
LONGEST := integration/document integration/killed
ALL_TESTS := test-vm $(LONGEST) test-engines $(filter-out $(LONGEST),$(INTEGRATION)) test-systemd integration-oldest sanity molecule unit lint

.PHONY: test
test: root ## everything, as CI does; a failure ends it only after the rest has run
	@make="$(MAKE) --no-print-directory --keep-going"
	$$make build/venv/.dev live build/vm/.unpacked build/podman/.unpacked build/importer/.installed build/tree.stamp build/collections/.installed
	failed=0
	: > build/test.log
	$$make --jobs=$(JOBS) --output-sync=target SIDE_BY_SIDE=1 $(ALL_TESTS) 2>&1 | tee -a build/test.log || failed=1
	$$make bench-quick 2>&1 | tee -a build/test.log || failed=1
	sed -n 's/^make.*\*\*\* \[[^]]*: \([^]]*\)\].*/make test: \1 has failed; its output is above/p' build/test.log
	((! failed))
	echo "make test: all passed"

.PHONY: test-quick
test-quick: root ruff unit ## an answer within two minutes: ruff, unit tests, the quick integration tests
	$(PYTEST) -m quick tests/integration

# A process for each of two processors; ARGS="-n 0 …" has all of them in one, as a debugger needs it.
.PHONY: unit
unit: build/venv/.dev live ## unit tests; ARGS="-k name" selects
	$(PYTEST) -n 2 tests/unit $(ARGS)

.PHONY: integration
integration: root build/venv/.dev live ## tests on this machine's kernel, in namespaces; ARGS="-k name" selects
	$(PYTEST) tests/integration $(ARGS)

.PHONY: $(INTEGRATION)
$(INTEGRATION): root build/venv/.dev live
	$(PYTEST) tests/$@ $(ARGS)

# What another pyroute2 could change is how messages are laid out: kinds, an object of each, and documents with all there
# is. What rules, records and traffic come to is the same. The tests' own process is the module's, so that the folder
# comes before the venv's newer pyroute2.
OLDEST := tests/integration/kinds $(foreach name,objects fdb_flags hand_made,tests/integration/modules/test_$(name).py) \
    $(foreach name,as_before damage edges scale,tests/integration/document/test_$(name).py)
.PHONY: integration-oldest
integration-oldest: root build/venv/.dev live ## the same for modules, by the pyroute2 of the distribution (Debian 12: 0.7.2)
	@mkdir -p build/distribution
	ln -sfn "$$(/usr/bin/python3 -c 'import os, pyroute2; print(os.path.dirname(pyroute2.__file__))')" build/distribution/pyroute2
	export PYTHONPATH=$(CURDIR)/build/distribution
	$(BIN)/python -c 'import pyroute2; assert pyroute2.__file__.startswith("$(CURDIR)/build/distribution/"), pyroute2'
	$(PYTEST) -m "not long" $(OLDEST) $(ARGS)

.PHONY: test-systemd
test-systemd: root build/venv/.dev live ## tests on hosts that boot systemd and really reboot; ARGS="-k name" selects
	$(PYTEST) tests/systemd $(ARGS)

.PHONY: test-engines
test-engines: root build/venv/.dev live build/podman/.unpacked ## tests with real Docker, Podman and LXC, in a lab host; ARGS="-k name" selects
	$(PYTEST) tests/engines $(ARGS)

build/podman/.unpacked: tools/engines/podman | packages-test
	@tools/engines/podman build/podman
	touch $@

# One process for all of it, and no plugins that it does not need: an emulated processor is twenty times slower. It has
# one of this machine's to itself, whatever runs beside it: it never waits for anything else. Of the kinds' tests it has
# those that ask the kernel what differs from one to another; which names of devices it takes, and our loop, do not.
ASK_THE_KERNEL := $(foreach name,forwarding nftables proc_sys wire,tests/integration/kinds/test_$(name).py)
.PHONY: test-vm
test-vm: root build/venv/.dev live build/vm/.unpacked ## tests on Debian's own kernel, in a VM; ARGS="-k name" selects
	@export $(LIVE_PATH) PYTEST_DISABLE_PLUGIN_AUTOLOAD=1
	exec nice -n -10 $(PYTHON) tools/vm/run.py build/vm 1800 $(BIN)/pytest -p pytest_timeout --timeout 900 -p no:cacheprovider -m "not long" \
	    tests/vm $(ASK_THE_KERNEL) $(ARGS)

build/vm/.unpacked: tools/vm/kernel | packages-test
	@tools/vm/kernel build/vm
	touch $@

.PHONY: molecule
molecule: root build/venv/.dev build/collections/.installed live ## Molecule, all scenarios; SCENARIO=bridge runs one
	$(INSTALLED_PATH) $(BIN)/molecule test $(if $(SCENARIO),-s $(SCENARIO),--all)

.PHONY: root
root:
	@[[ $$(id -u) == 0 ]] || { echo "this works on network namespaces: run make as root (sudo make …)." >&2; exit 1; }

##@ Measure
.PHONY: bench
bench: root demo-setup ## against peers, in one run: build/bench.md, build/bench.json (over half an hour)
	@/usr/bin/python3 -m bench

.PHONY: bench-quick
bench-quick: root build/venv/.user ## less of it, in under two minutes; fails when a ratio is off by a factor of two
	@/usr/bin/python3 -m bench --quick

##@ Lint
.PHONY: lint
lint: ruff yamllint ansible-lint docs-lint changelog-lint importer ## all of these:

.PHONY: ruff
ruff: build/venv/.dev ## Python style
	$(BIN)/ruff check --output-format concise .

.PHONY: yamllint
yamllint: build/venv/.dev build/tree.stamp ## YAML style
	cd $(TREE) && $(BIN)/yamllint --strict .

.PHONY: ansible-lint
ansible-lint: build/venv/.dev build/tree.stamp ## playbooks and roles, the production profile
	cd $(TREE)
	ANSIBLE_COLLECTIONS_PATH=$(CURDIR)/build/tree $(BIN)/ansible-lint --offline --profile production

.PHONY: docs-lint
docs-lint: build/venv/.dev build/tree.stamp ## the plugins' and roles' documentation
	cd $(TREE)
	ANSIBLE_COLLECTIONS_PATH=$(CURDIR)/build/tree $(BIN)/antsibull-docs lint-collection-docs --plugin-docs .

.PHONY: changelog-lint
changelog-lint: build/venv/.dev build/tree.stamp ## changelog fragments
	cd $(TREE) && $(BIN)/antsibull-changelog lint

.PHONY: importer
importer: build/importer/.installed build/tarball/.built ## what Galaxy will say to the tarball
	tools/importer build/importer build/tarball/*.tar.gz

.PHONY: sanity
sanity: build/venv/.dev build/tree.stamp ## ansible-test sanity
	tools/sanity $(TREE)

##@ Documentation
.PHONY: generated
generated: live ## what is made of the schema: tables and drawings of docs/, the roles' argument specifications, schemas/
	@export PYTHONPATH=$(CURDIR)/build/live
	$(BIN)/python tools/docs/inventory_options.py
	$(BIN)/python tools/docs/json_schema.py
	$(BIN)/python tools/docs/drawings.py

.PHONY: docs
docs: build/venv-docs/.installed ## the pages of docs/ as a site: build/docs/html/index.html
	@PATH=$(CURDIR)/build/venv-docs/bin:$$PATH tools/docs/build build/docs

build/venv-docs/.installed: docs/requirements.txt | packages-lab build/home
	@echo "build/venv-docs: $$(grep -v '^#' docs/requirements.txt | xargs)"
	$(PYTHON) -m venv build/venv-docs
	build/venv-docs/bin/pip install -qq --requirement docs/requirements.txt
	touch $@

##@ Set-up
.PHONY: packages-lab packages-test
packages-lab: ## system packages that lab hosts need (bindep.txt)
	@tools/packages lab
packages-test: ## system packages that the tests need as well
	@tools/packages lab test

# What a user installs: Ansible and the controller's libraries; tests/requirements.txt says which versions.
build/venv/.user: requirements.txt tests/requirements.txt | packages-lab build/home
	@echo "build/venv: Ansible and $$(grep -v '^#' requirements.txt | xargs)"
	$(PYTHON) -m venv build/venv
	$(BIN)/pip install -qq --constraint tests/requirements.txt --requirement requirements.txt ansible-core
	touch $@

build/venv/.dev: build/venv/.user tests/requirements.txt | packages-test
	@echo "build/venv: $$(grep -v '^ *#' tests/requirements.txt | sed 's/;.*//' | xargs)"
	$(BIN)/pip install -qq --requirement tests/requirements.txt
	touch $@

build/importer/.installed: Makefile tests/requirements.txt | packages-lab build/home
	@echo "build/importer: galaxy-importer==$(GALAXY_IMPORTER)"
	$(PYTHON) -m venv build/importer
	build/importer/bin/pip install -qq --constraint tests/requirements.txt galaxy-importer==$(GALAXY_IMPORTER)
	touch $@

# pip's settings in it are the user's (ansible-test hands it no PIP_ variables), only quieter.
build/home:
	@mkdir -p build/home/.config build/home/.pip
	printf '[global]\nquiet = 2\n' > build/home/.pip/pip.conf
	[[ ! -d $(USER_HOME)/.config/pip ]] || ln -sfn $(USER_HOME)/.config/pip build/home/.config/pip

.PHONY: live
live:
	@mkdir -p build/live/ansible_collections/containerhost
	ln -sfn ../../../.. build/live/$(NAME)

# Runs always and touches the stamp only when a file has changed.
build/tree.stamp: FORCE
	@$(PYTHON) tools/tree.py $(TREE) $@
.PHONY: FORCE
FORCE:

build/tarball/.built: build/tree.stamp build/venv/.user
	rm -rf build/tarball
	$(BIN)/ansible-galaxy collection build --output-path build/tarball $(TREE)
	touch $@

build/collections/.installed: build/tarball/.built
	rm -rf build/collections
	$(INSTALLED_PATH) $(BIN)/ansible-galaxy collection install --offline build/tarball/*.tar.gz -p build/collections
	touch $@
