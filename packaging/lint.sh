#!/bin/sh
# Runs lintian and rpmlint on a DEB and an RPM: no error, no warning, and no unneeded override.
# usage: lint.sh DIRECTORY [RPMLINTRC]    checks the packages in DIRECTORY's SHA256SUMS, no older ones
set -eu

if [ $# -lt 1 ] || [ $# -gt 2 ]; then
    echo "usage: $0 DIRECTORY [RPMLINTRC]" >&2
    exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
rpmlintrc=${2:-$here/rpmlintrc}
directory=$1
named() {
    sed -n "s/^[0-9a-f]*  \(.*\.$1\)\$/\1/p" "$directory/SHA256SUMS"
}
debs=$(named deb)
rpms=$(named rpm)
if [ -z "$debs" ] || [ -z "$rpms" ]; then
    echo "$0: $directory/SHA256SUMS names no DEB or no RPM" >&2
    exit 1
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0

for deb in $debs; do
    echo "lintian $directory/$deb"
    # Without --show-overrides, which makes lintian count what is overridden.
    lintian --allow-root --display-info --fail-on error,warning "$directory/$deb" >"$work/lintian" || status=1
    cat "$work/lintian"
    # Both are hints to lintian, and to us an override without a reason.
    if grep -E 'unused-override|mismatched-override' "$work/lintian" >&2; then
        echo "$0: take these out of the lintian overrides" >&2
        status=1
    fi
done

for rpm in $rpms; do
    echo "rpmlint $directory/$rpm"
    # Who builds signs or does not, and this machine need not know the key; every other filter must match.
    cp "$rpmlintrc" "$work/rpmlintrc"
    if [ "$(rpm -qp --nosignature --qf '%{RSAHEADER:pgpsig}' "$directory/$rpm")" = "(none)" ]; then
        echo 'addFilter("no-signature")' >>"$work/rpmlintrc"
    else
        echo 'addFilter("unknown-key")' >>"$work/rpmlintrc"
    fi
    rpmlint --strict --config "$here/rpmlint.toml" --rpmlintrc "$work/rpmlintrc" "$directory/$rpm" || status=1
done

[ "$status" -eq 0 ] && echo "lint: no error, no warning"
exit "$status"
