# podctl: one non-recursive Makefile.  `make help` lists the targets.
# Variants get their own tree:  make SAN=1 BUILD=build/asan units
BUILD      ?= build
PREFIX     ?= /usr/local
LIBEXECDIR ?= $(PREFIX)/libexec/podctl
BINDIR     ?= $(PREFIX)/bin
DATADIR    ?= $(PREFIX)/share
MANDIR     ?= $(PREFIX)/share/man
CC         ?= cc
VERSION    := $(shell cat VERSION)

CSTD     := -std=c11 -D_GNU_SOURCE -I. -DPODCTL_VERSION='"$(VERSION)"' -DPODCTL_LIBEXECDIR='"$(LIBEXECDIR)"'
WARN     := -Wall -Wextra -Wpedantic -Wshadow -Wmissing-prototypes -Wstrict-prototypes -Wvla \
            -Wconversion -Wno-sign-conversion $(if $(findstring clang,$(CC)),,-Wno-format-truncation) $(if $(WERROR),-Werror)
# what no program of ours calls is left out of it: a monitor's memory is counted in kilobytes
HARDEN   := -O2 -g -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE -ffunction-sections -fdata-sections \
            -fno-asynchronous-unwind-tables -fno-unwind-tables
SANFLAGS := -O1 -g -fsanitize=address,undefined -fno-omit-frame-pointer -fno-sanitize-recover=undefined
ALL_CFLAGS  = $(CSTD) $(WARN) $(if $(SAN),$(SANFLAGS),$(HARDEN) $(SIZE)) $(CPPFLAGS) $(CFLAGS) -MMD -MP
ALL_LDFLAGS = $(if $(SAN),$(SANFLAGS),-pie -Wl,-z,relro,-z,now -Wl,--as-needed -Wl,--gc-sections) $(LDFLAGS)

.DEFAULT_GOAL := all
# one short line for each thing made; V=1 shows the commands
says = $(if $(V),,@$(if $(findstring s,$(firstword -$(MAKEFLAGS))),,echo '  $(1) $@'; ))
# Under sudo the build belongs to the person who called: no root-owned file is left in the checkout.
AS_USER := $(if $(filter 0,$(shell id -u)),$(if $(filter-out root,$(SUDO_USER)),sudo -u $(SUDO_USER) --))
# what was configured into the objects: a changed PREFIX compiles again what knows it
$(if $(AS_USER),,$(shell mkdir -p $(BUILD); echo '$(LIBEXECDIR) $(VERSION)' | cmp -s - $(BUILD)/.prefix || echo '$(LIBEXECDIR) $(VERSION)' >$(BUILD)/.prefix))
$(BUILD)/.prefix: ;

obj = $(patsubst %.c,$(BUILD)/%.o,$(1))
srcs = $(sort $(wildcard $(1)/*.c))

# Every folder below pkg/ is a small static library; a program names the folders and system libraries its layer may use.
# What reaches outside its layer does not link.
PKGS := $(patsubst pkg/%/,%,$(sort $(dir $(wildcard pkg/*/*.c))))
libs = $(patsubst %,$(BUILD)/lib%.a,$(filter $(PKGS),$(1)))

define PKG_RULE
$(BUILD)/lib$(1).a: $(call obj,$(call srcs,pkg/$(1)))
	@rm -f $$@
	$$(call says,AR)$$(AR) rcs $$@ $$^
endef
$(foreach p,$(PKGS),$(eval $(call PKG_RULE,$(p))))

# The table of Kubernetes' fields becomes C in the build tree: only the table is edited, and merged.
SCHEMA := $(BUILD)/gen/schema.c
$(SCHEMA): pkg/kube/schema.tbl pkg/kube/schema.awk
	@mkdir -p $(@D)
	$(call says,AWK)awk -f pkg/kube/schema.awk pkg/kube/schema.tbl >$@.new && mv $@.new $@
$(BUILD)/pkg/kube/schema.o: $(SCHEMA)
	@mkdir -p $(@D)
	$(call says,CC)$(CC) $(ALL_CFLAGS) -c -o $@ $<
