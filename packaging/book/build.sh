#!/bin/sh
# Builds the book of docs/ into target/book, with its search index, and checks its links. Installs mdBook into target/tools, once.
# usage: build.sh
set -eu

# With what is in SUMMARY.md and book.toml tried.
version=0.5.4

cd "$(dirname "$0")/../.."
tools=target/tools
mdbook=$tools/bin/mdbook
if [ "$("$mdbook" --version 2>/dev/null)" != "mdbook v$version" ]; then
    echo "book: installing mdBook $version into $tools, once; about a minute" >&2
    # Unoptimised, it builds the book in two seconds. Without its server and what watches files.
    env -u RUSTFLAGS -u CARGO_ENCODED_RUSTFLAGS CARGO_INCREMENTAL=0 CARGO_PROFILE_DEV_DEBUG=0 cargo install --locked --debug --force --root "$tools" \
        --target-dir "$tools/build" --no-default-features --features search "mdbook@$version"
    rm -rf "$tools/build"
fi
log=target/book.log
"$mdbook" build docs 2>"$log" || {
    cat "$log" >&2
    exit 1
}
# mdBook goes on after a tag in a page that it takes for HTML.
if grep -E '^ *WARN' "$log" >&2; then
    echo "book: correct these pages" >&2
    exit 1
fi
packaging/book/check.py target/book
