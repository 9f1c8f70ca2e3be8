#!/bin/sh
# What `make bench` compares hostprep with: the hooks of a package as they are usually written, which create a user and a
# directory and load a policy module, and a check and a list of faults as an administrator's script has them. It does the same
# work for the same agent in ROOT, a root that is not running. On a running host the same commands come without --prefix, -p
# and -n.
# usage: ROOT=DIR peer.sh post COUNT | preun COUNT | check | raise ID DETAIL | clear ID | list
set -eu

PATH=$PATH:/usr/sbin:/sbin
: "${ROOT:?}"
user=cisco-amp-scan-svc
module=cisco-secure-bpf
domain=unconfined_service_t
directories='/opt/cisco'
faults=$ROOT/var/lib/peer/faults
type=$(sed -n 's/^SELINUXTYPE=//p' "$ROOT/etc/selinux/config")

post() {
    grep -q "^$user:" "$ROOT/etc/group" || groupadd --prefix "$ROOT" --system "$user"
    grep -q "^$user:" "$ROOT/etc/passwd" ||
        useradd --prefix "$ROOT" --system --gid "$user" --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin "$user"
    for directory in $directories; do
        mkdir -p "$ROOT$directory"
        chown root:root "$ROOT$directory"
        chmod 0755 "$ROOT$directory"
    done
    work=$(mktemp -d)
    cat >"$work/$module.te" <<END
module $module 1.0;
require {
    type $domain;
    class bpf { map_create map_read map_write prog_load prog_run };
}
allow $domain self:bpf { map_create map_read map_write prog_load prog_run };
END
    checkmodule -M -m -o "$work/$module.mod" "$work/$module.te"
    semodule_package -o "$work/$module.pp" -m "$work/$module.mod"
    semodule -n -p "$ROOT" -s "$type" -i "$work/$module.pp"
    rm -r "$work"
}

preun() {
    [ "$1" -eq 0 ] || return 0
    semodule -n -p "$ROOT" -s "$type" -r "$module"
    userdel --prefix "$ROOT" "$user"
    ! grep -q "^$user:" "$ROOT/etc/group" || groupdel --prefix "$ROOT" "$user"
    for directory in $directories; do
        rmdir "$ROOT$directory"
    done
}

check() {
    grep -q "^$user:" "$ROOT/etc/passwd"
    grep -q "^$user:" "$ROOT/etc/group"
    for directory in $directories; do
        [ "$(stat -c '%U:%G %a' "$ROOT$directory")" = 'root:root 755' ]
    done
    semodule -n -p "$ROOT" -s "$type" -l | grep -qx "$module"
}

# A line for each event; on disk when this returns.
event() {
    mkdir -p "${faults%/*}"
    printf '%s %s %s %s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$@" >>"$faults"
    sync "$faults"
}

# The last event of each fault, if it is raised.
list() {
    awk '{ last[$3] = $0; state[$3] = $2 } END { for (id in last) if (state[id] == "raised") print last[id] }' "$faults"
}

case $1 in
    post) post ;;
    preun) preun "$2" ;;
    check) check ;;
    raise) event raised "$2" "$3" ;;
    clear) event cleared "$2" - ;;
    list) list ;;
    *)
        echo "peer.sh: what is $1?" >&2
        exit 2
        ;;
esac
