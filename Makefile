# podctl: one non-recursive Makefile.  `make help` lists the targets.
# Variants get their own tree:  make SAN=1 BUILD=build/asan units
BUILD      ?= build
PREFIX     ?= /usr/local
LIBEXECDIR ?= $(PREFIX)/libexec/podctl
BINDIR     ?= $(PREFIX)/bin
MANDIR     ?= $(PREFIX)/share/man
DATADIR    ?= $(PREFIX)/share/podctl
CC         ?= cc
VERSION    := $(shell cat VERSION)

CSTD     := -std=c11 -D_GNU_SOURCE -I. -DPODCTL_VERSION='"$(VERSION)"' -DPODCTL_LIBEXECDIR='"$(LIBEXECDIR)"' -DPODCTL_DATADIR='"$(DATADIR)"'
WARN     := -Wall -Wextra -Wpedantic -Wshadow -Wmissing-prototypes -Wstrict-prototypes -Wvla \
            -Wconversion -Wno-sign-conversion -Wno-format-truncation $(if $(WERROR),-Werror)
HARDEN   := -O2 -g -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE
SANFLAGS := -O1 -g -fsanitize=address,undefined -fno-omit-frame-pointer -fno-sanitize-recover=undefined
ALL_CFLAGS  = $(CSTD) $(WARN) $(if $(SAN),$(SANFLAGS),$(HARDEN)) $(CPPFLAGS) $(CFLAGS) -MMD -MP
ALL_LDFLAGS = $(if $(SAN),$(SANFLAGS),-pie -Wl,-z,relro,-z,now -Wl,--as-needed) $(LDFLAGS)

obj = $(patsubst %.c,$(BUILD)/%.o,$(1))
srcs = $(sort $(wildcard $(1)/*.c))

# Every folder below pkg/ is a small static library; a program names the folders and system libraries its layer may use.
# What reaches outside its layer does not link.
PKGS := $(patsubst pkg/%/,%,$(sort $(dir $(wildcard pkg/*/*.c))))
libs = $(patsubst %,$(BUILD)/lib%.a,$(filter $(PKGS),$(1)))

define PKG_RULE
$(BUILD)/lib$(1).a: $(call obj,$(call srcs,pkg/$(1)))
	@rm -f $$@
	$$(AR) rcs $$@ $$^
endef
$(foreach p,$(PKGS),$(eval $(call PKG_RULE,$(p))))

# program: sources | pkg folders (highest first) | system libraries
PKGS_podctl         := kube pod infra container image network volume monitor engine store archive cgroup oci codec util
LIBS_podctl         := -ljansson -lyaml -lsqlite3 -lnl-route-3 -lnl-nf-3 -lnl-3
PKGS_podctl-runtime := oci cgroup codec util
LIBS_podctl-runtime := -ljansson -lcap
PKGS_podctl-monitor := monitor cgroup codec util
LIBS_podctl-monitor := -ljansson
PKGS_podctl-unpack  := archive codec util
LIBS_podctl-unpack  := -larchive -ljansson -lseccomp -lcap -lcrypto -lz -lzstd
PKGS_tests          := verb $(PKGS_podctl)
LIBS_tests          := $(LIBS_podctl) -larchive -lseccomp -lcap -lcrypto -lz -lzstd -lcmocka

PROGRAMS := $(BUILD)/podctl $(BUILD)/podctl-runtime $(BUILD)/podctl-monitor $(BUILD)/podctl-unpack $(BUILD)/podctl-pause

.PHONY: all
all: $(PROGRAMS)  ## build every program

$(BUILD)/podctl: $(call obj,$(call srcs,cmd/podctl) $(call srcs,pkg/verb)) $(call libs,$(PKGS_podctl))
	$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LIBS_podctl)
$(BUILD)/podctl-runtime: $(call obj,$(call srcs,runtime)) $(call libs,$(PKGS_podctl-runtime))
	$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LIBS_podctl-runtime)
$(BUILD)/podctl-monitor: $(call obj,$(call srcs,cmd/podctl-monitor)) $(call libs,$(PKGS_podctl-monitor))
	$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LIBS_podctl-monitor)
$(BUILD)/podctl-unpack: $(call obj,$(call srcs,cmd/podctl-unpack)) $(call libs,$(PKGS_podctl-unpack))
	$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LIBS_podctl-unpack)
# pid 1 of every pod: one file, static, no library beyond libc
$(BUILD)/podctl-pause: cmd/podctl-pause/pause.c
	@mkdir -p $(@D)
	$(CC) $(CSTD) $(WARN) -O2 -static -Wl,-z,norelro -o $@ $<

# unit tests: tests/unit/test_X.c links every pkg library and the runtime without its main
$(BUILD)/tests/unit/%: $(BUILD)/tests/unit/%.o $(filter-out %/main.o,$(call obj,$(call srcs,runtime))) $(call obj,$(call srcs,pkg/verb)) $(call libs,$(PKGS_tests))
	$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LIBS_tests)

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -c -o $@ $<

.PHONY: units clean help
UNIT := $(patsubst %.c,$(BUILD)/%,$(sort $(wildcard tests/unit/test_*.c)))
units: $(UNIT)  ## run the unit tests (no privileges needed)
	@set -e; for t in $^; do $$t >$$t.log 2>&1 && echo "ok   $$t" || { cat $$t.log; echo "FAIL $$t"; exit 1; }; done
clean: ; rm -rf $(BUILD)
help: ; @sed -nE 's/^([a-z-]+):.*  ## ([a-z].*)/  \1\t\2/p' $(MAKEFILE_LIST)

.SECONDARY:
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
