# Every target sets up what it needs by itself. `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.SILENT:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# Put the environment of `make setup` to use in a recipe.
use := . build/env.sh
# LAB=name makes the targets below use a lab of that name, beside all others; see tests/lab/lab.sh.
export LAB
lab = bash tests/lab/lab.sh run
playbook = $(lab) ansible-playbook --inventory inventories/lab/hosts.yml --forks 8
# How far `make lab` is.
step = $(if $(filter lab,$(MAKECMDGOALS)), step $(1) of 4:)

.PHONY: help
help: ## List the targets
	echo 'make TARGET, where TARGET is one of:'
	sed -nE 's/^([a-z-]+):[^#]*## (.*)/  \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 16

.PHONY: setup
setup: ## Install what is missing: podman, mmdebstrap, the Python environment, collections
	bash tests/toolchain/setup.sh

.PHONY: shell-env
shell-env: setup ## Print how to use the environment in a shell of your own
	printf '. %q\n' "$(CURDIR)/build/env.sh"

# --- the lab ---------------------------------------------------------------------------------------------------------

.PHONY: lab
lab: lab-minutes lab-up ## Bring the lab up, provision and prove it, and drill the failover; leave it there
	$(use)
	echo '==> lab:$(call step,3) provision all hosts and prove it'
	$(playbook) authoritative.dns.site -e '{"verify_report_directory": "$(CURDIR)/build/lab"}'
	echo '==> lab:$(call step,4) stop the primary for a moment, and measure'
	$(playbook) authoritative.dns.failover_drill \
	  -e '{"failover_drill_name": "pc1.example.com", "failover_drill_report": "$(CURDIR)/build/lab/failover.json"}'
	python tests/lab/summary.py build/lab

.PHONY: lab-minutes
lab-minutes: # Tell how long `make lab` will take
	bash tests/lab/minutes.sh

.PHONY: images
images: setup # Build or load the images of the lab's hosts
	$(use)
	echo '==> lab:$(call step,1) 2 images, el9 and debian'
	bash tests/lab/images/build.sh el9 debian

.PHONY: lab-up
lab-up: images ## Bring the lab's hosts up, with nothing on them yet; those that are up stay as they are
	$(use)
	! $(lab) podman container exists primary || echo '==> lab: the hosts that are there stay, with what is on them; `make lab-down` removes them'
	echo '==> lab:$(call step,2) bring up the hosts of inventories/lab/hosts.yml'
	$(playbook) tests/lab/create.yml

.PHONY: lab-down
lab-down: setup ## Remove the lab
	$(use)
	$(playbook) tests/lab/destroy.yml
	bash tests/lab/lab.sh remove

# --- the documentation -----------------------------------------------------------------------------------------------

.PHONY: docs
docs: setup ## Build the documentation; build/docs/html/index.html is where to begin
	$(use)
	rm -rf build/docs
	mkdir -p build/docs/source
	cp -r docs/. build/docs/source
	mkdir --mode=755 build/docs/source/reference
	antsibull-docs collection --use-current --squash-hierarchy --fail-on-error --no-add-antsibull-docs-version --dest-dir build/docs/source/reference authoritative.dns
	antsibull-docs lint-collection-docs --plugin-docs "$$AUTHORITATIVE_DNS_COLLECTIONS/authoritative/dns"
	# What the next release will say of itself.
	mkdir build/docs/changelog
	cp -r galaxy.yml changelogs build/docs/changelog
	(cd build/docs/changelog && antsibull-changelog lint && antsibull-changelog release > /dev/null 2>&1)
	cp build/docs/changelog/CHANGELOG.rst build/docs/source/changelog.rst
	sphinx-build --quiet --fail-on-warning --nitpicky --builder html build/docs/source build/docs/html
	echo '==> docs: build/docs/html/index.html'

# --- the tests -------------------------------------------------------------------------------------------------------

.PHONY: test
test: setup ## All of the following: what continuous integration runs
	# Those behind -- need one processor at most, wait for nothing, and are done before molecule is.
	bash tests/toolchain/stages.sh unit integration other-core molecule -- lint docs sanity fresh

# MEASURE=yes notes which lines are run, which takes a fifth of the processors' time: `make coverage` does, and not every test.
measured = $(if $(MEASURE),rm -f build/coverage-$(1)*; COVERAGE_FILE="$(CURDIR)/build/coverage-$(1)" coverage run $(2) --module,python -m)

