#!/bin/sh
# Breaks a copy of hostprep in one way and requires that the torture finds it: usage: self-test.sh [NAME]…
# Each way is a directory under tests/torture/broken: bug.patch is applied to the copy, caught says what torture is to find it.
set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top"
place=$top/target/torture
torture=$top/target/debug/torture

fail() {
    echo "self-test: $*" >&2
    exit 1
}

[ $# -gt 0 ] || set -- tests/torture/broken/*
cargo build --quiet --locked --package hostprep-tests --bin torture
for broken; do
    name=${broken##*/}
    broken=tests/torture/broken/$name
    [ -e "$broken/bug.patch" ] || fail "there is no $broken/bug.patch"
    source=$place/$name
    rm -rf "$source"
    mkdir -p "$source"
    # What is in the tree now, committed or not.
    git ls-files --cached --others --exclude-standard -z |
        tar --null --files-from - --ignore-failed-read -cf - | tar -C "$source" -xf -
    patch --quiet --force --strip 1 --directory "$source" <"$broken/bug.patch" || fail "$broken/bug.patch does not apply"
    # Dependencies come from the build of the tree itself, the program goes elsewhere.
    (cd "$source" && CARGO_BUILD_BUILD_DIR=$top/target cargo build --quiet --locked --package hostprep --bin hostprep \
        --target-dir "$place/broken")
    start=$(date +%s)
    status=0
    HOSTPREP_BINARY=$place/broken/debug/hostprep xargs "$torture" <"$broken/caught" >"$source.said" 2>&1 || status=$?
    seconds=$(($(date +%s) - start))
    # Violations make torture end with 1 and so xargs with 123; a torture that did not do its work says no such line.
    if [ "$status" -ne 123 ] || ! grep -q '^| what | points' "$source.said"; then
        tail -n 20 "$source.said" >&2
        fail "$name was not caught (status $status)"
    fi
    echo "self-test: $name was caught in $seconds s: $(grep '^| ' "$source.said" | tail -n 1)"
    rm -rf "$source"
done
