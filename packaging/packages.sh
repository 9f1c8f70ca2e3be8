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
programs='--hostprep target/portable/hostprep'
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

# What is linked into the program, and its licence texts: in the packages, and beside them with a statement (supply.sh).
packaging/supply.sh bill "$payload/usr/share/doc/hostprep" "$programs"

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
packaging/supply.sh beside "$payload/usr/share/doc/hostprep" "$programs" "$@"
rm -rf "$work/example"
package --manifest packaging/example/manifest.toml --payload packaging/example/payload --out "$work/example"