.PHONY: lint
lint: setup ## Check the style of everything
	$(use)
	yamllint --strict .
	ruff check --quiet .
	git ls-files -z '*.sh' .ci/run tests/lab/images/common/lab-network | xargs -0 shellcheck
	cd "$$AUTHORITATIVE_DNS_COLLECTIONS/authoritative/dns" && ansible-lint --strict

.PHONY: unit
unit: setup ## Test what needs no server
	$(use)
	$(call measured,unit,--source plugins) pytest tests/unit

.PHONY: integration
integration: setup ## Test against real name servers on loopback
	$(use)
	$(if $(MEASURE),export ANSIBLE_EXECUTABLE="$(CURDIR)/tests/support/unmeasured.sh")
	# As most run Ansible, and a fifth cheaper; the stage other-core is as Ansible is by itself.
	export ANSIBLE_PIPELINING=true
	# Two for each processor, since they wait much of their time; in this order, or the few that take longest come last, one after the other.
	$(call measured,integration) pytest tests/integration --numprocesses $$(($$(nproc) * 2)) --maxprocesses 4 \
	  --dist loadfile --no-loadscope-reorder

.PHONY: ugly-zones
ugly-zones: setup ## Read 10,000 ugly master files and compare with what BIND makes of them; COUNT=number for other numbers
	$(use)
	UGLY_ZONES=$(or $(COUNT),10000) pytest tests/integration/test_ugly_zones.py --quiet --numprocesses auto --maxprocesses 4

.PHONY: coverage
coverage: MEASURE = yes
coverage: unit integration ## Run both and show which lines neither of them reached; fails where they are too many
	$(use)
	coverage combine --quiet --keep build/coverage-unit.* build/coverage-integration.*
	coverage report

.PHONY: other-core
other-core: setup ## Test what Ansible itself does with the collection with the other ansible-core: the newest, or the oldest that is supported
	$(use)
	bash tests/toolchain/other_core.sh tests/integration/test_{beginners,collection,controller_files,partial_runs,unreachable_hosts}.py

.PHONY: sanity
sanity: setup ## ansible-test sanity with the newest and the oldest ansible-core; TEST=name runs one test alone
	$(use)
	bash tests/toolchain/sanity.sh $(TEST)

.PHONY: scenario-images
scenario-images: setup
	$(use)
	bash tests/lab/images/build.sh

.PHONY: fresh
fresh: setup ## Prove that Debian 12 and 13 with nothing on them can run all this; kept until what it depends on changes
	$(use)
	bash tests/toolchain/fresh.sh

.PHONY: molecule
molecule: scenario-images ## Run all molecule scenarios, two at a time, each in a lab of its own beside all others
	$(use)
	python tests/lab/scenarios.py $(if $(JOBS),--jobs $(JOBS))

.PHONY: scenario-name
scenario-name: # Refuse what is no scenario before anything is built or removed for it
	[[ "$(NAME)" != */* && -e "extensions/molecule/$(NAME)/molecule.yml" ]] || {
	  echo "make scenario NAME=$(NAME): there is no such scenario; NAME is one of: $$(cd extensions/molecule && ls -d */ | tr -d / | xargs)" >&2
	  exit 2
	}

.PHONY: scenario
scenario: scenario-name scenario-images ## Run one molecule scenario, in a lab that replaces the one that is up: make scenario NAME=default
	$(use)
	! $(lab) podman container exists primary || echo '==> lab: replacing the one that is there'
	$(playbook) tests/lab/destroy.yml
	trap 'bash tests/lab/lab.sh remove' EXIT
	$(lab) molecule reset
	$(lab) molecule test --scenario-name "$(NAME)"

.PHONY: bench
bench: ## Measure provisioning and proof, for an hour or so; the figures go to build/. STORY=large_zone alone, ARGUMENTS='--runs 1' for it
	SETUP_ALSO=$$'dnsperf dnsperf dnsperf\nkdig knot-dnsutils knot-utils' bash tests/toolchain/setup.sh
	$(use)
	for story in $(or $(STORY),reading verify provision large_zone site loss); do
		nice python "tests/benchmarks/$$story.py" $(ARGUMENTS)
	done

.PHONY: clean
clean: ## Remove what was made in the checkout; ~/.cache/authoritative-dns holds the rest
	rm -rf build .ansible .pytest_cache .hypothesis .ruff_cache tests/output
