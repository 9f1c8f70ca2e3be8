#!/bin/sh
# verify.sh BINARY GLIBC DIRECTORY...: fails unless BINARY runs with that glibc and any libselinux, and names no DIRECTORY.
set -eu

fail() {
    echo "verify: $*" >&2
    exit 1
}

[ $# -ge 2 ] || fail "usage: $0 BINARY GLIBC DIRECTORY..."
binary=$1
glibc=$2
shift 2

symbols=$(readelf --dyn-syms --wide "$binary")
newest=$(echo "$symbols" | sed -n 's/.*@GLIBC_\([0-9.]*\).*/\1/p' | sort -Vu | tail -n 1)
[ -n "$newest" ] || fail "$binary asks for no glibc at all"
[ "$(printf '%s\n' "$newest" "$glibc" | sort -V | tail -n 1)" = "$glibc" ] || fail "$binary asks for glibc $newest"

! echo "$symbols" | grep -q '@GLIBC_PRIVATE' || fail "$binary asks for glibc's private symbols"
versions=$(echo "$symbols" | sed -n 's/.*@\([A-Za-z]*\)_.*/\1/p' | sort -u)
[ "$versions" = GLIBC ] || fail "$binary asks for versions of $(echo "$versions" | tr '\n' ' ')"

readelf --dynamic --wide "$binary" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | while read -r library; do
    case $library in
        libselinux.so.1 | libc.so.6 | libm.so.6 | libpthread.so.0 | libdl.so.2 | ld-linux-*) ;;
        *) fail "$binary needs $library" ;;
    esac
done

if readelf --sections --wide "$binary" | grep -Eq ' \.(symtab|debug_)'; then
    fail "$binary is not stripped"
fi

for directory; do
    if grep -aqF "$directory/" "$binary"; then
        fail "$binary names $directory"
    fi
done
