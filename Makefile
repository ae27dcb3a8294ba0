# edgetape: `make demo` performs a recorded call, `make check` runs the tests.
PREFIX     ?= /usr/local
PKG_CONFIG ?= pkg-config
CC         ?= gcc
CFLAGS     ?= -O2 -g -D_FORTIFY_SOURCE=2 -fstack-protector-strong
B          ?= build
Q          := $(if $(V),,@)
export B
MAKEFLAGS  += -j$(shell nproc)

# Installing comes first: pkg-config below must find the libraries.
ifeq ($(filter clean install lint,$(MAKECMDGOALS)),)
ifneq ($(shell tools/deps $(MAKECMDGOALS) >&2 || echo failed),)
$(error the packages listed above are missing)
endif
endif

MODS := core signaling_tap ice_rewriter relay_capture decoder mixer catalog \
	vault
PKGS := glib-2.0 gio-unix-2.0 json-glib-1.0 libsrtp2 openssl zlib libdeflate libpcap \
	sndfile ogg soxr opus spandsp speex libavutil \
	opencore-amrnb opencore-amrwb libseccomp sqlite3

# Loaded when they are needed (decoder/lavc_io.h).
LOADED := libavcodec libavformat

PKG_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(PKGS) $(LOADED))
LDLIBS     := $(shell $(PKG_CONFIG) --libs $(PKGS)) -lmp3lame -lbcg729 -lgsm \
	-ldl -lm
ALL_CFLAGS  = -std=gnu11 -D_GNU_SOURCE -DG_LOG_USE_STRUCTURED -I. -MMD -MP \
	-ffp-contract=off -DG_LOG_DOMAIN='"$(*D)"' \
	-pthread -fvisibility=hidden -Wall -Wextra -Wshadow -Wvla $(STRICT) \
	$(PKG_CFLAGS) $(CFLAGS) $(SAN)

