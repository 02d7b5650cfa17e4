#!/bin/sh
# SPDX-License-Identifier: MIT
# Feeds every parser with what nobody thought of: libFuzzer and AFL++, each for some seconds (tests/fuzz/README.md).
#
#   tools/fuzz.sh [TARGET] [SECONDS]
#
#   TARGET    the name of a file tests/fuzz/TARGET.c; without it, all of them one after the other
#   SECONDS   how long each engine runs (10); both run at once
#
# It installs the packages it needs where it runs as root, and names them where it does not. Everything goes to
# build/fuzz/TARGET: what the engines said, the inputs they grew (corpus), and those that broke something (findings).
# One line a run. The last line is "N passed, N failed"; the exit status is 0 only where no run failed. A run that
# broke something, that did not end well, or that executed nothing has failed.
set -eu
PACKAGES='afl++ binutils clang libclang-rt-14-dev'
INPUT_SECONDS=5  # an input that takes longer hangs
START_SECONDS=60 # beyond SECONDS, before a run counts as stuck
BUILD_SECONDS=300

only='' seconds=10
for argument; do
	case $argument in
	'' | 0* | -*) sed -n '3,8s/^# \{0,1\}//p' "$0" >&2; exit 64 ;;
	*[!0-9]*) only=$argument ;;
	*) seconds=$argument ;;
	esac
done

cd "$(dirname "$0")/.."
. tools/common.sh
work=$PWD/build/fuzz

# build ENGINE COMPILER
build()
{
	log=$work/build-$1 tree=$work-$1
	if ! { (export CC="$2" && set_up "$tree" "$tree/root" --werror -Dtests=disabled -Dfuzz="$1" \
		-Db_sanitize=address,undefined -Db_lundef=false) &&
		timeout -k 10 "$BUILD_SECONDS" ninja -C "$tree" fuzz; } >"$log" 2>&1; then
		tail -n 30 "$log" >&2
		die "the targets cannot be built for $1; all that was said is in $log"
	fi
}

# Modules as linkers make them, their notes alone, and what a note holds behind its head and owner: the tree has no
# binary files. Then what goes a step too far: in the note's text, a segment's bytes, the number of segments.
elf_seeds()
{
	for source in providers/env.c tests/modules/typed.c; do
		name=$(basename "$source" .c)
		clang -shared -fPIC -Iinclude -I. -s -nostdlib -Wl,-z,noseparate-code -o "$1/module-$name" "$source"
		objcopy -O binary --only-section=.note.keystile "$1/module-$name" "$1/note-$name"
		tail -c +25 "$1/note-$name" >"$1/content-$name"
	done
	clang -shared -fPIC -Iinclude -I. -o "$1/module-with-other-notes" tests/modules/typed.c
	cat "$1/note-env" "$1/note-typed" >"$1/two-notes"
	head -c -5 "$1/content-typed" >"$1/refused-content-cut-short"
	head -c 65537 /dev/zero >"$1/refused-long-segment"
	cp "$1/module-typed" "$1/refused-segments"
	printf 'A\0' | dd of="$1/refused-segments" bs=1 seek=56 conv=notrunc status=none # 65 of them, in ELF of 64 bits
}

# gather TARGET: leaves what the engines begin with in $folder/seeds.
gather()
{
	folder=$work/$1
	rm -rf "$folder/seeds" "$folder/afl"
	mkdir -p "$folder/seeds" "$folder/corpus" "$folder/findings"
	cp "tests/fuzz/corpus/$1"/* "$folder/seeds"
	case $1 in
	config) cp tests/golden/cases/*.conf "$folder/seeds" ;;
	elf) elf_seeds "$folder/seeds" ;;
	esac
	find "$folder/corpus" -type f -exec cp -t "$folder/seeds" {} +
}

# value FILE NAME: the number behind "NAME:" in what an engine said, 0 where there is none.
value()
{
	found=$(sed -n "s/^$2 *: *\([0-9]*\).*/\1/p" "$1" 2>/dev/null | tail -n 1)
	echo "${found:-0}"
}

