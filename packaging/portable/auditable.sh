#!/bin/sh
# Builds cargo-auditable into target/portable/tools, once, and prints the directory to put before PATH. It writes the list of
# crates into the program (section .dep-v0). The checksum pins the crate, and with it the Cargo.lock that it is built by.
set -eu

version=0.7.7
sum=ccdd489bc94d1338cd04389a842e00661300331ec915fb376b4810ef7d480b5d

top=$(cd "$(dirname "$0")/../.." && pwd -P)
tools=$top/target/portable/tools
stamp=$tools/cargo-auditable.sha256
if [ "$(cat "$stamp" 2>/dev/null)" = "$sum" ]; then
    echo "$tools/bin"
    exit 0
fi

fail() {
    echo "auditable: $*" >&2
    exit 1
}

echo "auditable: building cargo-auditable $version into target/portable/tools" >&2
mkdir -p "$tools"
# Downloads it and runs nothing of it. Outside of this tree, where the name would mean a dependency of the workspace.
(cd / && cargo info --quiet "cargo-auditable@$version" >"$tools/info" 2>&1) ||
    fail "cargo-auditable $version cannot be fetched: $(cat "$tools/info")"
crate=$(find "${CARGO_HOME:-$HOME/.cargo}/registry/cache" -name "cargo-auditable-$version.crate" | head -n 1)
[ -n "$crate" ] || fail "cargo info did not fetch cargo-auditable $version"
echo "$sum  $crate" | sha256sum --check --status || fail "$crate is not the crate whose checksum is in $0"
# Unoptimised: it is built more slowly than it is run.
env -u RUSTFLAGS -u CARGO_ENCODED_RUSTFLAGS cargo install --quiet --locked --debug --force --root "$tools" \
    --target-dir "$tools/build" "cargo-auditable@$version" >&2
rm -rf "$tools/build"
echo "$sum" >"$stamp"
echo "$tools/bin"
