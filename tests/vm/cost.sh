#!/bin/sh
# Prints what hostprep's unit costs on this booted host, where there is nothing to do, beside the same sandbox around other
# programs, and what it took at this boot. Needs root, and hostprep's package.
# usage: cost.sh [RUNS]
set -eu

runs=${1:-5}
units=/run/systemd/system
trap 'rm -f "$units"/hostprep-cost-*.service; systemctl daemon-reload' EXIT

# unit NAME COMMAND: the daily unit, which has the boot unit's sandbox, around another command.
unit() {
    # systemd forgets what a unit has used once it forgets the unit.
    sed -e "s|^ExecStart=.*|ExecStart=$2\nRemainAfterExit=yes|" /usr/lib/systemd/system/hostprep-daily.service \
        >"$units/hostprep-cost-$1.service"
}

# plain NAME COMMAND: a unit without a sandbox.
plain() {
    printf '[Service]\nType=oneshot\nExecStart=%s\nSuccessExitStatus=3 4\nRemainAfterExit=yes\n' "$2" \
        >"$units/hostprep-cost-$1.service"
}

# milliseconds NANOSECONDS
milliseconds() {
    awk -v "n=$1" 'BEGIN { printf "%.1f", n / 1e6 }'
}

# cost NAME: the least CPU time of some runs, in nanoseconds.
cost() {
    for _ in $(seq "$runs"); do
        systemctl start "hostprep-cost-$1.service"
        systemctl show "hostprep-cost-$1.service" -p CPUUsageNSec --value
        systemctl stop "hostprep-cost-$1.service"
    done | sort -n | head -n 1
}

mkdir -p "$units"
unit repair "/usr/sbin/hostprep repair --source timer"
unit true /bin/true
unit version "/usr/sbin/hostprep --version"
plain plain-repair "/usr/sbin/hostprep repair --source timer"
plain plain-true /bin/true
systemctl daemon-reload
echo "unit: hostprep repair --source timer: $(milliseconds "$(cost repair)") ms of CPU"
echo "the same sandbox: hostprep --version: $(milliseconds "$(cost version)") ms of CPU"
echo "the same sandbox: /bin/true: $(milliseconds "$(cost true)") ms of CPU"
echo "without a sandbox: hostprep repair --source timer: $(milliseconds "$(cost plain-repair)") ms of CPU"
echo "without a sandbox: /bin/true: $(milliseconds "$(cost plain-true)") ms of CPU"
# critical-chain leaves out what is not active afterwards, as a oneshot service: this is what the agent waited for.
systemctl show hostprep.service -p ExecMainStartTimestampMonotonic -p ExecMainExitTimestampMonotonic --value | paste -sd ' ' |
    awk '{ printf "hostprep.service at this boot: from %.3f s to %.3f s after the kernel'"'"'s start\n", $1 / 1e6, $2 / 1e6 }'
systemd-analyze 2>/dev/null || :
systemd-analyze --no-pager critical-chain multi-user.target 2>/dev/null || :