bins  = $(patsubst %.c,$B/%,$(wildcard $1))
LIB   := $B/libedgetape.a
UNIT  := $(call bins,tests/unit/*_test.c)
FUZZ  := $(call bins,tests/fuzz/*.c)
# A million calls take minutes to make: bench-search only.
BENCH := $(filter-out $B/tests/bench/cat_search,\
	$(call bins,tests/bench/*.c))
TOOLS := $(call bins,tools/*.c)

EXAMPLES := $(patsubst %.c,$B/%.so,$(wildcard examples/*.c))

all: $B/app/edgetape $(TOOLS) $(EXAMPLES)

# The package's and the program's: 0.COMMITS.
VERSION ?= 0.$(shell git rev-list --count HEAD 2>/dev/null || echo 0)
export VERSION
$B/app/version: always
	@mkdir -p $(@D); echo $(VERSION) | cmp -s - $@ || echo $(VERSION) >$@
$B/app/edgetape.o: $B/app/version
$B/app/edgetape.o: PKG_CFLAGS += -DEDGETAPE_VERSION='"$(VERSION)"'

$B/app/edgetape: LDFLAGS += -rdynamic
$B/app/edgetape: $(patsubst %.c,$B/%.o,$(wildcard app/*.c)) $(LIB)
	@echo "  LD   $@"
	$Q$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $(LIB) $(LDLIBS)
$(LIB): STRICT := -Wconversion -Wmissing-prototypes
$(LIB): $(patsubst %.c,$B/%.o,$(wildcard $(MODS:=/*.c)))
	@echo "  AR   $@"; rm -f $@
	$Q$(AR) rcs $@ $^
$B/%.o: %.c
	@mkdir -p $(@D); echo "  CC   $<"
	$Q$(CC) $(ALL_CFLAGS) -c -o $@ $<
$B/%: $B/%.o $(LIB)
	@echo "  LD   $@"
	$Q$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $(LIB) $(LDLIBS)

# The call client of the demo speaks ICE itself; edgetape does not link it.
PHONE := $B/tools/nicephone.o $(patsubst %.c,$B/%.o,$(wildcard tools/phone/*.c))
$B/tools/nicephone: $(PHONE)
$B/tools/nicephone: LDLIBS += $(shell $(PKG_CONFIG) --libs nice)
$(PHONE): PKG_CFLAGS += $(shell $(PKG_CONFIG) --cflags nice)

# A Lync client for the tests, where libpurple is installed. It stands in front
# of one function of libxml2 (-rdynamic).
SIPE := purple gstreamer-1.0 libxml-2.0
SIPEPHONE := $B/tools/lync/sipephone
ifeq ($(shell $(PKG_CONFIG) --exists $(SIPE) && echo yes),yes)
all: $(SIPEPHONE)
endif
$(SIPEPHONE): $(addprefix $B/tools/,lync/sound.o phone/opts.o phone/report.o)
$(SIPEPHONE): LDLIBS += $(shell $(PKG_CONFIG) --libs $(SIPE) 2>/dev/null)
$(SIPEPHONE): LDFLAGS += -rdynamic
$(SIPEPHONE).o $B/tools/lync/sound.o: PKG_CFLAGS += -Wno-deprecated-declarations \
	$(shell $(PKG_CONFIG) --cflags $(SIPE) 2>/dev/null)

# Codec plug-ins: shared objects that know plugin_api.h and nothing else.
$B/%.so: %.c decoder/plugin_api.h
	@mkdir -p $(@D); echo "  SO   $@"
	$Q$(CC) -std=c11 -shared -fPIC -I. -Wall -Wextra $(CFLAGS) $(SAN) \
		-o $@ $<
$B/tests/unit/dec_plugin_io_test: $(EXAMPLES) \
	$(patsubst %.c,$B/%.so,$(wildcard tests/plugins/*.c))

# The generator of relayed calls is shared with the tests.
$B/tools/mkpcap: $(addprefix $B/tests/support/,mkcall.o mkframe.o)

# Test support: every unit test and fuzz target may use it.
SUPPORT := $(patsubst %.c,$B/%.o,$(filter-out tests/support/replay.c,\
	$(wildcard tests/support/*.c)))
$(UNIT) $(BENCH) $B/tests/bench/cat_search: $(SUPPORT)
$B/tests/fuzz/tap_calls: $B/tests/support/tap_model.o
$B/tests/fuzz/tap_dialog: $(addprefix $B/tests/support/tap_,model.o history.o)
# Two hundred programs that run for a second each are made in half the time.
$B/tests/unit/%.o $B/tests/fuzz/%.o: CFLAGS += -Og
ifeq ($(SAN),)	# gold has a warning for each symbol of clang's sanitizers
$(UNIT) $(FUZZ): LDFLAGS += $(if $(shell command -v ld.gold),-fuse-ld=gold)
endif
# These ask the library itself.
$B/tests/unit/dec_codec_gsm_test $B/tests/unit/dec_video_io_test \
$B/tests/bench/dec_codecs: LDLIBS += $(shell $(PKG_CONFIG) --libs $(LOADED))
# The program's own files are in no library.
$B/tests/unit/app_alarm_test: $(addprefix $B/app/,alarm_post.o alarm_files.o \
	stats_io.o)
$B/tests/unit/app_captured_test: $B/app/captured.o
$B/tests/unit/app_reach_test: $B/app/reach_io.o
$B/tests/unit/app_spool_watch_test: $B/app/spool_watch_io.o
$B/tests/unit/app_story_test: $B/app/story.o
$B/tests/unit/app_outcome_test: $(addprefix $B/app/,outcome.o story.o)
$B/tests/unit/app_notes_test: $(addprefix $B/app/,notes.o notes_io.o story.o)
$B/tests/unit/app_restart_test: $(addprefix $B/app/,resume.o \
	spool_watch_io.o book.o book_act.o book_decide.o notes.o notes_io.o \
	story.o session.o session_out.o ends.o reach_io.o follow.o ledger.o \
	captured.o sidecar.o json_out.o whole_io.o)
$B/tests/unit/app_render_test: $(addprefix $B/app/,render.o render_call.o \
	render_take.o hear.o recording.o follow.o captured.o story.o outcome.o \
	sidecar.o json_out.o whole_io.o video.o limits.o ledger.o ledger_sidecar.o)
$B/tests/unit/app_armed_test: $(addprefix $B/app/,armed.o ends.o session.o \
	session_out.o reach_io.o)
$B/tests/unit/app_session_test: $(addprefix $B/app/,ends.o session.o \
	session_out.o reach_io.o)
$B/tests/unit/app_presence_test: $B/app/presence_io.o
$B/tests/unit/app_json_out_test: $B/app/json_out.o
$B/tests/unit/app_table_test: $(addprefix $B/app/,table.o table_text.o)
$B/tests/unit/mix_powercut_test: $(addprefix $B/,app/whole_io.o \
	tests/hooks/powercut_hooks.o)
ifndef ENGINE	# no libFuzzer: a small main() replays the corpus
$(FUZZ): $B/tests/support/replay.o
else	# comparing each sample teaches a fuzzer nothing, and took 70 % of its time
$B/mixer/%.o: CFLAGS += -fno-sanitize-coverage=trace-cmp
endif

# Loads drive the built program; they share a rig.
LOAD := $(call bins,tests/load/*_load.c)
$(LOAD): $(patsubst %.c,$B/%.o,$(filter-out %_load.c,\
	$(wildcard tests/load/*.c))) $(SUPPORT)

unit: $(UNIT)
fuzzers: $(FUZZ)
$B/tests/load/tap_load $B/tests/load/ledger_load: $B/tests/plugins/slowdisk.so
check: all $(UNIT) $(FUZZ) $(addprefix $B/tests/load/,\
	ending_load ledger_load standing_load tap_load untold_load \
	watchdogs_load)
	$Qtests/run $B

asan:
	$(MAKE) check B=build/asan \
		SAN='-fsanitize=address,undefined -fno-sanitize-recover=all'
tsan:
	$(MAKE) check B=build/tsan SAN=-fsanitize=thread
fuzz:
	$(MAKE) fuzzers B=build/fuzz CC=clang ENGINE=1 \
		SAN=-fsanitize=fuzzer,address
	for t in $(FUZZ:$B/%=build/fuzz/%); do mkdir -p $$t.new; \
		$$t -max_total_time=$${T:-60} -artifact_prefix=$$t.new/ \
		$$t.new tests/fuzz/corpus/$${t##*/} || exit 1; done
