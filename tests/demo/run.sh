#!/bin/sh
# The main job, on real input, in a scratch root under target/demo: check, repair, check, status; then what was still
# missing arrives, and the last fault goes. Ends non-zero if anything is not as expected.
# An ordinary user runs it as the root of a user namespace, so that no root is asked for.
set -eu

PATH=$PATH:/usr/sbin:/sbin
umask 022
top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top"
hostprep=${CARGO_TARGET_DIR:-$top/target}/debug/hostprep
root=target/demo/root
kernel=6.1.0-18-amd64

if [ "${1-}" != --built ]; then
    cargo build --locked --package hostprep
    tests/setup/policy-store.sh
    if [ "$(id -u)" -ne 0 ]; then
        unshare --user --map-root-user true || {
            echo "demo: this system gives an ordinary user no user namespace; run 'make demo' as root" >&2
            exit 1
        }
        exec unshare --user --map-root-user "$0" --built
    fi
fi

if [ -t 1 ] && [ -z "${NO_COLOR-}" ]; then
    heading='\n\033[1m%s\033[0m\n'
else
    heading='\n%s\n'
fi
say() {
    # shellcheck disable=SC2059 # the format is one of the two above
    printf "$heading" "$*"
}

# ---- The scratch root --------------------------------------------------------------------------------------------

rm -rf target/demo
mkdir -p "$root/etc" "$root/usr/sbin"
cp -R --preserve=mode,timestamps target/test-store/root/. "$root/"
selinux_type=$(sed -n 's/^SELINUXTYPE=//p' "$root/etc/selinux/config")

# This machine's own files; of the accounts' passwords nothing is copied.
cp -L /etc/os-release "$root/etc/os-release"
cp -L /usr/sbin/nologin "$root/usr/sbin/nologin"
awk -F: -v OFS=: '$1 != "cisco-amp-scan-svc" { $2 = "x"; print }' /etc/passwd >"$root/etc/passwd"
awk -F: -v OFS=: '$1 != "cisco-amp-scan-svc" { $2 = "x"; print }' /etc/group >"$root/etc/group"
awk -F: '{ print $1 ":*:19700:0:99999:7:::" }' "$root/etc/passwd" >"$root/etc/shadow"
awk -F: '{ print $1 ":*::" $4 }' "$root/etc/group" >"$root/etc/gshadow"
chmod 640 "$root/etc/shadow" "$root/etc/gshadow"

# The distribution's login.defs, as a hardening guide leaves it.
sed 's/^[[:space:]]*USERGROUPS_ENAB.*/USERGROUPS_ENAB no/' /etc/login.defs >"$root/etc/login.defs"
grep -q '^USERGROUPS_ENAB no$' "$root/etc/login.defs" || echo 'USERGROUPS_ENAB no' >>"$root/etc/login.defs"
setfattr -n user.note -v 'kept as it is' "$root/etc/login.defs" 2>/dev/null || true # not on every file system
touch -d '2024-02-29 12:34:56.123456789' "$root/etc/login.defs"

# Directories with the wrong mode, and one of another product, which hostprep must not change.
mkdir -p "$root/opt/cisco/amp" "$root/opt/cisco/anyconnect"
chmod 700 "$root/opt/cisco"
chmod 777 "$root/opt/cisco/amp"
chmod 750 "$root/opt/cisco/anyconnect"

# A kernel without BTF and without headers.
mkdir -p "$root/boot" "$root/lib/modules/$kernel"
: >"$root/lib/modules/$kernel/modules.dep"
: >"$root/boot/vmlinuz-$kernel"
printf 'CONFIG_%s=y\n' BPF BPF_SYSCALL BPF_JIT KPROBES BPF_EVENTS >"$root/boot/config-$kernel"
printf '# CONFIG_DEBUG_INFO_BTF is not set\n' >>"$root/boot/config-$kernel"

# ---- What is expected of it --------------------------------------------------------------------------------------

