# Meerkat: `make help` lists the targets. Works alone; ./configure (optional) only writes config.mak.
B ?= build
CXX = g++
PREFIX ?= /usr/local
-include config.mak
MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DEFAULT_GOAL := all

# ---- Rooms: a folder, then the folders it may include (and link). `make lint` holds the includes to this list.
ROOMS := base event config wire zk record storage net cluster security replica group txn controller api broker client
DEPS_base :=
DEPS_event := base
DEPS_config := base
DEPS_wire := base
DEPS_zk := base
DEPS_record := base wire
DEPS_storage := base event config wire record
DEPS_net := base event config wire
DEPS_cluster := base config wire zk
DEPS_security := base event config wire zk cluster
DEPS_replica := base event config wire record storage net cluster
DEPS_group := base event config wire record storage net cluster replica
DEPS_txn := base event config wire record storage net cluster replica
DEPS_controller := base event config wire zk net cluster
DEPS_api := base event config wire zk record storage net cluster security replica group txn controller
DEPS_broker := $(DEPS_api) api
DEPS_client := base event wire zk record net
dir_zk := zk
dir_client := client
room_dir = $(or $(dir_$1),src/$1)

# ---- Flags. SAN=address|thread|undefined builds into a folder of its own.
CCACHE := $(shell command -v ccache 2>/dev/null)
LD_FAST := $(shell command -v mold >/dev/null 2>&1 && echo -fuse-ld=mold -Wl,--icf=safe)
PKGS := libevent libevent_pthreads protobuf libglog gflags zlib libzstd liblz4 libssl libcrypto
OPT ?= -O2
ifneq ($(SAN),)
  B := build/san-$(SAN)
  SANFLAGS := -fsanitize=$(SAN) -fno-omit-frame-pointer -fno-sanitize-recover=all
  SANFLAGS += -Wno-maybe-uninitialized  # gcc sees ghosts in instrumented code
  export TSAN_OPTIONS ?= suppressions=$(CURDIR)/test/tsan.supp
  OPT := -O1
endif
CPPFLAGS += -Isrc -I. -I$(B)/gen $(shell pkg-config --cflags $(PKGS) 2>/dev/null) -D_GNU_SOURCE -DTHREADED
CXXFLAGS += -std=c++20 $(OPT) -g1 -pthread -msse4.2 -Wall -Wextra -Werror -Wno-missing-field-initializers $(SANFLAGS)
# Code that nothing uses, or that is there twice (mold finds it), would only take memory.
LDFLAGS += -pthread $(LD_FAST) -Wl,--gc-sections $(SANFLAGS)
LIBS_ABSL := $(shell pkg-config --libs absl_flat_hash_map absl_any_invocable 2>/dev/null)
# Without TLS (./configure --without-tls, or TLS=no) the programs need no OpenSSL sockets.
TLS ?= yes
LIBS_TLS := $(if $(filter yes,$(TLS)),-levent_openssl -lssl)
# Of protobuf the znodes' payloads need a small part; the shared library is mapped and relocated whole.
LIBS_PROTOBUF := -Wl,-Bstatic -lprotobuf -Wl,-Bdynamic
LDLIBS = -lzookeeper_mt -levent_core -levent_extra -levent_pthreads $(LIBS_TLS) $(LIBS_PROTOBUF) -lglog -lgflags -lisal -lsnappy -llz4 -lzstd -lz -lcrypto $(LIBS_ABSL)

include scripts/build.mk
include scripts/targets.mk