$(BUILD)/libkube.a: $(BUILD)/pkg/kube/schema.o
# build trees from before this was so still ask for it
pkg/kube/schema.c: ;

# The small libraries are linked in where the system has their archives: an engine whose every command is a handful of
# programs feels each shared object (0.45 ms for podctl's set).  LINK=dynamic is for distributions that want it the other way.
LINK ?= archives
ar_or_so = $(foreach l,$(1),$(if $(and $(filter archives,$(LINK)),$(findstring /,$(shell $(CC) -print-file-name=lib$(l:-l%=%).a))),-l:lib$(l:-l%=%).a,$(l)))

# a page of the monitor's program is its own as long as there is one pod
$(call obj,$(call srcs,pkg/monitor) $(call srcs,cmd/podctl-monitor)): SIZE := -Os

# podctl and the runtime need no loader at all when every archive is there: 0.7 ms of each command and of each container.
# The monitor is smaller in memory when it shares libc.
all_archives = $(if $(filter $(words $(1)),$(words $(foreach l,$(1),$(filter -l:%.a,$(call ar_or_so,$(l)))))),$(1))
NO_LOADER := -static-pie -Wl,--wrap=dlopen
STATIC_podctl = $(if $(SAN),,$(if $(call all_archives,-ljansson -lyaml -lsqlite3 -lnl-route-3 -lnl-nf-3 -lnl-3 -lc -lm),$(NO_LOADER)))

# libseccomp is linked into the runtime from its archive; without one it is opened when a filter must be compiled.
SECCOMP_AR := $(if $(SAN),,$(call all_archives,-lseccomp))
STATIC_podctl-runtime = $(if $(SAN),,$(if $(SECCOMP_AR),$(if $(call all_archives,-ljansson -lc),-static-pie)))
$(if $(SECCOMP_AR),$(call obj,runtime/seccomp_compile.c): CPPFLAGS += -DSECCOMP_LINKED)

# program: sources | pkg folders (highest first) | system libraries
PKGS_podctl         := kube pod infra container image network volume monitor engine store archive cgroup oci codec util
LIBS_podctl         := $(call ar_or_so,-ljansson -lyaml -lsqlite3 -lnl-route-3 -lnl-nf-3 -lnl-3) -lm -ldl -lpthread
PKGS_podctl-runtime := oci cgroup codec util
LIBS_podctl-runtime := $(call ar_or_so,-ljansson) $(if $(SECCOMP_AR),$(call ar_or_so,-lseccomp)) -ldl
PKGS_podctl-monitor := monitor oci cgroup codec util
LIBS_podctl-monitor := $(call ar_or_so,-ljansson)
# isa-l inflates three to four times as fast as zlib; where it is not there zlib does
ISAL := $(if $(ISAL_OFF),,$(shell printf '\#include <isa-l/igzip_lib.h>\n' | $(CC) -E -x c - >/dev/null 2>&1 && echo -lisal))
CSTD += $(if $(ISAL),-DHAVE_ISAL)
PKGS_podctl-unpack  := archive codec util
LIBS_podctl-unpack  := -larchive -ljansson -lcrypto $(ISAL) -lz -lzstd -lpthread
PKGS_podctl-transfer := transfer codec util
LIBS_podctl-transfer := -lcurl -lssl -lcrypto -ljansson
LIBS_podctl-probe   := -lcurl
comma := ,
# libcurl without the thirty objects it would load (absent.c says which libcurl that can be); else the shared one
HTTP_ONLY := $(if $(SAN),,$(if $(call all_archives,-lcurl -lnghttp2 -lz -ljansson),cmd/podctl-transfer/absent.c -l:libcurl.a -l:libnghttp2.a -lssl -lcrypto -l:libz.a -l:libjansson.a -lpthread))
# tar alone needs nothing of the XML, ICU and ACL libraries that the shared libarchive brings
TAR_ONLY := $(if $(SAN),,$(call all_archives,-larchive -llzma -lbz2 -lz -lzstd -ljansson))
# link line | archives that may do | what does otherwise
first_of = $(if $(2),$(1) $(2) 2>/dev/null || )$(1) $(3)
# what podctl-dns takes from the archives is little, and needs neither jansson nor sqlite
PKGS_podctl-dns     := network engine util
STATIC_podctl-dns    = $(if $(SAN),,$(if $(call all_archives,-lc),-static-pie))
PKGS_tests          := verb transfer $(PKGS_podctl)
LIBS_tests          := $(LIBS_podctl) $(if $(SECCOMP_AR),$(call ar_or_so,-lseccomp),-lseccomp) -larchive -lcurl -lssl -lcrypto $(ISAL) -lz -lzstd -lcmocka

