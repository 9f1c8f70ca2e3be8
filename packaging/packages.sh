#!/bin/sh
# Builds dist/*.rpm and dist/*.deb, and the example agent's packages in target/packages/example. Installs what it needs.
# usage: packages.sh [--architecture ARCHITECTURE | --all-architectures] [ARGUMENT OF `package build`…]
# Without the former, they are for this machine's architecture; the latter are for instance --sign-with 'gpg --batch --local-user KEY --detach-sign'.
set -eu

top=$(cd "$(dirname "$0")/.." && pwd)
cd "$top"
work=target/packages
native=$(uname -m)
architectures=$native
case ${1-} in
    --architecture)
        architectures=${2:?"packages: --architecture needs x86_64 or aarch64"}
        shift 2
        ;;
    --all-architectures)
        # This machine's comes first: what the others lack here must not keep it from being built.
        architectures=$(echo "$native"; printf '%s\n' x86_64 aarch64 | grep -vx "$native")
        shift
        ;;
esac
# What is built lies in a directory within, until all of it is made and signed.
out=dist
is_out=
for argument; do
    shift
    if [ -n "$is_out" ]; then
        out=$argument
        is_out=
        continue
    fi
    case $argument in
        --out) is_out=yes ;;
        --out=*) out=${argument#*=} ;;
        *) set -- "$@" "$argument" ;;
    esac
done
mkdir -p "$work"
# One at a time, also when several test programs want them.
exec 9>"$work/lock"
flock 9

# The manual pages bear a date too: the same as the packages.
if [ -z "${SOURCE_DATE_EPOCH:-}" ]; then
    newest=$(sed -n 's/^## \[[0-9].*\] - \([0-9-]*\).*/\1/p' CHANGELOG.md | head -n 1)
    if [ -z "$newest" ]; then
        echo "packages: CHANGELOG.md names no release: add ## [VERSION] - YEAR-MONTH-DAY" >&2
        exit 1
    fi
    SOURCE_DATE_EPOCH=$(date -u -d "$newest 00:00" +%s)
fi
export SOURCE_DATE_EPOCH

missing=
programs=
for architecture in $architectures; do
    program=target/portable/$architecture/hostprep
    [ "$architecture" != "$native" ] || program=target/portable/hostprep
    if packaging/portable/build.sh "$architecture"; then
        programs="$programs --hostprep $program"
    else
        missing="$missing $architecture"
        [ "$architectures" != "$architecture" ] && [ "$architecture" != "$native" ] || exit 1
    fi
done
payload=$work/payload
example=$work/example-payload
rm -rf "$payload" "$example"
packaging/documents.sh "$payload"
packaging/documents.sh "$example" packaging/example/profile.toml

# What is linked into the program, and its licence texts: in the packages, and beside them with a statement (supply.sh).
packaging/supply.sh bill "$payload/usr/share/doc/hostprep" "$programs"
install -D -m 0644 "$payload/usr/share/doc/hostprep/third-party-notices.txt" \
    "$example/usr/share/doc/acme-agent/third-party-notices.txt"

package() {
    # shellcheck disable=SC2086 # lists of words
    cargo run --quiet --locked --package hostprep-packaging --bin package -- build $programs "$@"
}
mkdir -p "$out"
# Of a run that was killed.
rm -rf "$out"/.packages.??????
new=$(mktemp -d "$out/.packages.XXXXXX")
trap 'rm -rf "$new"' EXIT
trap 'exit 1' INT TERM HUP
package --manifest packaging/hostprep.toml --payload "$payload" --out "$new" "$@" >"$work/said"
packaging/supply.sh beside "$payload/usr/share/doc/hostprep" "$programs" --out "$new" "$@" >>"$work/said"
# Meanwhile there is no list and no statement: whenever this is interrupted, they fit the packages beside them.
rm -f "$out/SHA256SUMS" "$out/SHA256SUMS.sig" "$out/provenance.json" "$out/provenance.json.sig"
for file in "$new"/*.rpm "$new"/*.deb "$new/sbom.cdx.json" "$new/third-party-notices.txt" \
    "$new/provenance.json.sig" "$new/provenance.json" "$new/SHA256SUMS.sig" "$new/SHA256SUMS"; do
    [ ! -e "$file" ] || mv "$file" "$out/"
done
sed "s|$new/|$out/|" "$work/said"
rm -rf "$work/example"
package --manifest packaging/example/manifest.toml --payload packaging/example/payload --payload "$example" \
    --out "$work/example"

if [ -n "$missing" ]; then
    echo "packages:$missing was not built: the lines of portable/build.sh above say why; packaging/README.md says what it takes." \
        "Those for $native are in $out; \`make packages ARCHITECTURE=$native\` builds them alone" >&2
    exit 1
fi
