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
mkdir -p "$work"
# One at a time, also when several test programs want them.
exec 9>"$work/lock"
flock 9

# The manual pages bear a date too: the same as the packages.
if [ -z "${SOURCE_DATE_EPOCH:-}" ]; then
    newest=$(sed -n 's/^date = "\(.*\)"/\1/p' packaging/hostprep.toml | head -n 1)
    SOURCE_DATE_EPOCH=$(date -u -d "$newest 12:00" +%s)
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

package() {
    # shellcheck disable=SC2086 # lists of words
    cargo run --quiet --locked --package hostprep-packaging --bin package -- build $programs "$@"
}
package --manifest packaging/hostprep.toml --payload "$payload" "$@"
packaging/supply.sh beside "$payload/usr/share/doc/hostprep" "$programs" "$@"
rm -rf "$work/example"
package --manifest packaging/example/manifest.toml --payload packaging/example/payload --payload "$example" \
    --out "$work/example"

if [ -n "$missing" ]; then
    echo "packages:$missing was not built: the lines of portable/build.sh above say why; packaging/README.md says what it takes" >&2
    exit 1
elif [ "$architectures" = "$native" ]; then
    echo "packages: built for $native alone; \`make packages ALL_ARCHITECTURES=1\` builds them for x86_64 and aarch64" >&2
fi