PROGRAMS := $(BUILD)/podctl $(BUILD)/podctl-runtime $(BUILD)/podctl-monitor $(BUILD)/podctl-unpack $(BUILD)/podctl-transfer $(BUILD)/podctl-probe $(BUILD)/podctl-dns $(BUILD)/podctl-pause

.PHONY: all
all: $(PROGRAMS)  ## build every program

$(BUILD)/podctl: $(call obj,$(call srcs,cmd/podctl) $(call srcs,pkg/verb)) $(call libs,$(PKGS_podctl))
	$(call says,LD)$(CC) $(ALL_LDFLAGS) $(STATIC_podctl) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LIBS_podctl)
$(BUILD)/podctl-runtime: $(call obj,$(call srcs,runtime)) $(call libs,$(PKGS_podctl-runtime))
	$(call says,LD)$(CC) $(ALL_LDFLAGS) $(STATIC_podctl-runtime) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LIBS_podctl-runtime)
$(BUILD)/podctl-monitor: $(call obj,$(call srcs,cmd/podctl-monitor)) $(call libs,$(PKGS_podctl-monitor))
	$(call says,LD)$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LIBS_podctl-monitor)
$(BUILD)/podctl-unpack: $(call obj,$(call srcs,cmd/podctl-unpack)) $(call libs,$(PKGS_podctl-unpack))
	$(call says,LD)$(call first_of,$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) -Wl$(comma)--start-group $(filter %.a,$^) -Wl$(comma)--end-group,$(if $(TAR_ONLY),$(call ar_or_so,$(TAR_ONLY)) -lcrypto $(ISAL) -lpthread),$(LIBS_podctl-unpack))
$(BUILD)/podctl-transfer: cmd/podctl-transfer/absent.c $(call obj,$(filter-out %/absent.c,$(call srcs,cmd/podctl-transfer))) $(call libs,$(PKGS_podctl-transfer))
	$(call says,LD)$(call first_of,$(CC) $(CSTD) $(HARDEN) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) -Wl$(comma)--start-group $(filter %.a,$^) -Wl$(comma)--end-group,$(HTTP_ONLY),$(LIBS_podctl-transfer))
$(BUILD)/podctl-probe: cmd/podctl-transfer/absent.c $(call obj,$(call srcs,cmd/podctl-probe))
	$(call says,LD)$(call first_of,$(CC) $(CSTD) $(HARDEN) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^),$(HTTP_ONLY),$(LIBS_podctl-probe))
$(BUILD)/podctl-dns: $(call obj,$(call srcs,cmd/podctl-dns)) $(call libs,$(PKGS_podctl-dns))
	$(call says,LD)$(CC) $(ALL_LDFLAGS) $(STATIC_podctl-dns) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group
# pid 1 of every pod: one file, without even a C library: 16 kB of private memory
$(BUILD)/podctl-pause: cmd/podctl-pause/pause.c
	@mkdir -p $(@D)
	$(call says,CC)$(CC) $(CSTD) $(WARN) -O2 -ffreestanding -fno-stack-protector -fno-pie -static -nostdlib -Wl,-z,norelro,--build-id=none -o $@ $<

