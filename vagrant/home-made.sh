#!/bin/sh
# Makes boxes of our own and plays the acceptance scenarios in each: what `make vagrant` does. Needs root.
# usage: home-made.sh NAME…    of boxes.json, home-…; packages and scenarios are in target/vagrant/seed.tar
# What was seen stays in target/vagrant/log. The machines are gone when it ends: their libvirt is.
set -eu

PATH=$PATH:/usr/sbin:/sbin
here=$(cd "$(dirname "$0")" && pwd)
out=$here/../target/vagrant
mkdir -p "$out"
out=$(cd "$out" && pwd)

for name; do
    "$here/make-box.sh" "${name#home-}"
done

# In Vagrant's own directories nothing is changed; boxes that were added before may be of another recipe.
export VAGRANT_HOME="$out/home" VAGRANT_DOTFILE_PATH="$out/machines" VAGRANT_DEFAULT_PROVIDER=libvirt VAGRANT_CHECKPOINT_DISABLE=1
export VAGRANT_CWD="$here" HOSTPREP_DRIVER="${HOSTPREP_DRIVER:-qemu}"
rm -rf "$VAGRANT_HOME" "$VAGRANT_DOTFILE_PATH" "$out/libvirt"

# shellcheck disable=SC2016 # expanded by the inner shell
exec "$here/libvirt.sh" "$out/libvirt" sh -eu -c '
    out=$1
    shift
    for name; do
        vagrant box add --name "hostprep/${name#home-}" "$out/${name#home-}.box" >"$out/log" 2>&1 ||
            { cat "$out/log" >&2 && exit 1; }
    done
    # As many side by side as there are processors, as the provider does it; each line says of which machine it is.
    up() {
        vagrant up "$@" --provider libvirt --no-color --no-tty || echo "vagrant up: status $?"
        vagrant destroy --force "$@" >/dev/null || echo "vagrant destroy: status $?"
    }
    status=0
    side_by_side=$(nproc)
    {
        now=
        for name; do
            now="$now $name"
            [ "$(echo $now | wc -w)" -lt "$side_by_side" ] || { up $now; now=; }
        done
        [ -z "$now" ] || up $now
    } 2>&1 |
        sed -u -e "s/.*\r//" -e "/Progress:/d" | tee "$out/log"
    ! grep -q "^vagrant up: status" "$out/log" || status=1
    for name; do
        grep -q "$name: .* facts as expected, 0 not$" "$out/log" || { echo "vagrant: $name: not as expected" && status=1; }
    done
    exit $status
' sh "$out" "$@"
