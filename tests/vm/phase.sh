#!/bin/sh
# Runs one phase of a scenario on the tested host.
# usage: phase.sh SCENARIO needs|begin|break|prepare|act|verify|judge|restore [NAME]
# Prints "skip NEED" for a need of the scenario that this host does not meet, "row …" for each expected and actual fact, "other …"
# for a denial of another program, and more for people. /etc/hostprep-acceptance has the expected facts of this kind of host.
# `break` takes the NAME of a directory below broken/. `restore` fails if the host is not unchanged.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/vm/lib.sh
. "$here/lib.sh"
scenario=$here/scenarios/$1

fail() {
    echo "phase.sh: $*" >&2
    exit 1
}

# Whether this host has what the scenario needs.
has() {
    case $1 in
        selinux) selinux_is_on ;;
        rule-missing) [ "$rule" = missing ] ;;
        no-headers) [ ! -e "/lib/modules/$(uname -r)/build" ] && ! ls -d /usr/src/*"$(uname -r)"* >/dev/null 2>&1 ;;
        home-made) [ -d "$debs" ] ;;
        *) echo "phase.sh: $scenario/needs: $1 is not known" >&2 && exit 2 ;;
    esac
}

# What of a host a scenario may not leave behind.
host_now() {
    echo "module $(module)"
    echo "login.defs $(sha256sum </etc/login.defs) $(stat -c '%a %u:%g' /etc/login.defs)"
    echo "tools $(for tool in semodule checkmodule semodule_package semanage; do command -v $tool || :; done | paste -sd ' ')"
    echo "os-release $(cat /etc/os-release /usr/lib/os-release 2>/dev/null | cksum)"
    echo "mode $(getenforce 2>/dev/null || :)"
    id cisco-amp-scan-svc 2>&1 || :
    find /opt/cisco /etc/cisco /var/lib/cisco /var/log/cisco /run/cisco -maxdepth 0 2>/dev/null || :
}

case $2 in
    needs)
        [ -e "$scenario/needs" ] || exit 0
        # What is expected of such a host is not a reason to leave a scenario out when it is missing.
        rule=$(rule_of_base_policy)
        case $(box_fact rule) in
            "$rule") ;;
            '*') [ "${rule#cannot}" = "$rule" ] || fail "the base policy's rule $rule" ;;
            *) fail "the base policy's rule is expected to be \"$(box_fact rule)\" here, and is: $rule" ;;
        esac
        while read -r need; do
            has "$need" || { echo "skip $need" && exit; }
        done <"$scenario/needs"
        ;;
    begin)
        rm -rf "${state:?}"
        mkdir -p "$state"
        if selinux_is_on; then
            [ "$(getenforce)" = Enforcing ] || fail "SELinux does not enforce here; run: setenforce 1"
            audit_programs
            mark="hostprep-begin $(date +%s%N)"
            mark_audit_log "$mark" || {
                systemctl --no-pager --full status auditd || :
                ls -lZ /var/log/audit || :
                df -h /var/log/audit || :
                dmesg | tail -n 20 || :
                fail "the audit log cannot be written to; is auditd running?"
            }
            echo "$mark" >"$state/audit-mark"
            /bin/true
            [ "$(programs_run true)" -gt 0 ] || fail "the audit log does not show which programs are started"
        fi
        host_now >"$state/host"
        ;;
    break)
        sh -e "$here/broken/$3/break.sh"
        ;;
    prepare | act | verify)
        [ -e "$scenario/$2" ] || exit 0
        ! selinux_is_on || audit_programs
        status=0
        sh -eu -c '. "$1/lib.sh"; . "$2"' sh "$here" "$scenario/$2" || status=$?
        [ "$status" -eq 0 ] || fact "$2" "ended with status $status"
        ;;
    judge)
        fact faults "$(faults)"
        if selinux_is_on; then
            audited | awk -f "$here/denials.awk" "$here/known-denials" - >"$state/denials"
            grep '^other ' "$state/denials" || :
            fact "denials of our own" "$(sed -n 's/^ours //p' "$state/denials")"
        else
            fact "denials of our own" none
        fi
        wrong=
        for path in /opt/cisco /etc/cisco /var/lib/cisco /var/log/cisco /run/cisco /etc/passwd /etc/group /etc/shadow /etc/login.defs; do
            ! selinux_is_on || [ ! -e "$path" ] ||
                wrong=$wrong$(restorecon -n -v -R "$path" 2>&1 | grep -v '^Warning no default' | tr '\n' ';')
        done
        fact labels "${wrong:-as the policy has them}"
        printf 'denials of our own: none\nlabels: as the policy has them\n' |
            awk -f "$here/judge.awk" /etc/hostprep-acceptance "$scenario/expected" - "$state/facts"
        ;;
    restore)
        status=0
        [ ! -e "$scenario/restore" ] || sh -eu -c '. "$1/lib.sh"; . "$2"' sh "$here" "$scenario/restore" || status=$?
        purge_package || status=$?
        forget_probe
        host_now | diff "$state/host" - || status=1
        ! selinux_is_on || no_audit_of_programs
        rm -rf "$state"
        exit "$status"
        ;;
    *)
        echo "phase.sh: unknown phase $2" >&2
        exit 2
        ;;
esac