wrong=0
# expect WHAT EXPECTED SEEN
expect() {
    if [ "$2" = "$3" ]; then
        printf '   as expected: %s: %s\n' "$1" "$2"
    else
        printf '   NOT AS EXPECTED: %s: expected %s, seen %s\n' "$1" "$2" "$3"
        wrong=$((wrong + 1))
    fi
}
# run EXIT-STATUS COMMAND…: prints the command, its output, its exit status and the expected one.
run() {
    expected=$1
    shift
    printf '\n$ hostprep %s\n' "$*"
    status=0
    "$hostprep" "$@" || status=$?
    expect 'exit status' "$expected" "$status"
}
faults() {
    { "$hostprep" check --root "$root" --format json || true; } | tr -d ' \n' | sed -n 's/.*"faults":\[\([0-9,]*\)\].*/\1/p'
}
# compared BEFORE AFTER: in one word.
compared() {
    if [ "$1" = "$2" ]; then echo same; else echo different; fi
}
identity() {
    stat -c '%i %a %u:%g %s %.9Y' "$1"
    sha256sum <"$1"
    getfattr --absolute-names -d -m - "$1"
}
mode() {
    stat -c '%a %u:%g' "$root$1"
}
tree() {
    find "$root" -printf '%p %y %m %U:%G %s %T@ %i %l\n' | sort
}
login_defs=$(identity "$root/etc/login.defs")

# ---- The job -----------------------------------------------------------------------------------------------------

say 'A host as it may be found: what is wrong with it?'
before=$(tree)
run 3 check --root "$root"
expect 'faults' 5,11,19 "$(faults)"
expect 'tree before and after check' same "$(compared "$before" "$(tree)")"

say 'Repair what can be repaired here.'
run 3 repair --root "$root"
expect 'faults' 11 "$(faults)"

say 'Look again. What is left needs a package.'
run 3 check --root "$root"
run 3 status --root "$root"

say 'What repair did, seen by other tools:'
expect 'login.defs in bytes, inode, mode, owner, time and attributes' same \
    "$(compared "$login_defs" "$(identity "$root/etc/login.defs")")"
expect 'user with a primary group of its own' cisco-amp-scan-svc "$(
    gid=$(awk -F: '$1 == "cisco-amp-scan-svc" { print $4 }' "$root/etc/passwd")
    awk -F: -v gid="$gid" '$3 == gid { print $1 }' "$root/etc/group"
)"
expect 'mode of /opt/cisco' '755 0:0' "$(mode /opt/cisco)"
expect 'mode of /opt/cisco/amp' '755 0:0' "$(mode /opt/cisco/amp)"
expect 'mode of /opt/cisco/anyconnect, not ours' '750 0:0' "$(mode /opt/cisco/anyconnect)"
printf '\n$ semodule -p %s -s %s -lfull | grep cisco\n' "$root" "$selinux_type"
modules=$(semodule -p "$root" -s "$selinux_type" -lfull | grep cisco || true)
echo "$modules"
expect 'policy module' '300 cisco-secure-bpf' "$(echo "$modules" | awk '{ print $1, $2 ($4 ? " " $4 : "") }')"

say "The kernel's headers arrive (here only the files that hostprep looks at); repair again."
mkdir -p "$root/lib/modules/$kernel/build/include/generated"
: >"$root/lib/modules/$kernel/build/Makefile"
echo "#define UTS_RELEASE \"$kernel\"" >"$root/lib/modules/$kernel/build/include/generated/utsrelease.h"
run 0 repair --root "$root"
run 0 status --root "$root"
expect 'status' 'Faults: None' "$("$hostprep" status --root "$root" | head -n 1)"

say 'Once more: there is nothing to do, and nothing is written.'
before=$(tree)
run 0 repair --root "$root"
expect 'tree before and after it' same "$(compared "$before" "$(tree)")"

if [ "$wrong" -ne 0 ]; then
    say "demo: $wrong outcomes are not as expected; the root is in $root"
    exit 1
fi
say "demo: everything is as expected; the root is in $root"
