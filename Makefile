# Every target sets up what it needs by itself. `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.SILENT:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# Put the environment of `make setup` to use in a recipe.
use := . build/env.sh

.PHONY: help
help: ## List the targets
	echo 'make TARGET, where TARGET is one of:'
	sed -nE 's/^([a-z-]+):[^#]*## (.*)/  \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 16

.PHONY: setup
setup: ## Install what is missing: podman, mmdebstrap, the Python environment, collections
	bash tests/toolchain/setup.sh

.PHONY: shell-env
shell-env: setup ## Print how to use the environment in a shell of your own
	echo '. $(CURDIR)/build/env.sh'
