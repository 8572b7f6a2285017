# Rules of compiling and linking, derived from the list of rooms in the Makefile.

# Objects of a room: every .cc and .proto below it, but for programs (main.cc, tools/*.cc, examples/*.cc).
room_cc = $(filter-out %/main.cc $(call room_dir,$1)/tools/% $(call room_dir,$1)/examples/%,$(shell find $(call room_dir,$1) -name '*.cc' 2>/dev/null | sort))
room_proto = $(shell find $(call room_dir,$1) -name '*.proto' 2>/dev/null | sort)
closure = $(sort $1 $(DEPS_$1))

# What tests stand in for the real thing; linked where a test uses it.
FAKES := $(B)/lib/fakes.a
$(FAKES): $(patsubst %.cc,$(B)/obj/%.o,$(shell find test/fakes -name '*.cc' 2>/dev/null | sort))
	@mkdir -p $(@D)
	@rm -f $@
	@ar rcsD $@ $^

define room
OBJS_$1 := $$(patsubst %.cc,$(B)/obj/%.o,$$(call room_cc,$1)) $$(patsubst %.proto,$(B)/obj/gen/%.pb.o,$$(call room_proto,$1))
PROTOS_$1 := $$(patsubst %.proto,$(B)/gen/%.pb.h,$$(call room_proto,$1))
$(B)/lib/$1.a: $$(OBJS_$1)
	@mkdir -p $$(@D)
	@rm -f $$@
	@ar rcsD $$@ $$(OBJS_$1)
lib-$1: $(B)/lib/$1.a
.PHONY: lib-$1
UNIT_$1 := $$(patsubst %.cc,$(B)/obj/%.o,$$(shell find test/unit/$1 -name '*.cc' 2>/dev/null | sort))
ifneq ($$(UNIT_$1),)
UNIT_TESTS += $(B)/test/unit-$1
$(B)/test/unit-$1: $$(UNIT_$1) $$(FAKES) $(patsubst %,$(B)/lib/%.a,$(sort $1 $(DEPS_$1)))
	@mkdir -p $$(@D)
	$$(QUIET_LD)$$(CXX) -o $$@ $$(UNIT_$1) -Wl,--start-group $$(FAKES) $(patsubst %,$(B)/lib/%.a,$(sort $1 $(DEPS_$1))) -Wl,--end-group $$(LDFLAGS) -lgmock -lgtest -lgtest_main $$(LDLIBS)
endif
unit-$1: $(B)/test/unit-$1
	$(B)/test/unit-$1 $$(ARGS)
.PHONY: unit-$1
endef

ifeq ($(V),)
  QUIET_CC = @echo '  CC $<';
  QUIET_LD = @echo '  LD $@';
endif

$(foreach r,$(ROOMS),$(eval $(call room,$(r))))

PROTO_HEADERS := $(foreach r,$(ROOMS),$(PROTOS_$(r)))

# A missing header is named with its Debian package before the first file is compiled.
PACKAGES_STAMP := $(B)/.packages
$(PACKAGES_STAMP): scripts/packages.txt
	@scripts/check-packages.sh
	@mkdir -p $(@D) && touch $@

$(B)/obj/%.o: %.cc | $(PACKAGES_STAMP) $(PROTO_HEADERS)
	@mkdir -p $(@D)
	$(QUIET_CC)$(CCACHE) $(CXX) $(CPPFLAGS) $(CXXFLAGS) -MMD -MP -c -o $@ $<

$(B)/gen/%.pb.h $(B)/gen/%.pb.cc: %.proto | $(PACKAGES_STAMP)
	@mkdir -p $(@D)
	@protoc --cpp_out=$(B)/gen $<

$(B)/obj/gen/%.pb.o: $(B)/gen/%.pb.cc
	@mkdir -p $(@D)
	$(QUIET_CC)$(CCACHE) $(CXX) $(CPPFLAGS) $(CXXFLAGS) -Wno-error -c -o $@ $<
.PRECIOUS: $(B)/gen/%.pb.h $(B)/gen/%.pb.cc

# ---- Programs
link = $(QUIET_LD)$(CXX) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LDFLAGS) $(LDLIBS)
$(B)/meerkat-broker: $(B)/obj/src/broker/main.o $(patsubst %,$(B)/lib/%.a,broker $(DEPS_broker))
	$(link)
TOOLS := $(patsubst client/tools/%.cc,$(B)/meerkat-%,$(wildcard client/tools/*.cc))
TOOL_LIBS := $(patsubst %,$(B)/lib/%.a,client $(DEPS_client) storage)
$(TOOLS): $(B)/meerkat-%: $(B)/obj/client/tools/%.o $(TOOL_LIBS)
	$(link)
EXAMPLES := $(patsubst client/examples/%.cc,$(B)/examples/%,$(wildcard client/examples/*.cc))
$(EXAMPLES): $(B)/examples/%: $(B)/obj/client/examples/%.o $(patsubst %,$(B)/lib/%.a,client $(DEPS_client))
	@mkdir -p $(@D)
	$(link)
-include $(shell find $(B)/obj -name '*.d' 2>/dev/null)
