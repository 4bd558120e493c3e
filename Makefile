# What people type. Every step is skipped when what it depends on has not changed. `make help` lists the targets.

SHELL       := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS   += --no-print-directory
.DEFAULT_GOAL := build

# Debian packages. Compiling the native modules needs the first list; the second names what tests start as real peers, the third what asks in benches.
PACKAGES_BUILD := g++ make python3
PACKAGES_TEST  := mosquitto nats-server postgresql chromium openssl g++
PACKAGES_BENCH := wrk

# Rooms whose tests start no process and open no port.
PURE    := base contract signals core turn analysis

BIN     := node_modules/.bin
# The screens are compiled for browsers, by a bundler; of the rest they share the contract.
SCREENS := $(shell find src/faces/hmi src/contract src/base -type f)
SOURCES := $(shell find src test -name '*.ts' -not -path 'src/faces/hmi/*')
# What is needed at run time beside the compiled code: SQL, pages, catalogues. It lies beside its reader in dist too.
ASSETS  := $(shell find src test -type f -not -name '*.ts' -not -name '*.tsx' -not -path 'src/faces/hmi/*')

# Native modules are compiled against the headers that came with Node, from the sources that the lock file vouches for.
NODE_HOME := $(shell dirname "$$(dirname "$$(readlink -f "$$(command -v node)")")")
ifneq ($(wildcard $(NODE_HOME)/include/node/node.h),)
export npm_config_nodedir := $(NODE_HOME)
endif
export npm_config_build_from_source := true

.PHONY: run
run: build ## start the gateway with the virtual plant (ARGS="--port 9000" …)
	@bin/lineside run --demo $(ARGS) || [ $$? -eq 130 ]

.PHONY: test
test: packages-test lint build ## everything: install, build, lint, type-check, all tests; ends with "N passed, N failed"
	@node dist/test/run.js

.PHONY: check
check: lint build ## in 90 seconds: build, lint, and the tests of what is pure, all properties with them (CASES=… for each, SEED=random others)
	@node dist/test/run.js dist/test/architecture.test.js dist/test/invariants.test.js $$(find $(PURE:%=dist/test/%) -name '*.test.js')

.PHONY: lint
lint: dist/.linted ## look for mistakes the compiler does not see; a warning is an error
dist/.linted: $(SOURCES) .oxlintrc.json tsconfig.json | install
	@$(BIN)/oxlint --type-aware --deny-warnings src test
	@mkdir -p dist && touch $@

.PHONY: build
build: dist/.built dist/hmi/manifest.json dist/start/cli.js ## compile and type-check, bundle the screens and the program
dist/.built: $(SOURCES) $(ASSETS) tsconfig.json package-lock.json | install
	@$(BIN)/tsc -p tsconfig.json
	@$(if $(ASSETS),cp --parents $(ASSETS) dist/)
	@cd dist && find src test -name '*.js' | while read -r file; do \
	  [ -e "../$${file%.js}.ts" ] || rm -f "$$file" "$$file.map"; done
	@touch $@

# The bundler writes the manifest last, and fails when a first load is over its budget.
dist/hmi/manifest.json: $(SCREENS) dist/.built
	@$(BIN)/tsc -p src/faces/hmi/tsconfig.json
	@node src/faces/hmi/bundle.mjs

# Started once when it is made, so that V8 need not compile it again at each start.
dist/start/cli.js: dist/.built $(wildcard packaging/*js)
	@node packaging/start.mjs

.PHONY: bench
bench: packages-bench build ## measure; prints a table of figures, targets and ratios (ONLY="name …")
	@node dist/test/bench/run.js $(ONLY)

.PHONY: deb
deb: build ## the Debian package with everything it needs, in dist/package (VERSION=… SIGN_KEY=…)
	@packaging/build-deb dist/package

.PHONY: chaos
chaos: packages-test build ## break every part, seeded, and check that nothing is lost (SEED=… ONLY="power fuzz …" FUZZ=… KILLS=… HANDOVERS=… SILENCE=… HOURS=… FASTER=… SNAPSHOTS=… READINGS=… LEAK=… MINUTES=…)
	@node dist/test/chaos/run.js $(or $(SEED),1) $(ONLY)

# `npm ci` runs when package-lock.json is not the one that node_modules was made from. tap keeps a class generated
# from its plugins inside node_modules: it is made anew once, without the TypeScript plugin.
.PHONY: install
install: packages-build
	@want="$$(sha256sum < package-lock.json)"; have="$$(cat node_modules/.made-from 2>/dev/null || true)"; \
	if [ "$$want" = "$$have" ]; then exit 0; fi; \
	if [ -L node_modules ]; then echo 'node_modules is a link and older than package-lock.json: left alone' >&2; exit 0; fi; \
	echo 'installing node modules; native ones are compiled, which takes a minute or two' >&2; \
	npm ci --no-audit --no-fund --loglevel=error; \
	$(BIN)/tap build > /dev/null; \
	echo "$$want" > node_modules/.made-from

.PHONY: packages-build packages-test packages-bench
packages-build:
	@$(call need,$(if $(wildcard node_modules/.made-from),,$(PACKAGES_BUILD)))
packages-test:
	@$(call need,$(PACKAGES_TEST))
packages-bench:
	@$(call need,$(PACKAGES_BENCH))

# Debian packages that are missing: installed when we are root and have apt, named otherwise.
define need
missing=''; \
for package in $(1); do \
  command -v "$$package" > /dev/null || dpkg-query -W -f='$${Status}' "$$package" 2> /dev/null | grep -q 'ok installed' || missing="$$missing $$package"; \
done; \
if [ -z "$$missing" ]; then exit 0; fi; \
if [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null; then \
  echo "installing$$missing" >&2; \
  export DEBIAN_FRONTEND=noninteractive; \
  apt-get update -qq && apt-get install -y -qq --no-install-recommends $$missing > /dev/null; \
else \
  echo "please install:$$missing" >&2; exit 1; \
fi
endef

.PHONY: clean
clean: ## remove what was built and measured; keeps node_modules and data
	@rm -rf dist .tap .bench pictures

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
