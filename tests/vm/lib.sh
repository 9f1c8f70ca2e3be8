# What the scripts of scenarios and phase.sh share. They are sourced with -eu, on every distribution.
# shellcheck shell=sh
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH LC_ALL=C DEBIAN_FRONTEND=noninteractive
seed=/srv/hostprep
# Packages of the same day in a home-made image; on other hosts they come from the network.
debs=/var/cache/hostprep-debs
state=/root/hostprep-scenario
domain=unconfined_service_t

# fact NAME VALUE: something that was seen; the scenario's file "expected" has the line that it should be.
fact() {
    echo "$1: $2" >>"$state/facts"
    echo "fact $1: $2"
}

# Two minutes at most.
wait_until() {
    for _ in $(seq 120); do
        ! "$@" || return 0
        sleep 1
    done
    echo "waited in vain: $*"
    return 1
}

package_manager() {
    cat "$state/package-manager" 2>/dev/null && return
    for manager in apt-get dnf yum zypper; do
        ! command -v $manager >/dev/null || break
    done
    echo "${manager%-get}"
}

# What vagrant/boxes.json says of this host: box_fact family|tools|headers|rule
box_fact() {
    sed -n "s/^$1: //p" /etc/hostprep-acceptance
}

# by_manager install|reinstall|remove WHAT…: packages by name, or files.
by_manager() {
    manager=$(package_manager)
    if [ "$manager" = dnf ] && [ -d "$debs" ]; then
        # Debian's own dnf does not know its release and has no repositories.
        set -- --disablerepo='*' --releasever=9 "$@"
    fi
    if [ "$manager" = zypper ]; then
        case $1 in
            install) shift && set -- install --allow-unsigned-rpm "$@" ;;
            reinstall) shift && set -- install --force --allow-unsigned-rpm "$@" ;;
        esac
    fi
    case $manager in
        apt) apt-get --yes -qq --reinstall --allow-downgrades -o Dpkg::Use-Pty=0 "$@" ;;
        dnf | yum) $manager --assumeyes --quiet "$@" ;;
        zypper) zypper --non-interactive --quiet --no-gpg-checks "$@" ;;
    esac
}

# package_file newer|older
package_file() {
    case $(package_manager) in
        apt) echo "$seed/packages/$1.deb" ;;
        *) echo "$seed/packages/$1.rpm" ;;
    esac
}

# install_package newer|older
install_package() {
    by_manager install "$(package_file "$1")"
}

# Ignores dependencies, as on a host from which the tools were removed.
install_package_alone() {
    case $(package_manager) in
        apt) dpkg --install "$(package_file "$1")" ;;
        *) rpm --upgrade --nodeps "$(package_file "$1")" ;;
    esac
}

reinstall_package() {
    case $(package_manager) in
        apt) install_package newer ;;
        *) by_manager reinstall "$(package_file newer)" ;;
    esac
}

remove_package() {
    by_manager remove hostprep
}

# As if it had never been there. RPM has no purge.
purge_package() {
    case $(package_manager) in
        apt) ! package_is_there hostprep || by_manager purge hostprep ;;
        *)
            ! package_is_there hostprep || remove_package
            rm -rf /var/lib/cisco /var/log/cisco
            ;;
    esac
}

# As a service in the connector's domain, what each call of bpf(2) came to.
probe() {
    [ -e /usr/local/sbin/hostprep-probe ] || {
        cp "$seed/probe" /usr/local/sbin/hostprep-probe
        ! command -v restorecon >/dev/null || restorecon /usr/local/sbin/hostprep-probe
        context=
        ! selinux_is_on || context=SELinuxContext=system_u:system_r:$domain:s0
        printf '[Unit]\nStartLimitIntervalSec=0\n[Service]\nType=oneshot\nExecStart=%s %s\n%s\n' \
            /usr/local/sbin/hostprep-probe /run/hostprep-probe.out "$context" >/etc/systemd/system/hostprep-probe.service
        systemctl daemon-reload
    }
    : >/run/hostprep-probe.out
    systemctl start hostprep-probe.service 2>/dev/null || :
    cat /run/hostprep-probe.out
}

# Since systemd reads no unit twice: a service of the same name in another boot has another context.
forget_probe() {
    rm -f /usr/local/sbin/hostprep-probe /etc/systemd/system/hostprep-probe.service /run/hostprep-probe.out
    systemctl daemon-reload
}

# policydb's decisions about the policy that the kernel has now, and the kernel's. All booleans count as they are.
compare_decisions() {
    "$seed/running-kernel" 200 $domain policydb_permissive_t policydb_parent_t policydb_child_t policydb_conditional_t \
        policydb_extended_t
}

# The booleans that the scenario chose, in the kernel alone.
flip_booleans() {
    while read -r boolean; do
        # Now and pending, without a line feed.
        value=$(cut -d ' ' -f 1 "/sys/fs/selinux/booleans/$boolean")
        echo $((1 - value)) >"/sys/fs/selinux/booleans/$boolean"
    done <"$state/booleans"
    echo 1 >/sys/fs/selinux/commit_pending_bools
}

