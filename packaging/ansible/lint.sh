#!/bin/sh
# Judges the Ansible collection: ansible-lint (production), ansible-test sanity, antsibull, and Python 3.6 for what runs on hosts.
# usage: lint.sh [ANSIBLE-TEST-SANITY-ARGUMENT…]    for instance --test validate-modules
# The first run takes some minutes: ansible-test makes environments of its own in target/ansible/home.
set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)
place=$("$top/tests/setup/ansible.sh")
# A copy of its own, so that a test that runs the collection meanwhile does not disturb it.
collection=$place/lint/ansible_collections/hostprep/hostprep
rm -rf "$place/lint"
mkdir -p "$collection"
cp -R "$place/collections/ansible_collections/hostprep/hostprep/." "$collection/"

# ansible-test compiles and imports with each interpreter that it finds. Those of pyenv are found here, not by its shims, which
# exist for interpreters that they do not run.
interpreters=$(printf '%s:' "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.*/bin)
PATH=$place/venv/bin:$(echo "$PATH" | tr : '\n' | grep -v '/shims$' | paste -sd :):$interpreters
export HOME="$place/home"
mkdir -p "$HOME"
export PATH ANSIBLE_COLLECTIONS_PATH="$place/lint:$place/collections" LC_ALL=C.UTF-8 NO_COLOR=1
cd "$collection"

run() {
    printf -- '---- %s\n' "$*"
    "$@"
}

run vermin --quiet --no-tips --violations --target=3.6- plugins
run ansible-lint --offline --strict
run antsibull-changelog lint
run antsibull-docs lint-collection-docs --plugin-docs --validate-collection-refs=self --disallow-unknown-collection-refs .

# ansible-test fetches pip from a place of its own; the interpreters bring one. 20.3.4 and 21.3.1 are for old interpreters.
cache=$HOME/.ansible/test/cache
mkdir -p "$cache"
for version in 23_1_2 21_3_1 20_3_4; do
    echo 'import ensurepip; ensurepip.bootstrap()' >"$cache/get_pip_$version.py"
done
# It lists files as git does, for which target/ is not there.
git init --quiet .
git add --all
# pip names each file that it fetches.
run ansible-test sanity --color no "$@" >"$place/sanity.log" 2>&1 || {
    cat "$place/sanity.log" >&2
    exit 1
}
grep -c '^Running sanity test' "$place/sanity.log" | sed 's/$/ sanity tests passed/'
grep '^WARNING' "$place/sanity.log" || true
