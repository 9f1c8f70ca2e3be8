#!/bin/sh
# Plays the scenarios and prints a table on a host without the driver of tests/harness/vm, such as a Vagrant box.
# usage: acceptance.sh go-on|finish
# `go-on` plays until a reboot is needed or nothing is left; after the reboot it continues. `finish` also prints the table, and
# fails if a result is not as expected or a scenario was not played. Its progress is in /var/lib/hostprep-acceptance. Needs root.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/vm/lib.sh
. "$here/lib.sh"
progress=/var/lib/hostprep-acceptance
fresh=
[ -d "$progress" ] || fresh=yes
mkdir -p "$progress"
touch "$progress/done" "$progress/table"

phase() {
    sh "$here/phase.sh" "$@" </dev/null
}

# kernel_argument add|remove ARGUMENT
kernel_argument() {
    if command -v grubby >/dev/null; then
        case $1 in
            add) grubby --update-kernel=ALL --args="$2" ;;
            remove) grubby --update-kernel=ALL --remove-args="$2" ;;
        esac
        return
    fi
    config=/boot/grub/grub.cfg
    [ ! -e /etc/default/grub ] || config=/etc/default/grub
    case $1 in
        add)
            kernel_argument remove "$2"
            sed -i -e "s/^\( *linux .*\)/\1 $2/" -e "s/^\(GRUB_CMDLINE_LINUX=\"[^\"]*\)/\1 $2/" $config
            ;;
        remove) sed -i "s/ $2//" $config ;;
    esac
    [ $config = /boot/grub/grub.cfg ] || update-grub
}

no_auditd_runs() {
    ! pgrep -x auditd >/dev/null
}

# What was written without SELinux has no labels. They are set while nothing can refuse it: a boot that is to do it is itself
# without labels, and under enforcing it hangs on Debian.
relabel() {
    # It would write until the host is down, and a log that it begins after a rotation has no label then: the next one cannot open it.
    pkill -x auditd || :
    wait_until no_auditd_runs
    type=$(sed -n 's/^SELINUXTYPE=//p' /etc/selinux/config)
    # -m: no file system is marked as labelled now. libselinux before 2.6 does not know it.
    setfiles -m -F -e /proc -e /sys -e /dev -e /run "/etc/selinux/$type/contexts/files/file_contexts" / ||
        touch /.autorelabel
}

# row SCENARIO SECONDS EXPECTED SEEN
row() {
    printf '%-27s %4s  %-100s  %s\n' "$1" "$2" "$3" "$4" >>"$progress/table"
}

is_done() {
    echo "$1" >>"$progress/done"
    rm -f "$progress/booted" "$progress/acted" "$progress/began"
}

seconds() {
    echo $(($(date +%s) - $(cat "$progress/began")))
}

# From the verification to the end.
rest() {
    phase "$1" verify
    phase "$1" judge >"$progress/judged"
    cat "$progress/judged"
    took=$(seconds)
    grep '^row' "$progress/judged" | tr '\t' '\n' | while read -r _ && read -r judgement && read -r name &&
        read -r expected && read -r seen; do
        case $judgement in
            right) row "$1" "$took" "$name: $expected" "the same" ;;
            *) row "$1" "$took" "$name: $expected" "NOT SO: $seen" ;;
        esac
    done
    phase "$1" restore || row "$1" "$took" "the host unchanged" "NOT SO: see above, from restore"
    is_done "$1"
}

# Those of the line "scenarios: …" in /etc/hostprep-acceptance; without it, all.
is_asked_for() {
    asked=$(box_fact scenarios)
    case " $asked " in
        "  " | *" $1 "*) ;;
        *) return 1 ;;
    esac
}

begin() {
    echo "== $1"
    date +%s >"$progress/began"
    phase "$1" begin
    phase "$1" prepare
    phase "$1" act
}

go_on() {
    for scenario in "$here"/scenarios/*; do
        name=${scenario##*/}
        ! grep -qx "$name" "$progress/done" || continue
        # About another image than this host's.
        [ ! -e "$scenario/image" ] || continue
        is_asked_for "$name" || continue
        if [ -e "$progress/acted" ]; then
            rest "$name"
            continue
        fi
        if [ ! -e "$progress/booted" ]; then
            phase "$name" needs >"$progress/needs"
            if grep -q '^skip' "$progress/needs"; then
                row "$name" - "needs: $(sed -n 's/^skip //p' "$progress/needs")" "not here, so not played"
                is_done "$name"
                continue
            fi
            if [ -e "$scenario/boot" ]; then
                forget_probe
                kernel_argument add "$(cat "$scenario/boot")"
                touch "$progress/booted"
                return
            fi
        fi
        begin "$name"
        if [ -e "$scenario/reboot" ]; then
            touch "$progress/acted"
            return
        fi
        rest "$name"
        if [ -e "$scenario/boot" ]; then
            kernel_argument remove "$(cat "$scenario/boot")"
            relabel
            return
        fi
    done
    touch "$progress/all"
}

if [ -n "$fresh" ]; then
    # Of a run that was broken off.
    for boot in "$here"/scenarios/*/boot; do
        kernel_argument remove "$(cat "$boot")"
    done
fi
go_on
[ "$1" = finish ] || exit 0
[ -e "$progress/all" ] || row "" "" "all scenarios are played" "NOT SO: a reboot was wanted once more"
echo "scenario                       s  expected"
cat "$progress/table"
wrong=$(grep -c 'NOT SO' "$progress/table" || :)
echo "$(grep -c 'the same' "$progress/table") facts as expected, $wrong not"
[ "$wrong" -eq 0 ] && grep -q 'the same' "$progress/table"
