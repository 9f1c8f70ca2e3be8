#!/bin/sh
# Runs COMMAND where programs for ARCHITECTURE run too, by QEMU's user emulation: in a user namespace whose binfmt_misc(5) is its
# own, so that this machine's stays as it is. Needs root and Linux 6.7, or that this machine runs such programs already.
# usage: emulate.sh ARCHITECTURE COMMAND [ARGUMENT…]
set -eu

fail() {
    echo "emulate: $*" >&2
    exit 1
}
binfmt=/proc/sys/fs/binfmt_misc
apart='unshare --mount --pid --fork --mount-proc --kill-child'

# Within the namespace.
if [ "${1-}" = --inside ]; then
    architecture=$2
    emulator=$3
    shift 3
    mount -t binfmt_misc none $binfmt ||
        fail "no binfmt_misc can be mounted in a user namespace: Linux 6.7 can; or install qemu-user-static, which registers itself"
    case $architecture in
        aarch64) machine='\xb7' ;;
        x86_64) machine='\x3e' ;;
        *) fail "x86_64 and aarch64 are emulated, not $architecture" ;;
    esac
    # The magic and mask of QEMU's own qemu-binfmt-conf.sh: 64 bits, little-endian, any ABI, ET_EXEC or ET_DYN.
    magic='\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00'$machine'\x00'
    mask='\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff'
    # F: the emulator is opened now, and need not be in a chroot.
    printf '%s' ":qemu-$architecture:M::$magic:$mask:$emulator:F" >$binfmt/register
    exec "$@"
fi

[ $# -ge 2 ] || fail "usage: $0 ARCHITECTURE COMMAND [ARGUMENT…]"
architecture=$1
shift
[ "$(id -u)" -eq 0 ] || fail "run as root: it makes namespaces with all users in them"
if [ "$architecture" = "$(uname -m)" ] || [ -e "$binfmt/qemu-$architecture" ]; then
    # shellcheck disable=SC2086 # words
    exec $apart "$@"
fi
emulator=$(command -v "qemu-$architecture-static") ||
    fail "no qemu-$architecture-static is here; install it: apt-get install qemu-user-static"

# A namespace with all users needs its maps written from outside, before a program is started in it.
unshare --user sleep infinity &
holder=$!
trap 'kill "$holder" 2>/dev/null || :' EXIT
for _ in $(seq 100); do
    [ "$(readlink "/proc/$holder/ns/user")" = "$(readlink /proc/self/ns/user)" ] || break
    sleep 0.1
done
for map in uid_map gid_map; do
    echo '0 0 65536' >"/proc/$holder/$map" || fail "this machine's kernel maps no ids into a user namespace"
done
status=0
# shellcheck disable=SC2086 # words
nsenter --target "$holder" --user -- $apart "$0" --inside "$architecture" "$emulator" "$@" || status=$?
exit "$status"
