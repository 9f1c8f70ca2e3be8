#!/bin/sh
# Installs the package in a system, looks at it, breaks and repairs it, removes and purges it. Writes what each call said, with the
# same words for each architecture; fails at the first call that does not end as it should.
# usage: play.sh ROOT ARCHITECTURE FORMAT FILE    within emulate.sh, which has a mount namespace
set -eu

root=$1
architecture=$2
format=$3
said=$4
case $architecture in
    x86_64) debian=amd64 machine=62 loader=/lib64/ld-linux-x86-64.so.2 ;;
    aarch64) debian=arm64 machine=183 loader=/lib/ld-linux-aarch64.so.1 ;;
esac
release=6.1.0-40-$debian
user=cisco-amp-scan-svc
module=/var/lib/selinux/default/active/modules/300/cisco-secure-bpf

fail() {
    echo "aarch64: $architecture, $format: $*" >&2
    exit 1
}
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"

in_root() {
    env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive chroot "$root" "$@"
}
# The architecture's names, times, ids of runs and processes, and durations are not compared.
same_words() {
    # dpkg's own count differs by a file.
    sed -E -e '/^\(Reading database/d' -e "s/$architecture/ARCHITECTURE/g; s/\\b$debian\\b/DEBIAN/g" -e 's/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z/TIME/g' \
        -e 's/hostprep\[[0-9]+\]/hostprep/g; s/[0-9]+(\.[0-9]+)? ?m?s\b/DURATION/g' \
        -e 's/"(boot_id|id|machine|microseconds|milliseconds|duration_ms)": ?("[^"]*"|[0-9]+)/"\1": "-"/g'
}
: >"$said"
# call CODE COMMAND…: runs it in the system; it must end with that code.
call() {
    expected=$1
    shift
    started=$(date +%s)
    code=0
    in_root "$@" >"$said.now" 2>&1 || code=$?
    printf '  %3d s  %s: %s\n' $(($(date +%s) - started)) "$*" "$code"
    if [ "$code" -ne "$expected" ]; then
        cat "$said.now" >&2
        fail "$* ended with $code, not $expected"
    fi
    { echo "\$ $*" && same_words <"$said.now"; } >>"$said"
}
has() {
    grep -qF -e "$1" "$said.now" || { cat "$said.now" >&2 && fail "the last call did not say: $1"; }
}
has_user() {
    grep -q "^$user:" "$root/etc/passwd"
}
# What the packages may have left: everything but the package managers' own records.
tree() {
    (cd "$root" && find . -xdev \( -path ./proc -o -path ./dev -o -path ./sys -o -path ./tmp -o -path ./var/lib/dpkg \
        -o -path ./var/lib/rpm -o -path ./var/log -o -path ./var/cache -o -path ./root -o -path './etc/*-' \
        -o -name commit_num \) -prune -o \
        \( -type f -printf '%M %U %G %p ' -exec sh -c 'sha256sum <"$1"' sh {} \; -o -printf '%M %U %G %p %l\n' \)) | sort
}

cat >"$root/etc/selinux/config" <<END
SELINUX=enforcing
SELINUXTYPE=default
END
mkdir -p "$root/lib/modules/$release" "$root/boot"
: >"$root/lib/modules/$release/modules.dep"
: >"$root/boot/vmlinuz-$release"
# The distribution's own, which this system lacks.
mkdir -p "$root/usr/share/licenses" "$root/usr/share/man/man5" "$root/usr/share/man/man7" "$root/usr/share/man/man8"
# The package filesystem's. dpkg takes away a directory that no package has.
if [ "$format" = rpm ]; then
    mkdir -p "$root/usr/share/man/ja/man7" "$root/usr/share/man/ko/man7" "$root/usr/share/man/zh_TW/man7"
fi
# libsemanage leaves the directory of a priority once it was used.
mkdir -m 700 "$root${module%/*}"
printf 'CONFIG_%s=y\n' BPF BPF_SYSCALL BPF_JIT KPROBES BPF_EVENTS >"$root/boot/config-$release"

if [ "$format" = rpm ]; then
    # Debian's rpm keeps its database in root's home.
    mkdir -p "$root/etc/rpm"
    echo '%_dbpath /var/lib/rpm' >"$root/etc/rpm/macros.dbpath"
    call 0 rpm --install /tmp/provides.rpm
fi
tree >"$said.before"

# As in the build of an image: what can be done on a disk alone is done.
case $format in
    deb) call 0 dpkg --install /tmp/hostprep.deb ;;
    rpm) call 0 rpm --install /tmp/hostprep.rpm ;;
esac
call 0 uname -m
[ "$(cat "$said.now")" = "$architecture" ] || fail "the system is not of this architecture"
program=$root/opt/cisco/hostprep/bin/hostprep
[ "$(od -An -tu2 -j18 -N2 "$program" | tr -d ' ')" = "$machine" ] || fail "the program is for another architecture"
grep -qF "$loader" "$program" || fail "the program names another loader"
call 0 hostprep --version
has_user || fail "the package did not create $user"

# The kernel has no BTF and no headers.
call 3 hostprep check --assume offline
has "apt-get install -y linux-headers-$release"
call 3 hostprep check --assume offline --format json
jq -e --arg architecture "$architecture" '.host.architecture == $architecture' <"$said.now" >/dev/null ||
    fail "check names another architecture"
mkdir -p "$root/lib/modules/$release/build/include/generated"
: >"$root/lib/modules/$release/build/Makefile"
: >"$root/lib/modules/$release/build/include/generated/autoconf.h"
echo "#define UTS_RELEASE \"$release\"" >"$root/lib/modules/$release/build/include/generated/utsrelease.h"
# 4: the module is in the store, and in force after the next boot.
call 4 hostprep repair --assume offline
[ -d "$root$module" ] || fail "the policy module is not in the store"
call 4 hostprep check --assume offline
call 4 hostprep policy status --assume offline
call 0 hostprep status --format json

call 0 userdel "$user"
chmod 777 "$root/opt/cisco"
call 3 hostprep check --assume offline
call 3 hostprep repair --assume offline --dry-run
call 4 hostprep repair --assume offline
has_user || fail "repair did not create $user"
[ "$(stat -c %a "$root/opt/cisco")" = 755 ] || fail "repair did not correct /opt/cisco"
call 4 hostprep repair --assume offline --format json
jq -e '(.steps | length) > 5 and all(.steps[]; .outcome != "changed")' <"$said.now" >/dev/null || fail "the second repair changed something"
call 0 hostprep faults list

call 0 hostprep remove --assume offline
! has_user || fail "remove left $user"
[ ! -d "$root$module" ] || fail "remove left the policy module"
call 4 hostprep repair --assume offline

case $format in
    deb)
        call 0 dpkg --remove hostprep
        ! has_user || fail "the package's removal left $user"
        call 0 dpkg --purge hostprep
        ;;
    rpm)
        call 0 rpm --erase hostprep
        ! has_user || fail "the package's removal left $user"
        # RPM has no purge: packaging/README.md.
        rm -rf "$root/var/lib/cisco" "$root/var/log/cisco"
        ;;
esac
rm -rf "$root/lib/modules/$release/build"
tree >"$said.after"
diff "$said.before" "$said.after" || fail "the removed package left the lines above"