# unit tests: tests/unit/test_X.c links every pkg library and the runtime without its main
$(BUILD)/tests/unit/%: $(BUILD)/tests/unit/%.o $(filter-out %/main.o,$(call obj,$(call srcs,runtime))) $(call obj,$(call srcs,pkg/verb)) $(call libs,$(PKGS_tests))
	$(call says,LD)$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LIBS_tests)

$(call obj,$(call srcs,pkg/engine)): $(BUILD)/.prefix
$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(call says,CC)$(CC) $(ALL_CFLAGS) -c -o $@ $<

# podctl with a loader, for tests that put something between it and its libraries
$(BUILD)/tests/dynamic/podctl: $(call obj,$(call srcs,cmd/podctl) $(call srcs,pkg/verb)) $(call libs,$(PKGS_podctl))
	@mkdir -p $(@D)
	$(call says,LD)$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LIBS_podctl)

UNIT := $(patsubst %.c,$(BUILD)/%,$(sort $(wildcard tests/unit/test_*.c)))
BENCH := $(addprefix $(BUILD)/bench/,floor stopwatch true)
$(BUILD)/bench/%: bench/%.c
	@mkdir -p $(@D)
	$(call says,CC)$(CC) $(CSTD) $(WARN) -O2 -static -o $@ $<

JOBS    ?= $(shell nproc 2>/dev/null || echo 2)
SUBMAKE = $(AS_USER) $(MAKE) --no-print-directory -j$(JOBS) BUILD=$(BUILD)

.PHONY: units test-programs demo check check-long check-runtimes e2e vm-check valgrind san fuzz bench bench-images lint format format-check layers docs docs-check tidy cppcheck install uninstall clean help
demo:  ## build, make a small image, play examples/k8s/hello.yaml and fetch its page (needs root)
	@tests/deps.sh build
	@$(SUBMAKE) all
	@BUILD=$(BUILD) examples/demo.sh

check:  ## all tests: units, end to end as far as this user and machine can, and a summary line
	@tests/deps.sh test
	@$(SUBMAKE) all test-programs
	@PODCTL_BUILD=$(BUILD) tests/run

LONG_TESTS := 80-kill 81-kill-verbs 82-together 85-hard 90-scale
check-long:  ## the hard tests in full: every system call killed, 1,000 rounds of sixteen commands at once, 1,000 runs, 500 pods (hours; root)
	@tests/deps.sh test
	@$(SUBMAKE) all test-programs
	@PODCTL_BUILD=$(BUILD) KILL_ROUNDS=all ROUNDS=1000 HARD_ROUNDS=100 SCALE_PODS=500 SCALE_RUNS=1000 E2E_TIMEOUT=86400 \
		tests/run $(LONG_TESTS:%=tests/e2e/%.sh)

RUNTIMES ?= crun runc
RUNTIME_TESTS ?= $(addprefix tests/e2e/,40-monitor.sh 50-cli.sh 60-pod.sh 70-kube.sh 72-fields.sh 73-volumes.sh)
check-runtimes:  ## the engine's tests again over crun and runc, where they are installed (root)
	@$(SUBMAKE) all test-programs
	@rc=0; for r in $(RUNTIMES); do if command -v $$r >/dev/null; then echo "over $$r:"; \
		PODCTL_BUILD=$(BUILD) PODCTL_RUNTIME=$$r tests/run $(RUNTIME_TESTS) || rc=1; else echo "skip: $$r is not installed"; fi; done; exit $$rc

test-programs: $(UNIT) $(BENCH) $(BUILD)/tests/dynamic/podctl
units: $(UNIT)  ## run the unit tests (no privileges needed)
	@PODCTL_BUILD=$(BUILD) tests/run $^
e2e: all  ## run the end-to-end tests only
	@PODCTL_BUILD=$(BUILD) tests/run tests/e2e/[0-9]*.sh

VM_RUN ?= ../shared/vm/vm-run
vm-check:  ## the end-to-end suite in a virtual machine: as root and as an ordinary user on cgroup v2 with systemd
	@$(SUBMAKE) all test-programs
	@BUILD=$(BUILD) VM_RUN=$(VM_RUN) tests/vm-check

