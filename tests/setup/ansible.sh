#!/bin/sh
# Makes target/ansible: the tools that check and run the Ansible collection, and the collection where Ansible looks for it.
# Prints its path. The tools are fetched once, about a minute; the collection is copied each time.
set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)
place=$top/target/ansible
requirements=$top/tests/setup/ansible-requirements.txt
# Brings the collection community.general, of which the tests need the connection `chroot`. Goes with ansible-core 2.16.
collections=ansible==9.13.0
stamp="$collections $(cksum <"$requirements") $(cksum <"$0")"

mkdir -p "$place"
exec 9>"$place/lock"
flock 9

if [ "$(cat "$place/stamp" 2>/dev/null)" != "$stamp" ]; then
    echo "ansible: fetching the tools (about a minute)" >&2
    rm -rf "$place/stamp" "$place/venv" "$place/collections" "$place/download"
    # ansible-core 2.16 is made for these.
    for python in python3.11 python3.12 python3.10 python3; do
        ! "$python" -m ensurepip --version >/dev/null 2>&1 || break
    done
    "$python" -m venv "$place/venv"
    pip="$place/venv/bin/pip --quiet --disable-pip-version-check"
    $pip install --requirement "$requirements" >&2
    mkdir "$place/download"
    $pip download --no-deps --dest "$place/download" "$collections" >&2
    "$place/venv/bin/python" - "$place" <<'END'
import pathlib, sys, zipfile
place = pathlib.Path(sys.argv[1])
[wheel] = (place / 'download').glob('*.whl')
with zipfile.ZipFile(wheel) as wheel:
    wanted = [name for name in wheel.namelist() if name.startswith('ansible_collections/community/general/')]
    wheel.extractall(place / 'collections', wanted)
END
    rm -rf "$place/download"
    echo "$stamp" >"$place/stamp"
fi

collection=$place/collections/ansible_collections/hostprep/hostprep
rm -rf "$collection"
mkdir -p "$collection"
cp -R "$top/packaging/ansible/." "$collection/"
cp "$top/LICENSE-MIT" "$top/LICENSE-APACHE" "$collection/"
echo "$place"
