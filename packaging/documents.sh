#!/bin/sh
# Puts the manual pages, completions, journal catalog and JSON Schemas into a payload, under the names of a profile.
# usage: documents.sh PAYLOAD [PROFILE]    for instance documents.sh payload packaging/example/profile.toml
set -eu
case $# in
    1 | 2) ;;
    *)
        sed -n 's/^# //p' "$0" >&2
        exit 2
        ;;
esac
top=$(cd "$(dirname "$0")/.." && pwd)
payload=$1
documents=$(mktemp -d)
trap 'rm -rf "$documents"' EXIT
cargo run --quiet --locked --manifest-path "$top/Cargo.toml" --package hostprep --example documents -- "$documents" ${2:+"$2"}

completion=$(echo "$documents"/completions/*.bash)
command=$(basename "$completion" .bash)
mkdir -p "$payload/usr/share/bash-completion/completions" \
    "$payload/usr/share/zsh/site-functions" "$payload/usr/share/fish/vendor_completions.d" "$payload/usr/lib/systemd/catalog"
# man/PAGE.SECTION, and man/LANGUAGE/PAGE.SECTION.
for page in "$documents"/man/*.[1-9] "$documents"/man/*/*.[1-9]; do
    language=$(dirname "${page#"$documents/man/"}")
    section=$payload/usr/share/man/$language/man${page##*.}
    mkdir -p "$section"
    cp "$page" "$section/"
done
cp "$completion" "$payload/usr/share/bash-completion/completions/$command"
cp "$documents/completions/_$command" "$payload/usr/share/zsh/site-functions/"
cp "$documents/completions/$command.fish" "$payload/usr/share/fish/vendor_completions.d/"
# The systemd of rpm 4.13 and later, and that of Debian, has a trigger on this directory that updates the journal's database.
cp "$documents/catalog/$command.catalog" "$payload/usr/lib/systemd/catalog/"
# hostprep's own manifest lists them.
if [ $# -eq 2 ]; then
    mkdir -p "$payload/usr/share/$command/schema"
    cp "$documents"/schema/*.schema.json "$payload/usr/share/$command/schema/"
fi