san:  ## unit tests under ASan and UBSan, in their own tree
	@$(SUBMAKE) SAN=1 BUILD=$(BUILD)/san units
valgrind: $(UNIT)  ## unit tests under valgrind
	@PODCTL_BUILD=$(BUILD) UNIT_UNDER="valgrind -q --error-exitcode=99 --leak-check=full --child-silent-after-fork=yes" tests/run $^

# The same sources again with clang, the fuzzer's coverage and the sanitizers; each target takes what it needs from one archive.
FUZZ      := $(patsubst %.c,$(BUILD)/%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
FUZZ_SRCS := $(foreach p,$(PKGS_tests),$(call srcs,pkg/$(p))) $(filter-out runtime/main.c,$(call srcs,runtime))
FUZZ_SAN  := -O1 -gline-tables-only -fno-omit-frame-pointer -fno-sanitize-recover=undefined
$(BUILD)/fuzz/%.o: %.c
	@mkdir -p $(@D)
	$(call says,CC)clang $(CSTD) $(FUZZ_SAN) -fsanitize=fuzzer-no-link,address,undefined -MMD -MP -c -o $@ $<
$(BUILD)/fuzz/pkg/kube/schema.o: $(SCHEMA)
	@mkdir -p $(@D)
	$(call says,CC)clang $(CSTD) $(FUZZ_SAN) -fsanitize=fuzzer-no-link,address,undefined -MMD -MP -c -o $@ $<
$(BUILD)/fuzz/libpodctl.a: $(patsubst %.c,$(BUILD)/fuzz/%.o,$(FUZZ_SRCS)) $(BUILD)/fuzz/pkg/kube/schema.o
	@rm -f $@
	$(call says,AR)$(AR) qcs $@ $^
$(BUILD)/tests/fuzz/%: $(BUILD)/fuzz/tests/fuzz/%.o $(BUILD)/fuzz/libpodctl.a
	@mkdir -p $(@D)
	$(call says,LD)clang $(FUZZ_SAN) -fsanitize=fuzzer,address,undefined -o $@ $^ $(filter-out -lcmocka,$(LIBS_tests))
.PHONY: fuzz-programs
fuzz-programs: $(FUZZ)
fuzz:  ## run each fuzz target for FUZZ_SECONDS (default 10)
	@$(SUBMAKE) fuzz-programs
	@tests/fuzz/run $(or $(FUZZ_SECONDS),10) $(FUZZ)
bench:  ## ratios to the floor, crun and podman, after idle and back to back (root); LONG=1: many pods too
	@$(SUBMAKE) all $(BENCH)
	@BUILD=$(BUILD) BENCH_LONG=$(LONG) bench/run
bench-images:  ## pull, load, rmi and images against podman and skopeo, from docker-registry on loopback (root)
	@$(SUBMAKE) all
	@BUILD=$(BUILD) bench/images

C_FILES := $(sort $(wildcard cmd/*/*.[ch] pkg/*/*.[ch] runtime/*.[ch] tests/*/*.[ch] bench/*.c))
lint: format-check layers docs-check tidy cppcheck  ## format, include rules, generated files, clang-tidy, cppcheck
format: ; @clang-format -i $(C_FILES)
format-check: ; @clang-format --dry-run -Werror $(C_FILES)
# Includes point down only (ARCHITECTURE.md, "Layers").
layers:
	@! grep -rnE '#include "(cmd|runtime)/' pkg
	@! grep -rnE '#include "(pkg|cmd)/' runtime | grep -vE 'pkg/(util|codec|oci|cgroup)/'
	@! grep -rnE '#include "pkg/' pkg/util | grep -vE 'pkg/util/'
	@! grep -rnE '#include "pkg/' pkg/codec pkg/cgroup pkg/oci pkg/archive pkg/transfer | grep -vE 'pkg/(util|codec|cgroup|oci|archive|transfer)/'
	@! grep -rnE '#include "pkg/(verb|kube|pod|infra|container|image|network|volume|monitor)/' pkg/engine pkg/store
	@! grep -rnE '#include "pkg/(verb|kube|pod|infra|container)/' pkg/image pkg/network pkg/volume pkg/monitor 2>/dev/null
	@! grep -rnE '#include "pkg/verb/' pkg/kube pkg/pod pkg/container pkg/infra
# What is made from the tables: man pages and completion from the commands, the list of fields from schema.tbl.
docs: $(BUILD)/podctl  ## make the man pages, the completions and docs/kube-support.md again
	@docs/make $(BUILD)/podctl docs
docs-check: $(BUILD)/podctl
	@d=$$(mktemp -d); mkdir $$d/docs; docs/make $(BUILD)/podctl $$d/docs; rc=0; \
		for f in $$(cd $$d && find docs -type f); do cmp $$f $$d/$$f || rc=1; done; rm -r $$d; \
		[ $$rc = 0 ] || { echo "made files are stale: run make docs"; exit 1; }
TIDY := $(addprefix tidy@,$(filter-out %/absent.c,$(wildcard cmd/*/*.c pkg/*/*.c runtime/*.c)))
.PHONY: $(TIDY)
tidy: $(TIDY)
$(TIDY): tidy@%: ; @clang-tidy -quiet $* -- $(CSTD) 2>/dev/null
# Off: memleak (does not know __attribute__((cleanup)); ASan and valgrind look), autoVariables and legacyUninitvar (a frame's structs
# and buffers are handed down while the call lasts).
cppcheck: ; @cppcheck -q --std=c11 --enable=warning,portability --inline-suppr --error-exitcode=1 --suppress=memleak --suppress=autoVariables --suppress=legacyUninitvar \
	--library=tests/cppcheck.cfg -I. cmd pkg runtime

INSTALL ?= install
install:  ## install below DESTDIR and PREFIX (default /usr/local)
	@$(SUBMAKE) PREFIX=$(PREFIX) LIBEXECDIR=$(LIBEXECDIR) all
	$(INSTALL) -d $(DESTDIR)$(BINDIR) $(DESTDIR)$(LIBEXECDIR) $(DESTDIR)$(MANDIR)/man1
	$(INSTALL) -m 755 $(BUILD)/podctl $(DESTDIR)$(BINDIR)/podctl
	$(INSTALL) -m 755 $(filter-out $(BUILD)/podctl,$(PROGRAMS)) $(DESTDIR)$(LIBEXECDIR)/
	ln -sf $(LIBEXECDIR)/podctl-runtime $(DESTDIR)$(BINDIR)/podctl-runtime
	$(INSTALL) -m 644 $(wildcard docs/man/*.1) $(DESTDIR)$(MANDIR)/man1/
	$(INSTALL) -D -m 644 docs/completion/podctl.bash $(DESTDIR)$(DATADIR)/bash-completion/completions/podctl
	$(INSTALL) -D -m 644 docs/completion/_podctl $(DESTDIR)$(DATADIR)/zsh/site-functions/_podctl
	$(INSTALL) -D -m 644 docs/completion/podctl.fish $(DESTDIR)$(DATADIR)/fish/vendor_completions.d/podctl.fish
uninstall:  ## remove what install put there
	rm -f $(DESTDIR)$(BINDIR)/podctl $(DESTDIR)$(BINDIR)/podctl-runtime $(addprefix $(DESTDIR)$(MANDIR)/man1/,$(notdir $(wildcard docs/man/*.1)))
	rm -f $(addprefix $(DESTDIR)$(DATADIR)/,bash-completion/completions/podctl zsh/site-functions/_podctl fish/vendor_completions.d/podctl.fish)
	rm -rf $(DESTDIR)$(LIBEXECDIR)
clean: ; rm -rf $(BUILD)
help:  ## this list
	@sed -nE 's/^([a-z-]+):.*  ## ([a-z].*)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

.SECONDARY:
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
