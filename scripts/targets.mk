# What `make` can be asked for; `make help` prints the comments behind ##.

PROGRAMS := $(if $(wildcard src/broker/main.cc),$(B)/meerkat-broker) $(TOOLS)
PYTHON := python3
JOBS ?= $(shell nproc 2>/dev/null || echo 2)
# For the long builds within a target, where the caller did not say -j.
PARALLEL = $(if $(findstring -j,$(MAKEFLAGS)),,-j$(JOBS))

all: $(PROGRAMS) $(EXAMPLES)  ## build the broker, the tools and the client's examples (default)

# What benchmarks of brokers need: the load generator, and the server that costs the least. The cluster tests try them.
LOAD := $(B)/bench/load $(B)/bench/floor
bench_objects = $(patsubst %.cc,$(B)/obj/%.o,$(wildcard test/bench/$1/*.cc))
$(B)/bench/load: $(call bench_objects,load)
$(B)/bench/floor: $(call bench_objects,floor)
$(LOAD): $(patsubst %,$(B)/lib/%.a,client $(DEPS_client))
	@mkdir -p $(@D)
	$(link)

# ---- Tests
CLUSTER_TESTS := $(sort $(wildcard test/cluster/test_*.py))
run_tests = $(PYTHON) scripts/run-tests.py --build $(B)

check:  ## install what is missing, build, run all tests; the last line counts them. SAN=address|thread|undefined
	@scripts/install-packages.sh build run
	@$(MAKE) $(PARALLEL) --no-print-directory check-built

check-built: $(PROGRAMS) $(LOAD) $(UNIT_TESTS)
	@$(run_tests) $(UNIT_TESTS) $(if $(PROGRAMS),$(CLUSTER_TESTS))

check-unit: $(UNIT_TESTS)  ## build and run the unit tests alone
	@$(run_tests) $(UNIT_TESTS)

check-cluster: $(PROGRAMS) $(LOAD)  ## build and run the tests against real ZooKeeper and brokers alone
	@$(run_tests) $(CLUSTER_TESTS)

# Rooms with tests that replay what the oracle wrote; they are called …Corpus. Without the corpus they skip, and say so.
CORPUS_TESTS := $(filter $(patsubst %,$(B)/test/unit-%,base wire record cluster group client),$(UNIT_TESTS))
check-corpus: $(CORPUS_TESTS)  ## replay the corpus in ORACLE_CORPUS (../shared/oracle/corpus) alone
	@GTEST_FILTER='*Corpus*' $(run_tests) $(CORPUS_TESTS)

check-compose: $(PROGRAMS)  ## the cluster of docker/compose.yaml with a broker and a ZooKeeper node killed; needs root
	@scripts/install-packages.sh docker
	@$(PYTHON) docker/check_compose.py $(B)

# ---- A local broker
up:  ## start ZooKeeper and a broker here, move a real file through it, say what to type next
	@$(PYTHON) scripts/local.py is-up 2>/dev/null || { scripts/install-packages.sh build run && \
	  $(MAKE) $(PARALLEL) --no-print-directory all && $(PYTHON) scripts/local.py up --build $(B); }

down:  ## stop what `make up` started
	@$(PYTHON) scripts/local.py down

status:  ## what of it runs, and where its logs and data are
	@$(PYTHON) scripts/local.py status

# ---- Install
install: all  ## install below PREFIX (/usr/local), all of it under DESTDIR if given
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/etc/meerkat $(DESTDIR)$(PREFIX)/share/doc/meerkat \
	  $(DESTDIR)$(PREFIX)/lib/systemd/system
	install -s $(PROGRAMS) $(DESTDIR)$(PREFIX)/bin
	install -m 644 conf/server.properties conf/meerkat.flags $(DESTDIR)$(PREFIX)/etc/meerkat
	install -m 644 README.md LICENSE $(wildcard docs/*.md docs/*.svg) $(DESTDIR)$(PREFIX)/share/doc/meerkat
	install -m 644 -D -t $(DESTDIR)$(PREFIX)/share/doc/meerkat/examples client/examples/*.cc
	sed 's|@PREFIX@|$(PREFIX)|g' conf/meerkat-broker.service >$(DESTDIR)$(PREFIX)/lib/systemd/system/meerkat-broker.service

# ---- House rules
SOURCES = $(shell git ls-files '*.cc' '*.h' 2>/dev/null)

lint:  ## formatting, includes against the list of rooms, length of files
	@scripts/install-packages.sh lint
	@$(PYTHON) scripts/lint.py $(foreach r,$(ROOMS),'$r:$(call room_dir,$r):$(DEPS_$r)')
	@clang-format --dry-run -Werror $(SOURCES)

format:  ## clang-format on all sources
	@clang-format -i $(SOURCES)

tidy: $(PROTO_HEADERS)  ## clang-tidy on all sources (slow); FILES=… for some
	@scripts/install-packages.sh lint
	@printf '%s\n' $(or $(FILES),$(filter %.cc,$(SOURCES))) | xargs -P 2 -n 1 sh -c \
	  'clang-tidy --quiet "$$0" -- $(CPPFLAGS) -std=c++20 2>/dev/null || { echo "clang-tidy: $$0"; exit 1; }'

HEADER_CHECKS = $(patsubst %.h,$(B)/hdr/%.ok,$(filter %.h,$(SOURCES)))
hdr-check: $(HEADER_CHECKS)  ## compile each header alone
$(B)/hdr/%.ok: %.h | $(PROTO_HEADERS)
	@mkdir -p $(@D)
	@$(CXX) $(CPPFLAGS) -std=c++20 -Wall -Wextra -fsyntax-only -include $< -x c++ /dev/null && touch $@

# ---- Documents made from code
$(B)/configs-doc: $(B)/obj/src/config/tools/configs_doc.o $(B)/lib/config.a $(B)/lib/base.a
	$(link)
docs: $(B)/configs-doc  ## make docs/configs.md from the config tables
	@$(B)/configs-doc >docs/configs.md

# ---- Benchmarks: each test/bench/NAME.cc is a program that prints its figures.
BENCHES := $(patsubst test/bench/%.cc,$(B)/bench/%,$(wildcard test/bench/*.cc))
$(BENCHES): $(B)/bench/%: $(B)/obj/test/bench/%.o $(FAKES) $(foreach r,$(filter-out broker,$(ROOMS)),$(B)/lib/$r.a)
	@mkdir -p $(@D)
	$(link)
bench:  ## all benchmarks: those in test/bench, and brokers under load. REFERENCE=yes: Kafka 3.9.1 beside them
	@scripts/install-packages.sh build run
	@$(MAKE) $(PARALLEL) --no-print-directory $(BENCHES) $(PROGRAMS) $(LOAD)
	@$(MAKE) --no-print-directory bench-built
	@$(MAKE) --no-print-directory bench-brokers
bench-built: $(BENCHES)
	@for b in $(BENCHES); do echo "== $$(basename $$b)"; $$b || exit 1; done
bench-brokers: $(PROGRAMS) $(LOAD)  ## brokers under load alone; BENCH='growth --chart x.svg' says which and how
	@$(PYTHON) scripts/bench.py --build $(B) $(if $(filter yes,$(REFERENCE)),--reference) $(BENCH)
MICRO_BENCHES := $(filter $(B)/bench/micro_%,$(BENCHES))
bench-micro: $(MICRO_BENCHES)  ## build and run those of the hot path alone: ns a request, GB/s beside memcpy's
	@for b in $(MICRO_BENCHES); do echo "== $$(basename $$b)"; $$b || exit 1; done

# ---- Fuzzers: each test/fuzz/NAME.cc is one; built by clang into a folder of its own. SECONDS= for each.
FUZZ_B := build/fuzz
FUZZ_SECONDS ?= 60
fuzz:  ## build the fuzzers in test/fuzz and run each for FUZZ_SECONDS (60)
	@scripts/install-packages.sh build lint
	@$(MAKE) $(PARALLEL) --no-print-directory B=$(FUZZ_B) CXX=clang++ OPT=-O1 LD_FAST= \
	  SANFLAGS='-fsanitize=fuzzer-no-link,address,undefined -Wno-error' fuzz-built
FUZZERS := $(patsubst test/fuzz/%.cc,$(B)/fuzz/%,$(wildcard test/fuzz/*.cc))
# The rooms that parse foreign bytes.
FUZZ_ROOMS := base event config wire record storage net
$(FUZZERS): $(B)/fuzz/%: $(B)/obj/test/fuzz/%.o $(foreach r,$(FUZZ_ROOMS),$(B)/lib/$r.a)
	@mkdir -p $(@D) $(B)/corpus/$*
	$(QUIET_LD)$(CXX) -o $@ $< -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LDFLAGS) -fsanitize=fuzzer $(LDLIBS)
fuzz-built: $(FUZZERS)
	@$(PYTHON) scripts/fuzz-seeds.py $(B)/corpus
	@for f in $(FUZZERS); do echo "== $$(basename $$f)"; \
	  $$f -max_total_time=$(FUZZ_SECONDS) -print_final_stats=1 -verbosity=0 $(B)/corpus/$$(basename $$f) || exit 1; done

clean:  ## remove what was built
	rm -rf build

help:  ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*##  *\(.*\)/\1@\2/p' scripts/targets.mk | awk -F@ '{printf "  make %-14s %s\n", $$1, $$2}'

.PHONY: all check check-built check-unit check-corpus check-cluster up down status install lint format tidy hdr-check docs \
  bench bench-built bench-brokers bench-micro fuzz fuzz-built clean help
