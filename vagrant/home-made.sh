#!/bin/sh
# Makes boxes of our own and plays the acceptance scenarios in each: what `make vagrant` does. Needs root.
# usage: home-made.sh NAME…    of boxes.json, with a "suite"; packages and scenarios are in target/vagrant/seed.tar
# What was seen stays in target/vagrant/NAME.log.
set -eu

PATH=$PATH:/usr/sbin:/sbin
here=$(cd "$(dirname "$0")" && pwd)
out=$here/../target/vagrant
mkdir -p "$out"
out=$(cd "$out" && pwd)

for name; do
    suite=$(sed -n "s/^ *\"$name\": .*\"suite\": *\"\([a-z]*\)\".*/\1/p" "$here/boxes.json")
    [ -n "$suite" ] || {
        echo "home-made.sh: boxes.json has no home-made box $name" >&2
        exit 1
    }
    "$here/make-box.sh" "$suite"
done

# In Vagrant's own directories nothing is changed; boxes that were added before may be of another recipe.
export VAGRANT_HOME="$out/home" VAGRANT_DOTFILE_PATH="$out/machines" VAGRANT_DEFAULT_PROVIDER=libvirt VAGRANT_CHECKPOINT_DISABLE=1
export VAGRANT_CWD="$here" HOSTPREP_DRIVER="${HOSTPREP_DRIVER:-qemu}"
rm -rf "$VAGRANT_HOME" "$VAGRANT_DOTFILE_PATH" "$out/libvirt"

# shellcheck disable=SC2016 # expanded beside the libvirt
exec "$here/libvirt.sh" "$out/libvirt" sh -eu -c '
    out=$1
    shift
    failed=
    for name; do
        box=${name#home-}
        vagrant box add --name "hostprep/$box" "$out/$box.box"
        start=$(date +%s)
        { vagrant up "$name" --provider libvirt --no-color --no-tty || echo "= failed"; } 2>&1 |
            sed -u -e "s/.*\r//" -e "/Progress:/d" | tee "$out/$name.log"
        ! grep -q "^= failed" "$out/$name.log" || failed="$failed $name"
        echo "vagrant: $name: $(($(date +%s) - start)) s"
        vagrant destroy --force "$name"
    done
    [ -z "$failed" ] || { echo "vagrant: not as expected:$failed" >&2 && exit 1; }
' sh "$out" "$@"
