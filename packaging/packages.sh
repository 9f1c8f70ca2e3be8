#!/bin/sh
# Builds dist/*.rpm and dist/*.deb, and the example agent's packages in target/packages/example. Installs what it needs.
# usage: packages.sh [ARGUMENT OF `package build`…]    for instance --sign-key secret.asc
set -eu

top=$(cd "$(dirname "$0")/.." && pwd)
cd "$top"
work=target/packages
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

packaging/portable/build.sh
payload=$work/payload
example=$work/example-payload
rm -rf "$payload" "$example"
packaging/documents.sh "$payload"
packaging/documents.sh "$example" packaging/example/profile.toml

features=
case " $* " in
    *" --sign-key"*) features='--features sign' ;;
esac
package() {
    # shellcheck disable=SC2086 # none or two words
    cargo run --quiet --locked --package hostprep-packaging --bin package $features -- build \
        --hostprep target/portable/hostprep "$@"
}
package --manifest packaging/hostprep.toml --payload "$payload" "$@"
rm -rf "$work/example"
package --manifest packaging/example/manifest.toml --payload packaging/example/payload --payload "$example" \
    --out "$work/example"
