#!/bin/sh
# Makes a libselinux.so to link against: the functions of libselinux 2.5, without symbol versions and without content.
# usage: stub.sh ZIG ARCHITECTURE GLIBC FILE    FILE is left alone if it would be the same
set -eu

[ $# -eq 4 ] || {
    echo "usage: $0 ZIG ARCHITECTURE GLIBC FILE" >&2
    exit 1
}
zig=$1
file=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

sed 's/.*/void &(void) {}/' "$(dirname "$0")/libselinux-2.5-functions.txt" >"$work/stub.c"
# Without debug information, which has the path of the temporary directory.
"$zig" cc -target "$2-linux-gnu.$3" -shared -fPIC -nostdlib -g0 -s -Wl,-soname,libselinux.so.1 -Wl,--build-id=none \
    -o "$work/new" "$work/stub.c"
# cargo goes by its time, and builds all that links with it anew.
cmp -s "$work/new" "$file" || mv "$work/new" "$file"
