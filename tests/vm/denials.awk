# Reads audit records and judges denials: "ours" are those of hostprep, of a script of its package, and of programs that these
# started. Prints "ours none" or lists them; and "other …", one of each kind. The first file is known-denials.
FNR == NR {
    if (!/^#|^$/) known[$0] = 1
    next
}
function is_known(text,    pattern) {
    for (pattern in known) if (text ~ pattern) return 1
    return 0
}
function field(name,    text) {
    if (!match($0, "[ (]" name "=[^ ]*")) return ""
    text = substr($0, RSTART + length(name) + 2, RLENGTH - length(name) - 2)
    gsub(/"/, "", text)
    return text
}
function event() {
    match($0, /audit\([^)]*\)/)
    return substr($0, RSTART, RLENGTH)
}
function is_ours(pid,    steps) {
    for (steps = 0; pid != "" && steps < 40; steps++) {
        if (pid in ours) return 1
        pid = parent[pid]
    }
    return 0
}
# Processes of another boot have other numbers.
/^type=(SYSTEM_BOOT|DAEMON_START)/ { settle() }
/^type=SYSCALL/ {
    pid = field("pid")
    parent[pid] = field("ppid")
    if (field("exe") ~ /\/hostprep(\.real)?$/ || field("comm") ~ /^hostprep\.(pre|post)/) ours[pid] = 1
}
# A scriptlet of an RPM: scenarios install no other RPM with scriptlets.
/^type=EXECVE/ && /\/var\/tmp\/rpm-tmp/ { script[event()] = 1 }
/^type=INCOMPLETE/ { found = "unknown, as the audit log did not come to its end; " }
/avc:  denied/ || /^type=SELINUX_ERR/ {
    n++
    of_pid[n] = field("pid")
    of_event[n] = event()
    comm[n] = field("comm")
    text[n] = $0
    sub(/^type=[A-Z_]* msg=audit\([^)]*\): */, "", text[n])
}
/^type=SYSCALL/ { pid_of[event()] = field("pid") }
/^type=PATH/ { path[event()] = path[event()] " " field("name") }
function settle(    e, i, pid, mine, note, kind) {
    for (e in script) if (e in pid_of) ours[pid_of[e]] = 1
    for (i = 1; i <= n; i++) {
        pid = of_pid[i] != "" ? of_pid[i] : pid_of[of_event[i]]
        mine = is_ours(pid) || comm[i] ~ /^hostprep$|^semodule|^checkmodule|^useradd|^groupadd|^usermod|^userdel|^groupdel/
        note = is_known(text[i]) ? "known: " : ""
        if (mine && note == "") {
            found = found text[i] path[of_event[i]] "; "
            continue
        }
        if (comm[i] == "hostprep-probe") continue
        kind = text[i]
        gsub(/(pid|ino)=[0-9]*|pipe:[^ "]*|for +/, "", kind)
        gsub(/  +/, " ", kind)
        if (!(kind in seen)) print "other " note kind
        seen[kind] = 1
    }
    n = 0
    delete parent
    delete ours
    delete script
    delete pid_of
    delete path
}
END {
    settle()
    print "ours " (found == "" ? "none" : found)
}