selinux_is_on() {
    [ -e /sys/fs/selinux/enforce ]
}

# A line of our own in the audit log; it is there when this returns, and so is all that the kernel wrote before it.
mark_audit_log() {
    # The log may be rotated right afterwards.
    auditctl -m "$1" >/dev/null && wait_until grep -rqaF "$1" /var/log/audit >/dev/null
}

# Every program that is started is in the audit log, with its parent; the rule is gone after a reboot.
audit_programs() {
    # Fedora's rules turn process auditing off, which overrides ours.
    auditctl -d task,never >/dev/null 2>&1 || :
    auditctl -a always,exit -F arch=b64 -S execve >/dev/null 2>&1 || :
}

no_audit_of_programs() {
    auditctl -d always,exit -F arch=b64 -S execve >/dev/null 2>&1 || :
}

# The audit log from this scenario's beginning.
audited() {
    mark_audit_log "hostprep-mark $$ $(date +%s%N)" || echo type=INCOMPLETE
    # Those that were rotated away first.
    find /var/log/audit -name 'audit.log*' | sort -r | xargs cat |
        awk -v mark="$(cat "$state/audit-mark")" '
            found
            index($0, mark) { found = 1 }
            END { if (!found) print "type=INCOMPLETE" }'
}

# The permissions of class bpf that were denied to the domain, from the scenario's beginning.
denied_bpf() {
    audited | sed -n 's/.*denied  { \(.*\) } .*scontext=[^ ]*:'"$domain"':.*tclass=bpf .*/\1/p' | tr ' ' '\n' | sort -u |
        paste -sd ' '
}

policy_loads() {
    audited | grep -ac '^type=MAC_POLICY_LOAD' || :
}

programs_run() {
    audited | sed -n 's/^type=SYSCALL .* exe="\([^"]*\)".*/\1/p' | grep -c "/$1\$" || :
}

# Of the policy store, wherever the distribution has it: "300", "300 disabled" or "none".
module() {
    set -- /var/lib/selinux/*/active/modules /etc/selinux/*/active/modules
    found=$(find "$@" -path '*/[0-9]*/cisco-secure-bpf' 2>/dev/null | sed 's|.*/modules/\([0-9]*\)/.*|\1|' | paste -sd ,)
    ! find "$@" -path '*/disabled/cisco-secure-bpf' 2>/dev/null | grep -q . || found="$found disabled"
    echo "${found:-none}"
}

faults() {
    if [ -x /usr/sbin/hostprep ]; then
        hostprep status | sed -n -e 's/^Faults: None$/none/p' -e 's/^Fault IDs: //p'
    else
        echo "hostprep is not installed"
    fi
}

# What the next boot brings: "pending 11", or "the same" where it is the running kernel again or brings no fault.
next_boot() {
    pending=$(hostprep status | sed -n 's/^Pending ID \([0-9]*\) .*/\1/p' | paste -sd ' ')
    echo "${pending:+pending }${pending:-the same}"
}

# What the connector's domain may do before hostprep is there: "allowed", "missing", or "none" without SELinux.
rule_of_base_policy() {
    selinux_is_on || { echo none && return; }
    answer=$(probe)
    case $answer in
        *EACCES*) echo missing ;;
        "map_create ok, prog_load ok") echo allowed ;;
        "") echo "cannot be asked, the probe's service did not start" ;;
        *) echo "of no use to this kernel: $answer" ;;
    esac
}

family() {
    hostprep check --format json | tr -d ' \n' | sed 's/.*"family":"\([a-z]*\)".*/\1/'
}

tools_package() {
    hostprep check --format json | grep -o 'policycoreutils-python[a-z-]*' | sort -u | paste -sd ' '
}

# Each event as "raised 19 install"; one line.
history() {
    hostprep faults history --format json |
        sed -n 's/.*"event":"\([^"]*\)".*"fault":\([0-9]*\).*"source":"\([^"]*\)".*/\1 \2 \3/p' | paste -sd , | sed 's/,/, /g'
}

# in_journal MATCH N FIELD: that field of the last N entries of the journal that match.
in_journal() {
    # journalctl before systemd 228 has no --sync.
    journalctl --sync 2>/dev/null || sleep 1
    journalctl --quiet --lines "$2" --output export "$1" | sed -n "s/^$3=//p" | paste -sd ' '
}

# What each step came to: "scan-user=ok selinux-module=deferred …"
outcomes() {
    hostprep check --format json | tr -d ' \n' | sed 's/{"name":/\n/g' |
        sed -n 's/^"\([a-z-]*\)","outcome":"\([a-z]*\)".*/\1=\2/p' | paste -sd ' '
}

