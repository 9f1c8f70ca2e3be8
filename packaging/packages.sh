#!/bin/sh
# Builds dist/*.rpm and dist/*.deb, and the example agent's packages in target/packages/example. Installs what it needs.
# usage: packages.sh [ARGUMENT OF `package build`…]    for instance --sign-with 'gpg --batch --local-user KEY --detach-sign'
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
documents=$work/documents
rm -rf "$documents"
cargo run --quiet --locked --package hostprep --example documents -- "$documents"

payload=$work/payload
rm -rf "$payload"
mkdir -p "$payload/usr/share/man/man8" "$payload/usr/share/bash-completion/completions" \
    "$payload/usr/share/zsh/site-functions" "$payload/usr/share/fish/vendor_completions.d" "$payload/usr/lib/systemd/catalog"
cp "$documents"/man/*.8 "$payload/usr/share/man/man8/"
cp "$documents/completions/hostprep.bash" "$payload/usr/share/bash-completion/completions/hostprep"
cp "$documents/completions/_hostprep" "$payload/usr/share/zsh/site-functions/"
cp "$documents/completions/hostprep.fish" "$payload/usr/share/fish/vendor_completions.d/"
# The systemd of rpm 4.13 and later, and that of Debian, has a trigger on this directory that updates the journal's database.
cp "$documents/catalog/hostprep.catalog" "$payload/usr/lib/systemd/catalog/"

package() {
    cargo run --quiet --locked --package hostprep-packaging --bin package -- build \
        --hostprep target/portable/hostprep "$@"
}
package --manifest packaging/hostprep.toml --payload "$payload" "$@"
rm -rf "$work/example"
package --manifest packaging/example/manifest.toml --payload packaging/example/payload --out "$work/example"
