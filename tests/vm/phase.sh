#!/bin/sh
# In the guest: one phase of a scenario. usage: phase.sh SCENARIO begin|prepare|act|verify|judge
# Facts are printed as "fact NAME: VALUE", foreign denials as "other …", all else is for people.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=/dev/null
. "$here/lib.sh"
scenario=$here/scenarios/$1

case $2 in
    begin)
        rm -rf "${state:?}"
        mkdir -p "$state"
        auditctl -a always,exit -F arch=b64 -S execve >/dev/null 2>&1 || :
        stat -c %s /var/log/audit/audit.log >"$state/audit-offset" 2>/dev/null || echo 0 >"$state/audit-offset"
        ;;
    judge)
        fact faults "$(faults)"
        audited | awk -f "$here/denials.awk" "$here/known-denials" -
        wrong=
        for path in /opt/cisco /var/lib/cisco /var/log/cisco /etc/passwd /etc/group /etc/shadow /etc/login.defs; do
            [ ! -e "$path" ] || ! command -v restorecon >/dev/null ||
                wrong=$wrong$(restorecon -n -v -R "$path" 2>&1 | grep -v '^Warning no default' | tr '\n' ';')
        done
        fact labels "${wrong:-as the policy has them}"
        ;;
    *)
        # shellcheck source=/dev/null
        [ ! -e "$scenario/$2" ] || . "$scenario/$2"
        ;;
esac
