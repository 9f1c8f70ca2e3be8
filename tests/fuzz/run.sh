#!/usr/bin/env bash
# Fuzzes each target, or one, for some seconds, and ends with 1 where one of them found something.
# usage: run.sh SECONDS [TARGET [INPUT]]; with INPUT that alone is run again.
set -euo pipefail

fail() {
    echo "fuzz: $*" >&2
    exit 1
}

cd "$(dirname "$0")/../.."
seconds=${1:?usage: run.sh SECONDS [TARGET [INPUT]]}
target=${2:-}
input=${3:-}
[[ $seconds =~ ^[1-9][0-9]*$ ]] || fail "SECONDS=$seconds is no number of seconds"
command -v "${CXX:-c++}" >/dev/null || fail "libFuzzer needs a C++ compiler; install g++"
targets=()
for source in tests/fuzz/fuzz_targets/*.rs; do
    name=$(basename "$source" .rs)
    [ -z "$target" ] || [ "$target" = "$name" ] || continue
    targets+=("$name")
done
[ ${#targets[@]} -gt 0 ] || fail "there is no target $target; the targets are $(cd tests/fuzz/fuzz_targets && echo *.rs | sed 's/\.rs//g')"

tools=target/tools
if [ ! -x "$tools/bin/cargo-fuzz" ]; then
    cargo install cargo-fuzz --version 0.13.2 --locked --root "$tools"
fi
# Every sanitizer needs a nightly toolchain.
options=(--fuzz-dir tests/fuzz --sanitizer none --target-dir target/fuzz/build)
"$tools/bin/cargo-fuzz" build "${options[@]}"

# Scratch roots lie here; what is synced in memory costs nothing.
scratch=$(mktemp -d /dev/shm/hostprep-fuzz.XXXXXX 2>/dev/null || mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export TMPDIR=$scratch

found=()
for name in "${targets[@]}"; do
    echo "==== $name"
    own=target/fuzz/corpus/$name
    artifacts=target/fuzz/artifacts/$name
    mkdir -p "$own" "$artifacts"
    if [ -n "$input" ]; then
        # libFuzzer runs files, and fuzzes with directories.
        [ -f "$input" ] || fail "there is no file $input"
        from=("$input")
        limits=()
    else
        from=("$own" "tests/fuzz/corpus/$name")
        [ ! -d "tests/fuzz/regressions/$name" ] || from+=("tests/fuzz/regressions/$name")
        limits=("-max_total_time=$seconds" -timeout=10 -rss_limit_mb=1024 -print_final_stats=1)
    fi
    "$tools/bin/cargo-fuzz" run "${options[@]}" "$name" "${from[@]}" -- "${limits[@]}" \
        "-artifact_prefix=$artifacts/" || found+=("$name")
done
[ ${#found[@]} -eq 0 ] || fail "something was found by ${found[*]}: see target/fuzz/artifacts, and tests/fuzz/README.md for what then"