# verdict TARGET ENGINE STATUS EXECUTIONS PER_SECOND COVERAGE [FINDING...]: one line, and after it what went wrong.
verdict()
{
	target=$1 engine=$2 status=$3 executions=$4 speed=$5 coverage=$6 word=passed
	shift 6
	if [ $# -gt 0 ] || [ "$status" -ne 0 ] || [ "$executions" -eq 0 ]; then
		word=failed
	fi
	printf '%-12s %-9s %9d executions, %6d a second, %-24s %d findings: %s\n' \
		"$target" "$engine" "$executions" "$speed" "$coverage," $# "$word"
	echo "$word" >>"$work/verdicts"
	[ "$word" = failed ] || return 0
	if [ $# -gt 0 ]; then
		timeout -k 10 "$INPUT_SECONDS" "$work-$engine/tests/fuzz/fuzz-$target" "$1" 2>&1 | tail -n 40
	else
		tail -n 40 "$work/$target/$engine.log"
	fi
	echo "$target: $engine ended with $status; all it said is in $work/$target/$engine.log"
	for finding; do
		echo "repeat it with $work-$engine/tests/fuzz/fuzz-$target $finding"
	done
}

run_libfuzzer()
{
	log=$work/$1/libfuzzer.log status=0
	timeout -k 10 $((seconds + START_SECONDS)) "$work-libfuzzer/tests/fuzz/fuzz-$1" \
		-max_total_time="$seconds" -timeout="$INPUT_SECONDS" -print_final_stats=1 -dict="tests/fuzz/$1.dict" \
		-artifact_prefix="$work/$1/findings/" "$work/$1/corpus" "$work/$1/seeds" \
		>"$log" 2>&1 </dev/null || status=$?
	coverage=$(sed -n 's/.* cov: \([0-9]*\) ft: \([0-9]*\) .*/\1 edges \2 features/p' "$log" | tail -n 1)
	# At most one: libFuzzer ends with it. Its name is a word.
	# shellcheck disable=SC2046
	verdict "$1" libfuzzer "$status" "$(value "$log" stat::number_of_executed_units)" \
		"$(value "$log" stat::average_exec_per_sec)" "${coverage:-no coverage}" \
		$(sed -n 's/.*Test unit written to //p' "$log")
}

# keep_findings TARGET LOG: copies what broke something under AFL++ to names that are words, and prints these. A seed
# that does is set aside, with a word in the log alone.
keep_findings()
{
	{
		find "$work/$1/afl" \( -path '*/crashes/id*' -o -path '*/hangs/id*' \) -type f
		sed -n "s|.*Test case '.*orig:\(.*\)' results in a .*|$work/$1/seeds/\1|p" "$2"
	} | while read -r found; do
		finding=$work/$1/findings/afl-$(sha1sum <"$found" | cut -c 1-40)
		cp "$found" "$finding"
		echo "$finding"
	done
}

run_afl()
{
	log=$work/$1/afl.log status=0 stats=$work/$1/afl/default/fuzzer_stats
	timeout -k 10 $((seconds + START_SECONDS)) afl-fuzz -i "$work/$1/seeds" -o "$work/$1/afl" -V "$seconds" \
		-t $((INPUT_SECONDS * 1000)) -m none -x "tests/fuzz/$1.dict" -- "$work-afl/tests/fuzz/fuzz-$1" \
		>"$log" 2>&1 </dev/null || status=$?
	# shellcheck disable=SC2046 # names are words
	verdict "$1" afl "$status" "$(value "$stats" execs_done)" "$(value "$stats" execs_per_sec)" \
		"$(value "$stats" edges_found) edges of $(value "$stats" total_edges)" \
		$(keep_findings "$1" "$log")
}

# Both engines at once: two processors are what everybody has. Then what AFL++ grew goes where libFuzzer's is.
fuzz()
{
	gather "$1"
	run_libfuzzer "$1" &
	run_afl "$1" &
	wait
	if [ -d "$work/$1/afl/default/queue" ]; then
		timeout -k 10 "$START_SECONDS" "$work-libfuzzer/tests/fuzz/fuzz-$1" -merge=1 \
			-artifact_prefix="$work/$1/findings/merge-" "$work/$1/corpus" "$work/$1/afl/default/queue" \
			>"$work/$1/merge.log" 2>&1 </dev/null ||
			echo "$1: what AFL++ grew is not kept; $work/$1/merge.log says why"
	fi
}

[ -z "$only" ] || [ -f "tests/fuzz/$only.dict" ] || die "there is no target $only; see tests/fuzz"
mkdir -p "$work"
: >"$work/verdicts"
# shellcheck disable=SC2086 # a list of words
need_packages "$work/apt.log" $BUILD_PACKAGES $PACKAGES
build libfuzzer clang
build afl afl-clang-fast

# Leaks are looked for by libFuzzer alone, which does so between inputs. AFL++ wants to be told that nothing of the
# system is to be set for it: core dumps, the processor's clock, a processor of its own.
export AFL_NO_UI=1 AFL_FAST_CAL=1 AFL_NO_AFFINITY=1 AFL_SKIP_CPUFREQ=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1
unset ASAN_OPTIONS UBSAN_OPTIONS LSAN_OPTIONS
runs=0
for dictionary in tests/fuzz/*.dict; do
	target=$(basename "$dictionary" .dict)
	[ "${only:-$target}" = "$target" ] || continue
	fuzz "$target"
	runs=$((runs + 2))
done
# A run without a verdict has failed too.
awk -v runs="$runs" '$1 == "passed" { passed++ } END {
	print passed + 0 " passed, " runs - passed " failed"
	exit passed < runs || runs == 0 }' "$work/verdicts"
