#!/bin/sh
# Compiles a policy of 4 MB, as large as Fedora's, from the modules of a policy store: attributes of fewer than a hundred types
# are expanded. usage: large-policy.sh STORE FILE
set -eu

store=$1
out=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for module in "$store"/active/modules/[0-9]*/*; do
    name=${module##*/}
    [ ! -e "$store/active/modules/disabled/$name" ] || continue
    bzcat <"$module/cil" >"$work/$name.cil" 2>/dev/null || cp "$module/cil" "$work/$name.cil"
done
secilc -N -c 33 -X 100 -o "$out" -f /dev/null "$work"/*.cil