bench: $(filter-out %/tap_linear,$(BENCH))
	$Qfor t in $^; do $$t || exit 1; done
bench-tap-linear: $B/tests/bench/tap_linear
	$Q$<
bench-search: $B/tests/bench/cat_search
	$Q$<
bench-decoder: $(filter $B/tests/bench/dec_%,$(BENCH))
	$Qfor t in $^; do $$t || exit 1; done

# Offline floors, then a minute of live capture and its knee.
bench-capture: $B/tests/bench/relay_peel $B/tests/bench/relay_veth
	$Q$B/tests/bench/relay_peel; a=$$?; \
		BENCH_SECONDS=$${BENCH_SECONDS:-60} \
		$B/tests/bench/relay_veth && exit $$a

bench-tap bench-replay bench-render bench-calls: bench-%: \
	$B/tests/load/%_load all
	$Q$<

# N calls of all kinds under random kills, against the truth.
ledger-campaign: $B/tests/load/ledger_load all
	LEDGER_CALLS=$${N:-1000} LEDGER_SEED=$${SEED:-1} $<
# The same where roles are stopped for a while and the disk is slow at times;
# the sound against the truth, too. KILLS=1: with kills.
stall-campaign: $B/tests/load/ledger_load all
	LEDGER_STALLS=1 LEDGER_KILLS=$${KILLS:-0} LEDGER_CALLS=$${N:-200} \
		LEDGER_SEED=$${SEED:-1} $<

# kill -9 of the capture process, K times.
kills: $B/tests/unit/relay_rings_test
	EDGETAPE_KILLS=$${K:-1000} $< -p /relay/rings/kill

# Random SRTP histories against libsrtp2, N of them from seed FROM on.
srtp-histories: $B/tests/unit/dec_differential_test
	EDGETAPE_HISTORIES=$${N:-1000000} EDGETAPE_HISTORY_FIRST=$${FROM:-0} $<

demo: all
	$Qtools/demo
interop: all
	$Qtools/interop
interop-100: all
	$Qtools/interop hundred

lint:
	$Qtools/lint
SHARE := $(DESTDIR)$(PREFIX)/share
install:
	$(MAKE) all
	install -Dm755 -t $(DESTDIR)$(PREFIX)/sbin $B/app/edgetape
	install -Dm755 -t $(DESTDIR)$(PREFIX)/bin $B/tools/wavcmp
	install -Dm644 -t $(SHARE)/man/man8 man/*.8
	install -Dm644 -t $(SHARE)/man/man5 man/*.5
	install -Dm644 -t $(SHARE)/man/man1 man/wavcmp.1
	install -Dm644 -t $(SHARE)/doc/edgetape README.md LICENSE docs/*.md
	install -Dm644 packaging/edgetape.conf \
		$(SHARE)/doc/edgetape/examples/edgetape.conf
	install -Dm644 packaging/edgetape.bash \
		$(SHARE)/bash-completion/completions/edgetape
	install -d $(DESTDIR)$(PREFIX)/lib/systemd/system
	sed 's,/usr/sbin,$(PREFIX)/sbin,' packaging/edgetape.service \
		>$(DESTDIR)$(PREFIX)/lib/systemd/system/edgetape.service
	install -Dm644 packaging/edgetape.sysusers \
		$(DESTDIR)$(PREFIX)/lib/sysusers.d/edgetape.conf
	install -Dm644 packaging/edgetape.tmpfiles \
		$(DESTDIR)$(PREFIX)/lib/tmpfiles.d/edgetape.conf

deb: all
	rm -rf $B/deb
	$(MAKE) install DESTDIR=$B/deb PREFIX=/usr
	install -Dm640 packaging/edgetape.conf $B/deb/etc/edgetape/edgetape.conf
	packaging/deb $B/deb $B/edgetape.deb $(VERSION)
clean:
	rm -rf build

.PHONY: always bench-capture all unit check asan tsan fuzz fuzzers bench bench-decoder bench-search \
	bench-tap bench-tap-linear bench-replay bench-render bench-calls \
	ledger-campaign stall-campaign demo \
	interop interop-100 kills lint srtp-histories \
	install deb clean
.PRECIOUS: $B/%.o
-include $(shell find $B -name '*.d' -type f 2>/dev/null)