# Everything of a file that its owner can tell: content, mode, owner, time, inode, label.
identity() {
    sha256sum <"$1" | cut -d ' ' -f 1
    stat -c '%i %a %u:%g %y %s' "$1"
    ls -Zd "$1"
}

version() {
    case $(package_manager) in
        apt) dpkg-query --show --showformat='${Version}' hostprep ;;
        *) rpm --query --queryformat '%{VERSION}-%{RELEASE}' hostprep ;;
    esac
}

package_is_there() {
    case $(package_manager) in
        apt) dpkg --status "$1" >/dev/null 2>&1 ;;
        *) rpm --query --quiet "$1" ;;
    esac
}

# The policy tools, as far as they are there: those that come with the distribution's packages.
tools_away() {
    for tool in "$(box_fact tools)" checkpolicy semodule-utils policycoreutils; do
        package_is_there "$tool" || continue
        case $(package_manager) in
            apt) dpkg --remove --force-depends "$tool" ;;
            *) rpm --erase --nodeps "$tool" ;;
        esac
        echo "$tool" >>"$state/tools"
    done
}

tools_arrive() {
    # shellcheck disable=SC2046 # a list of words
    if [ -d "$debs" ]; then
        dpkg --install $(sed "s|.*|$debs/&_*|" "$state/tools")
    else
        by_manager install $(cat "$state/tools")
    fi
}

headers_of_kernel() {
    box_fact headers | sed "s/RELEASE/$(uname -r)/"
}

install_headers() {
    if [ -d "$debs" ]; then
        # With the part that flavours share, and without the compiler that Debian's package depends on.
        dpkg --install --force-depends "$debs"/linux-headers-* "$debs"/linux-kbuild-*
    else
        by_manager install "$(headers_of_kernel)"
    fi
}

remove_headers() {
    if [ -d "$debs" ]; then
        # shellcheck disable=SC2046,SC2016 # a list of words; dpkg's own variable
        dpkg --purge --force-depends $(dpkg-query --show --showformat='${Package}\n' 'linux-headers-*' 'linux-kbuild-*')
    else
        by_manager remove "$(headers_of_kernel)"
    fi
}

kernel_configs() {
    for config in "/boot/config-$(uname -r)" "/lib/modules/$(uname -r)/config"; do
        [ ! -e "$config" ] || echo "$config"
    done
}

# As on a kernel that was built without BTF.
hide_btf() {
    if [ -e /sys/kernel/btf ]; then
        mkdir -p /run/no-btf
        mount --bind /run/no-btf /sys/kernel/btf
    fi
    for config in $(kernel_configs); do
        sed -i.hostprep-scenario 's/^CONFIG_DEBUG_INFO_BTF=.*/# CONFIG_DEBUG_INFO_BTF is not set/' "$config"
    done
}

show_btf() {
    ! mountpoint --quiet /sys/kernel/btf || umount /sys/kernel/btf
    for config in $(kernel_configs); do
        [ ! -e "$config.hostprep-scenario" ] || mv "$config.hostprep-scenario" "$config"
    done
}

# What the first remedy that installs something installs; RELEASE stands for the running kernel's.
headers_package() {
    hostprep check --format json | tr -d '\n' | sed 's/.*"name": *"kernel".*"remedy": *\[\([^]]*\)\].*/\1/; s/", *"/\n/g' |
        grep -m 1 ' install ' | sed "s/.* install //; s/^-y //; s/ = \$(.*//; s/[\\\\\"']//g; s/$(uname -r)/RELEASE/; s/ *$//"
}

# login.defs as a hardening guide has it; what it was then is what it must be afterwards.
restrict_login_defs() {
    cp --preserve=all /etc/login.defs "$state/login.defs.before"
    sed -i 's/^USERGROUPS_ENAB.*/USERGROUPS_ENAB no/' /etc/login.defs
    chmod 600 /etc/login.defs
    touch -d '2020-02-02 02:02:02.020202020' /etc/login.defs
    ! command -v restorecon >/dev/null || restorecon /etc/login.defs
    identity /etc/login.defs >"$state/login.defs"
}

login_defs_back() {
    cp --preserve=all "$state/login.defs.before" /etc/login.defs
}

login_defs_fact() {
    difference=$(identity /etc/login.defs | diff "$state/login.defs" - | grep '^[<>]' | paste -sd ';')
    fact login.defs "${difference:-identical}"
    fact "temporary files" "$(find /etc -maxdepth 1 -name '.login.defs*' | grep . || echo nothing)"
}

usergroups() {
    sed -n 's/^USERGROUPS_ENAB[[:space:]]*//p' /etc/login.defs
}

# Holds the lock that useradd takes first (lckpwdf(3)), until it is killed.
hold_account_lock() {
    for python in python3 /usr/libexec/platform-python python; do
        ! command -v $python >/dev/null || break
    done
    exec $python -c 'import fcntl, time
lock = open("/etc/.pwd.lock", "a")
fcntl.lockf(lock, fcntl.LOCK_EX)
time.sleep(120)'
}
