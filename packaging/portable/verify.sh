#!/bin/sh
# verify.sh BINARY ARCHITECTURE GLIBC DIRECTORY...: fails unless BINARY is for that architecture, runs with that glibc and any
# libselinux, and names no DIRECTORY.
set -eu

fail() {
    echo "verify: $*" >&2
    exit 1
}

[ $# -ge 3 ] || fail "usage: $0 BINARY ARCHITECTURE GLIBC DIRECTORY..."
binary=$1
architecture=$2
glibc=$3
shift 3

case $architecture in
    x86_64) machine='Advanced Micro Devices X86-64' loader=ld-linux-x86-64.so.2 ;;
    aarch64) machine=AArch64 loader=ld-linux-aarch64.so.1 ;;
    *) fail "the architecture is x86_64 or aarch64, not $architecture" ;;
esac
found=$(LC_ALL=C readelf --file-header --wide "$binary" | sed -n 's/^ *Machine: *//p')
[ "$found" = "$machine" ] || fail "$binary is for $found, not for $architecture"
LC_ALL=C readelf --program-headers --wide "$binary" | grep -q "interpreter: /lib.*/$loader]" ||
    fail "$binary does not name the loader $loader"

symbols=$(readelf --dyn-syms --wide "$binary")
newest=$(echo "$symbols" | sed -n 's/.*@GLIBC_\([0-9.]*\).*/\1/p' | sort -Vu | tail -n 1)
[ -n "$newest" ] || fail "$binary asks for no glibc at all"
[ "$(printf '%s\n' "$newest" "$glibc" | sort -V | tail -n 1)" = "$glibc" ] || fail "$binary asks for glibc $newest"

! echo "$symbols" | grep -q '@GLIBC_PRIVATE' || fail "$binary asks for glibc's private symbols"
versions=$(echo "$symbols" | sed -n 's/.*@\([A-Za-z]*\)_.*/\1/p' | sort -u)
[ "$versions" = GLIBC ] || fail "$binary asks for versions of $(echo "$versions" | tr '\n' ' ')"

readelf --dynamic --wide "$binary" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | while read -r library; do
    case $library in
        libselinux.so.1 | libc.so.6 | libm.so.6 | libpthread.so.0 | libdl.so.2 | "$loader") ;;
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
