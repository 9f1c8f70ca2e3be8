# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_hostprep_global_optspecs
    string join \n root= profile= assume= lang= h/help V/version
end

function __fish_hostprep_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_hostprep_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_hostprep_using_subcommand
    set -l cmd (__fish_hostprep_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c hostprep -n "__fish_hostprep_needs_command" -l root -d 'Work on the system installed in DIR instead of the running one' -r -F
complete -c hostprep -n "__fish_hostprep_needs_command" -l profile -d 'Use the agent profile in FILE instead of the built-in one' -r -F
complete -c hostprep -n "__fish_hostprep_needs_command" -l assume -d 'Judge the running system as this kind instead of detecting it' -r -f -a "host\t'a booted system, with its own kernel and policy'
offline\t'a chroot, an installer or an image build: another kernel boots it later'
container\t'kernel and policy belong to another system'"
complete -c hostprep -n "__fish_hostprep_needs_command" -l lang -d 'Language of fault texts (en, ja, ko, zh-TW), as a tag or a locale [default: from the configuration, else from the environment, else English]' -r
complete -c hostprep -n "__fish_hostprep_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hostprep -n "__fish_hostprep_needs_command" -s V -l version -d 'Print version'
complete -c hostprep -n "__fish_hostprep_needs_command" -f -a "check" -d 'Check the host and report problems; changes nothing'
complete -c hostprep -n "__fish_hostprep_needs_command" -f -a "repair" -d 'Fix problems on the host, and raise or clear faults'
complete -c hostprep -n "__fish_hostprep_needs_command" -f -a "status" -d 'Print the raised faults in the connector\'s format'
complete -c hostprep -n "__fish_hostprep_needs_command" -f -a "explain" -d 'Explain a fault, whether it is raised, and its remedy on this host'
complete -c hostprep -n "__fish_hostprep_needs_command" -f -a "load-lock" -d 'Stop loading a kernel component that keeps crashing the host'
complete -c hostprep -n "__fish_hostprep_needs_command" -f -a "faults" -d 'List, explain, raise and clear faults'
complete -c hostprep -n "__fish_hostprep_needs_command" -f -a "policy" -d 'Generate, compile, install, remove and examine the SELinux policy module'
complete -c hostprep -n "__fish_hostprep_needs_command" -f -a "hook" -d 'Entry point for package managers; exits 0 in every state of the host'
complete -c hostprep -n "__fish_hostprep_needs_command" -f -a "remove" -d 'Remove what hostprep created on this host'
complete -c hostprep -n "__fish_hostprep_needs_command" -f -a "generalize" -d 'Remove the state of this machine before its disk becomes a template for others'
complete -c hostprep -n "__fish_hostprep_needs_command" -f -a "report" -d 'Write one report about the results of many hosts'
complete -c hostprep -n "__fish_hostprep_needs_command" -f -a "support-bundle" -d 'Collect what support asks for in one archive'
complete -c hostprep -n "__fish_hostprep_needs_command" -f -a "schema" -d 'List the JSON Schemas of the outputs, or print one'
complete -c hostprep -n "__fish_hostprep_using_subcommand check" -l format -d 'The form of the report' -r -f -a "text\t'For people'
json\t'One JSON object for programs'
script\t'A shell script with what is still to be done'
ansible\t'Ansible tasks with what is still to be done'
nagios\t'One line for Nagios and Icinga; exits with 0, 1, 2 or 3 as their plugins do'
ocsf\t'An OCSF Compliance Finding for each step, one JSON object a line'"
complete -c hostprep -n "__fish_hostprep_using_subcommand check" -l kernel -d 'Check this installed kernel instead of the running one (with --root: the newest)' -r
complete -c hostprep -n "__fish_hostprep_using_subcommand check" -l only -d 'Only this step (repeatable)' -r -f -a "scan-user\t'the unprivileged user that scans files, and its group'
directories\t'owner, group and mode of the managed directories'
selinux-tools\t'semodule and the other policy tools are installed'
selinux-module\t'SELinux allows the agent\'s domain to use eBPF'
kernel\t'the kernel has BTF, or headers of exactly its release'
kernel-support\t'the table of kernels lists the kernel for this distribution'
filesystem-monitor\t'nothing keeps out the kernel module that watches files'
network-monitor\t'nothing keeps out the kernel module that watches the network'
ebpf\t'the kernel loads eBPF programs: lockdown, its options, bpf(2)'
scan-service\t'memory and virus definitions that the scan service needs'"
complete -c hostprep -n "__fish_hostprep_using_subcommand check" -l root -d 'Work on the system installed in DIR instead of the running one' -r -F
complete -c hostprep -n "__fish_hostprep_using_subcommand check" -l profile -d 'Use the agent profile in FILE instead of the built-in one' -r -F
complete -c hostprep -n "__fish_hostprep_using_subcommand check" -l assume -d 'Judge the running system as this kind instead of detecting it' -r -f -a "host\t'a booted system, with its own kernel and policy'
offline\t'a chroot, an installer or an image build: another kernel boots it later'
container\t'kernel and policy belong to another system'"
complete -c hostprep -n "__fish_hostprep_using_subcommand check" -l lang -d 'Language of fault texts (en, ja, ko, zh-TW), as a tag or a locale [default: from the configuration, else from the environment, else English]' -r
complete -c hostprep -n "__fish_hostprep_using_subcommand check" -l image -d 'Check whether an image will be right at its first boot: with --root, or inside an offline system'
complete -c hostprep -n "__fish_hostprep_using_subcommand check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hostprep -n "__fish_hostprep_using_subcommand repair" -l format -d 'Text for people or one JSON object for programs' -r -f -a "text\t''
json\t''"
complete -c hostprep -n "__fish_hostprep_using_subcommand repair" -l kernel -d 'Check this installed kernel instead of the running one (with --root: the newest)' -r
complete -c hostprep -n "__fish_hostprep_using_subcommand repair" -l only -d 'Only this step (repeatable)' -r -f -a "scan-user\t'the unprivileged user that scans files, and its group'
directories\t'owner, group and mode of the managed directories'
selinux-tools\t'semodule and the other policy tools are installed'
selinux-module\t'SELinux allows the agent\'s domain to use eBPF'
kernel\t'the kernel has BTF, or headers of exactly its release'
kernel-support\t'the table of kernels lists the kernel for this distribution'
filesystem-monitor\t'nothing keeps out the kernel module that watches files'
network-monitor\t'nothing keeps out the kernel module that watches the network'
ebpf\t'the kernel loads eBPF programs: lockdown, its options, bpf(2)'
scan-service\t'memory and virus definitions that the scan service needs'"
complete -c hostprep -n "__fish_hostprep_using_subcommand repair" -l source -d 'Record SOURCE as the source of fault events; for the units that run repair' -r -f -a "repair\t'An administrator'
boot\t'The unit that runs at boot'
timer\t'The daily timer'"
complete -c hostprep -n "__fish_hostprep_using_subcommand repair" -l root -d 'Work on the system installed in DIR instead of the running one' -r -F
complete -c hostprep -n "__fish_hostprep_using_subcommand repair" -l profile -d 'Use the agent profile in FILE instead of the built-in one' -r -F
complete -c hostprep -n "__fish_hostprep_using_subcommand repair" -l assume -d 'Judge the running system as this kind instead of detecting it' -r -f -a "host\t'a booted system, with its own kernel and policy'
offline\t'a chroot, an installer or an image build: another kernel boots it later'
container\t'kernel and policy belong to another system'"
complete -c hostprep -n "__fish_hostprep_using_subcommand repair" -l lang -d 'Language of fault texts (en, ja, ko, zh-TW), as a tag or a locale [default: from the configuration, else from the environment, else English]' -r
complete -c hostprep -n "__fish_hostprep_using_subcommand repair" -l dry-run -d 'Show the exact commands and file changes without making them'
complete -c hostprep -n "__fish_hostprep_using_subcommand repair" -l force -d 'Repeat a policy transaction that failed, although nothing it depends on has changed'
complete -c hostprep -n "__fish_hostprep_using_subcommand repair" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hostprep -n "__fish_hostprep_using_subcommand status" -l format -d 'The connector\'s format, one JSON object, or metrics for node_exporter\'s textfile collector' -r -f -a "text\t''
json\t''
prometheus\t''"
complete -c hostprep -n "__fish_hostprep_using_subcommand status" -l output -d 'Write to FILE atomically instead of standard output; always exit 0' -r -F
complete -c hostprep -n "__fish_hostprep_using_subcommand status" -l root -d 'Work on the system installed in DIR instead of the running one' -r -F
complete -c hostprep -n "__fish_hostprep_using_subcommand status" -l profile -d 'Use the agent profile in FILE instead of the built-in one' -r -F
complete -c hostprep -n "__fish_hostprep_using_subcommand status" -l assume -d 'Judge the running system as this kind instead of detecting it' -r -f -a "host\t'a booted system, with its own kernel and policy'
offline\t'a chroot, an installer or an image build: another kernel boots it later'
container\t'kernel and policy belong to another system'"
complete -c hostprep -n "__fish_hostprep_using_subcommand status" -l lang -d 'Language of fault texts (en, ja, ko, zh-TW), as a tag or a locale [default: from the configuration, else from the environment, else English]' -r
complete -c hostprep -n "__fish_hostprep_using_subcommand status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hostprep -n "__fish_hostprep_using_subcommand explain" -l format -d 'Text for people or one JSON object for programs' -r -f -a "text\t''
json\t''"
complete -c hostprep -n "__fish_hostprep_using_subcommand explain" -l root -d 'Work on the system installed in DIR instead of the running one' -r -F
complete -c hostprep -n "__fish_hostprep_using_subcommand explain" -l profile -d 'Use the agent profile in FILE instead of the built-in one' -r -F
complete -c hostprep -n "__fish_hostprep_using_subcommand explain" -l assume -d 'Judge the running system as this kind instead of detecting it' -r -f -a "host\t'a booted system, with its own kernel and policy'
offline\t'a chroot, an installer or an image build: another kernel boots it later'
container\t'kernel and policy belong to another system'"
complete -c hostprep -n "__fish_hostprep_using_subcommand explain" -l lang -d 'Language of fault texts (en, ja, ko, zh-TW), as a tag or a locale [default: from the configuration, else from the environment, else English]' -r
complete -c hostprep -n "__fish_hostprep_using_subcommand explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hostprep -n "__fish_hostprep_using_subcommand load-lock; and not __fish_seen_subcommand_from begin end status reset" -l root -d 'Work on the system installed in DIR instead of the running one' -r -F
complete -c hostprep -n "__fish_hostprep_using_subcommand load-lock; and not __fish_seen_subcommand_from begin end status reset" -l profile -d 'Use the agent profile in FILE instead of the built-in one' -r -F
complete -c hostprep -n "__fish_hostprep_using_subcommand load-lock; and not __fish_seen_subcommand_from begin end status reset" -l assume -d 'Judge the running system as this kind instead of detecting it' -r -f -a "host\t'a booted system, with its own kernel and policy'
offline\t'a chroot, an installer or an image build: another kernel boots it later'
container\t'kernel and policy belong to another system'"
complete -c hostprep -n "__fish_hostprep_using_subcommand load-lock; and not __fish_seen_subcommand_from begin end status reset" -l lang -d 'Language of fault texts (en, ja, ko, zh-TW), as a tag or a locale [default: from the configuration, else from the environment, else English]' -r
complete -c hostprep -n "__fish_hostprep_using_subcommand load-lock; and not __fish_seen_subcommand_from begin end status reset" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hostprep -n "__fish_hostprep_using_subcommand load-lock; and not __fish_seen_subcommand_from begin end status reset" -f -a "begin" -d 'Record that the component is about to be loaded; exit 5 if it must not be'
complete -c hostprep -n "__fish_hostprep_using_subcommand load-lock; and not __fish_seen_subcommand_from begin end status reset" -f -a "end" -d 'Record that the component was unloaded, or that the host shuts down cleanly'
complete -c hostprep -n "__fish_hostprep_using_subcommand load-lock; and not __fish_seen_subcommand_from begin end status reset" -f -a "status" -d 'Show whether the component is locked, and why'
complete -c hostprep -n "__fish_hostprep_using_subcommand load-lock; and not __fish_seen_subcommand_from begin end status reset" -f -a "reset" -d 'Forget the unclean loads, so that the component may be loaded again'
complete -c hostprep -n "__fish_hostprep_using_subcommand load-lock; and __fish_seen_subcommand_from begin" -l root -d 'Work on the system installed in DIR instead of the running one' -r -F
complete -c hostprep -n "__fish_hostprep_using_subcommand load-lock; and __fish_seen_subcommand_from begin" -l profile -d 'Use the agent profile in FILE instead of the built-in one' -r -F
complete -c hostprep -n "__fish_hostprep_using_subcommand load-lock; and __fish_seen_subcommand_from begin" -l assume -d 'Judge the running system as this kind instead of detecting it' -r -f -a "host\t'a booted system, with its own kernel and policy'
offline\t'a chroot, an installer or an image build: another kernel boots it later'
container\t'kernel and policy belong to another system'"
complete -c hostprep -n "__fish_hostprep_using_subcommand load-lock; and __fish_seen_subcommand_from begin" -l lang -d 'Language of fault texts (en, ja, ko, zh-TW), as a tag or a locale [default: from the configuration, else from the environment, else English]' -r
complete -c hostprep -n "__fish_hostprep_using_subcommand load-lock; and __fish_seen_subcommand_from begin" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hostprep -n "__fish_hostprep_using_subcommand load-lock; and __fish_seen_subcommand_from end" -l root -d 'Work on the system installed in DIR instead of the running one' -r -F
complete -c hostprep -n "__fish_hostprep_using_subcommand load-lock; and __fish_seen_subcommand_from end" -l profile -d 'Use the agent profile in FILE instead of the built-in one' -r -F
complete -c hostprep -n "__fish_hostprep_using_subcommand load-lock; and __fish_seen_subcommand_from end" -l assume -d 'Judge the running system as this kind instead of detecting it' -r -f -a "host\t'a booted system, with its own kernel and policy'
offline\t'a chroot, an installer or an image build: another kernel boots it later'
container\t'kernel and policy belong to another system'"
complete -c hostprep -n "__fish_hostprep_using_subcommand load-lock; and __fish_seen_subcommand_from end" -l lang -d 'Language of fault texts (en, ja, ko, zh-TW), as a tag or a locale [default: from the configuration, else from the environment, else English]' -r
complete -c hostprep -n "__fish_hostprep_using_subcommand load-lock; and __fish_seen_subcommand_from end" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hostprep -n "__fish_hostprep_using_subcommand load-lock; and __fish_seen_subcommand_from status" -l format -d 'Text for people or one JSON object for programs' -r -f -a "text\t''
json\t''"
complete -c hostprep -n "__fish_hostprep_using_subcommand load-lock; and __fish_seen_subcommand_from status" -l root -d 'Work on the system installed in DIR instead of the running one' -r -F
complete -c hostprep -n "__fish_hostprep_using_subcommand load-lock; and __fish_seen_subcommand_from status" -l profile -d 'Use the agent profile in FILE instead of the built-in one' -r -F
complete -c hostprep -n "__fish_hostprep_using_subcommand load-lock; and __fish_seen_subcommand_from status" -l assume -d 'Judge the running system as this kind instead of detecting it' -r -f -a "host\t'a booted system, with its own kernel and policy'
offline\t'a chroot, an installer or an image build: another kernel boots it later'
container\t'kernel and policy belong to another system'"
complete -c hostprep -n "__fish_hostprep_using_subcommand load-lock; and __fish_seen_subcommand_from status" -l lang -d 'Language of fault texts (en, ja, ko, zh-TW), as a tag or a locale [default: from the configuration, else from the environment, else English]' -r
complete -c hostprep -n "__fish_hostprep_using_subcommand load-lock; and __fish_seen_subcommand_from status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hostprep -n "__fish_hostprep_using_subcommand load-lock; and __fish_seen_subcommand_from reset" -l root -d 'Work on the system installed in DIR instead of the running one' -r -F
complete -c hostprep -n "__fish_hostprep_using_subcommand load-lock; and __fish_seen_subcommand_from reset" -l profile -d 'Use the agent profile in FILE instead of the built-in one' -r -F
complete -c hostprep -n "__fish_hostprep_using_subcommand load-lock; and __fish_seen_subcommand_from reset" -l assume -d 'Judge the running system as this kind instead of detecting it' -r -f -a "host\t'a booted system, with its own kernel and policy'
offline\t'a chroot, an installer or an image build: another kernel boots it later'
container\t'kernel and policy belong to another system'"
complete -c hostprep -n "__fish_hostprep_using_subcommand load-lock; and __fish_seen_subcommand_from reset" -l lang -d 'Language of fault texts (en, ja, ko, zh-TW), as a tag or a locale [default: from the configuration, else from the environment, else English]' -r
complete -c hostprep -n "__fish_hostprep_using_subcommand load-lock; and __fish_seen_subcommand_from reset" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hostprep -n "__fish_hostprep_using_subcommand faults; and not __fish_seen_subcommand_from list show history watch raise clear" -l root -d 'Work on the system installed in DIR instead of the running one' -r -F
complete -c hostprep -n "__fish_hostprep_using_subcommand faults; and not __fish_seen_subcommand_from list show history watch raise clear" -l profile -d 'Use the agent profile in FILE instead of the built-in one' -r -F
complete -c hostprep -n "__fish_hostprep_using_subcommand faults; and not __fish_seen_subcommand_from list show history watch raise clear" -l assume -d 'Judge the running system as this kind instead of detecting it' -r -f -a "host\t'a booted system, with its own kernel and policy'
offline\t'a chroot, an installer or an image build: another kernel boots it later'
container\t'kernel and policy belong to another system'"
complete -c hostprep -n "__fish_hostprep_using_subcommand faults; and not __fish_seen_subcommand_from list show history watch raise clear" -l lang -d 'Language of fault texts (en, ja, ko, zh-TW), as a tag or a locale [default: from the configuration, else from the environment, else English]' -r
complete -c hostprep -n "__fish_hostprep_using_subcommand faults; and not __fish_seen_subcommand_from list show history watch raise clear" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hostprep -n "__fish_hostprep_using_subcommand faults; and not __fish_seen_subcommand_from list show history watch raise clear" -f -a "list" -d 'List the raised faults, one per line'
complete -c hostprep -n "__fish_hostprep_using_subcommand faults; and not __fish_seen_subcommand_from list show history watch raise clear" -f -a "show" -d 'Explain a fault, whether it is raised, and its remedy'
complete -c hostprep -n "__fish_hostprep_using_subcommand faults; and not __fish_seen_subcommand_from list show history watch raise clear" -f -a "history" -d 'List every change of a fault, oldest first'
complete -c hostprep -n "__fish_hostprep_using_subcommand faults; and not __fish_seen_subcommand_from list show history watch raise clear" -f -a "watch" -d 'Print every change from now on as a line of JSON, until interrupted'
complete -c hostprep -n "__fish_hostprep_using_subcommand faults; and not __fish_seen_subcommand_from list show history watch raise clear" -f -a "raise" -d 'Raise a fault by hand'
complete -c hostprep -n "__fish_hostprep_using_subcommand faults; and not __fish_seen_subcommand_from list show history watch raise clear" -f -a "clear" -d 'Clear a fault by hand; the next repair raises it again if the problem remains'
complete -c hostprep -n "__fish_hostprep_using_subcommand faults; and __fish_seen_subcommand_from list" -l format -d 'Text for people or one JSON array for programs' -r -f -a "text\t''
json\t''"
complete -c hostprep -n "__fish_hostprep_using_subcommand faults; and __fish_seen_subcommand_from list" -l root -d 'Work on the system installed in DIR instead of the running one' -r -F
complete -c hostprep -n "__fish_hostprep_using_subcommand faults; and __fish_seen_subcommand_from list" -l profile -d 'Use the agent profile in FILE instead of the built-in one' -r -F
complete -c hostprep -n "__fish_hostprep_using_subcommand faults; and __fish_seen_subcommand_from list" -l assume -d 'Judge the running system as this kind instead of detecting it' -r -f -a "host\t'a booted system, with its own kernel and policy'
offline\t'a chroot, an installer or an image build: another kernel boots it later'
container\t'kernel and policy belong to another system'"
complete -c hostprep -n "__fish_hostprep_using_subcommand faults; and __fish_seen_subcommand_from list" -l lang -d 'Language of fault texts (en, ja, ko, zh-TW), as a tag or a locale [default: from the configuration, else from the environment, else English]' -r
complete -c hostprep -n "__fish_hostprep_using_subcommand faults; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hostprep -n "__fish_hostprep_using_subcommand faults; and __fish_seen_subcommand_from show" -l format -d 'Text for people or one JSON object for programs' -r -f -a "text\t''
json\t''"
complete -c hostprep -n "__fish_hostprep_using_subcommand faults; and __fish_seen_subcommand_from show" -l root -d 'Work on the system installed in DIR instead of the running one' -r -F
complete -c hostprep -n "__fish_hostprep_using_subcommand faults; and __fish_seen_subcommand_from show" -l profile -d 'Use the agent profile in FILE instead of the built-in one' -r -F
complete -c hostprep -n "__fish_hostprep_using_subcommand faults; and __fish_seen_subcommand_from show" -l assume -d 'Judge the running system as this kind instead of detecting it' -r -f -a "host\t'a booted system, with its own kernel and policy'
offline\t'a chroot, an installer or an image build: another kernel boots it later'
container\t'kernel and policy belong to another system'"
complete -c hostprep -n "__fish_hostprep_using_subcommand faults; and __fish_seen_subcommand_from show" -l lang -d 'Language of fault texts (en, ja, ko, zh-TW), as a tag or a locale [default: from the configuration, else from the environment, else English]' -r
complete -c hostprep -n "__fish_hostprep_using_subcommand faults; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hostprep -n "__fish_hostprep_using_subcommand faults; and __fish_seen_subcommand_from history" -l format -d 'Text for people or one JSON object a line for programs' -r -f -a "text\t''
json\t''"
complete -c hostprep -n "__fish_hostprep_using_subcommand faults; and __fish_seen_subcommand_from history" -l last -d 'Only the last N changes' -r
complete -c hostprep -n "__fish_hostprep_using_subcommand faults; and __fish_seen_subcommand_from history" -l root -d 'Work on the system installed in DIR instead of the running one' -r -F
complete -c hostprep -n "__fish_hostprep_using_subcommand faults; and __fish_seen_subcommand_from history" -l profile -d 'Use the agent profile in FILE instead of the built-in one' -r -F
complete -c hostprep -n "__fish_hostprep_using_subcommand faults; and __fish_seen_subcommand_from history" -l assume -d 'Judge the running system as this kind instead of detecting it' -r -f -a "host\t'a booted system, with its own kernel and policy'
offline\t'a chroot, an installer or an image build: another kernel boots it later'
container\t'kernel and policy belong to another system'"
complete -c hostprep -n "__fish_hostprep_using_subcommand faults; and __fish_seen_subcommand_from history" -l lang -d 'Language of fault texts (en, ja, ko, zh-TW), as a tag or a locale [default: from the configuration, else from the environment, else English]' -r
complete -c hostprep -n "__fish_hostprep_using_subcommand faults; and __fish_seen_subcommand_from history" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hostprep -n "__fish_hostprep_using_subcommand faults; and __fish_seen_subcommand_from watch" -l from -d 'Start with change SEQ instead of the next one' -r
complete -c hostprep -n "__fish_hostprep_using_subcommand faults; and __fish_seen_subcommand_from watch" -l root -d 'Work on the system installed in DIR instead of the running one' -r -F
complete -c hostprep -n "__fish_hostprep_using_subcommand faults; and __fish_seen_subcommand_from watch" -l profile -d 'Use the agent profile in FILE instead of the built-in one' -r -F
complete -c hostprep -n "__fish_hostprep_using_subcommand faults; and __fish_seen_subcommand_from watch" -l assume -d 'Judge the running system as this kind instead of detecting it' -r -f -a "host\t'a booted system, with its own kernel and policy'
offline\t'a chroot, an installer or an image build: another kernel boots it later'
container\t'kernel and policy belong to another system'"
complete -c hostprep -n "__fish_hostprep_using_subcommand faults; and __fish_seen_subcommand_from watch" -l lang -d 'Language of fault texts (en, ja, ko, zh-TW), as a tag or a locale [default: from the configuration, else from the environment, else English]' -r
complete -c hostprep -n "__fish_hostprep_using_subcommand faults; and __fish_seen_subcommand_from watch" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hostprep -n "__fish_hostprep_using_subcommand faults; and __fish_seen_subcommand_from raise" -l reason -d 'A machine-readable reason' -r
complete -c hostprep -n "__fish_hostprep_using_subcommand faults; and __fish_seen_subcommand_from raise" -l detail -d 'The detail, in one line' -r
complete -c hostprep -n "__fish_hostprep_using_subcommand faults; and __fish_seen_subcommand_from raise" -l severity -d 'Override the default severity: critical, major or minor' -r
complete -c hostprep -n "__fish_hostprep_using_subcommand faults; and __fish_seen_subcommand_from raise" -l root -d 'Work on the system installed in DIR instead of the running one' -r -F
complete -c hostprep -n "__fish_hostprep_using_subcommand faults; and __fish_seen_subcommand_from raise" -l profile -d 'Use the agent profile in FILE instead of the built-in one' -r -F
complete -c hostprep -n "__fish_hostprep_using_subcommand faults; and __fish_seen_subcommand_from raise" -l assume -d 'Judge the running system as this kind instead of detecting it' -r -f -a "host\t'a booted system, with its own kernel and policy'
offline\t'a chroot, an installer or an image build: another kernel boots it later'
container\t'kernel and policy belong to another system'"
complete -c hostprep -n "__fish_hostprep_using_subcommand faults; and __fish_seen_subcommand_from raise" -l lang -d 'Language of fault texts (en, ja, ko, zh-TW), as a tag or a locale [default: from the configuration, else from the environment, else English]' -r
complete -c hostprep -n "__fish_hostprep_using_subcommand faults; and __fish_seen_subcommand_from raise" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hostprep -n "__fish_hostprep_using_subcommand faults; and __fish_seen_subcommand_from clear" -l root -d 'Work on the system installed in DIR instead of the running one' -r -F
complete -c hostprep -n "__fish_hostprep_using_subcommand faults; and __fish_seen_subcommand_from clear" -l profile -d 'Use the agent profile in FILE instead of the built-in one' -r -F
complete -c hostprep -n "__fish_hostprep_using_subcommand faults; and __fish_seen_subcommand_from clear" -l assume -d 'Judge the running system as this kind instead of detecting it' -r -f -a "host\t'a booted system, with its own kernel and policy'
offline\t'a chroot, an installer or an image build: another kernel boots it later'
container\t'kernel and policy belong to another system'"
complete -c hostprep -n "__fish_hostprep_using_subcommand faults; and __fish_seen_subcommand_from clear" -l lang -d 'Language of fault texts (en, ja, ko, zh-TW), as a tag or a locale [default: from the configuration, else from the environment, else English]' -r
complete -c hostprep -n "__fish_hostprep_using_subcommand faults; and __fish_seen_subcommand_from clear" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hostprep -n "__fish_hostprep_using_subcommand policy; and not __fish_seen_subcommand_from generate compile install remove status" -l root -d 'Work on the system installed in DIR instead of the running one' -r -F
complete -c hostprep -n "__fish_hostprep_using_subcommand policy; and not __fish_seen_subcommand_from generate compile install remove status" -l profile -d 'Use the agent profile in FILE instead of the built-in one' -r -F
complete -c hostprep -n "__fish_hostprep_using_subcommand policy; and not __fish_seen_subcommand_from generate compile install remove status" -l assume -d 'Judge the running system as this kind instead of detecting it' -r -f -a "host\t'a booted system, with its own kernel and policy'
offline\t'a chroot, an installer or an image build: another kernel boots it later'
container\t'kernel and policy belong to another system'"
complete -c hostprep -n "__fish_hostprep_using_subcommand policy; and not __fish_seen_subcommand_from generate compile install remove status" -l lang -d 'Language of fault texts (en, ja, ko, zh-TW), as a tag or a locale [default: from the configuration, else from the environment, else English]' -r
complete -c hostprep -n "__fish_hostprep_using_subcommand policy; and not __fish_seen_subcommand_from generate compile install remove status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hostprep -n "__fish_hostprep_using_subcommand policy; and not __fish_seen_subcommand_from generate compile install remove status" -f -a "generate" -d 'Print the module\'s source for this host\'s policy'
complete -c hostprep -n "__fish_hostprep_using_subcommand policy; and not __fish_seen_subcommand_from generate compile install remove status" -f -a "compile" -d 'Compile the module into DIR'
complete -c hostprep -n "__fish_hostprep_using_subcommand policy; and not __fish_seen_subcommand_from generate compile install remove status" -f -a "install" -d 'Load the module, unless the policy has the rule already'
complete -c hostprep -n "__fish_hostprep_using_subcommand policy; and not __fish_seen_subcommand_from generate compile install remove status" -f -a "remove" -d 'Remove the module from the policy store, at every priority that hostprep has used'
complete -c hostprep -n "__fish_hostprep_using_subcommand policy; and not __fish_seen_subcommand_from generate compile install remove status" -f -a "status" -d 'Show the state of module, store and kernel'
complete -c hostprep -n "__fish_hostprep_using_subcommand policy; and __fish_seen_subcommand_from generate" -l form -d 'Type enforcement (for checkmodule) or CIL (for semodule alone)' -r -f -a "te\t''
cil\t''"
complete -c hostprep -n "__fish_hostprep_using_subcommand policy; and __fish_seen_subcommand_from generate" -l root -d 'Work on the system installed in DIR instead of the running one' -r -F
complete -c hostprep -n "__fish_hostprep_using_subcommand policy; and __fish_seen_subcommand_from generate" -l profile -d 'Use the agent profile in FILE instead of the built-in one' -r -F
complete -c hostprep -n "__fish_hostprep_using_subcommand policy; and __fish_seen_subcommand_from generate" -l assume -d 'Judge the running system as this kind instead of detecting it' -r -f -a "host\t'a booted system, with its own kernel and policy'
offline\t'a chroot, an installer or an image build: another kernel boots it later'
container\t'kernel and policy belong to another system'"
complete -c hostprep -n "__fish_hostprep_using_subcommand policy; and __fish_seen_subcommand_from generate" -l lang -d 'Language of fault texts (en, ja, ko, zh-TW), as a tag or a locale [default: from the configuration, else from the environment, else English]' -r
complete -c hostprep -n "__fish_hostprep_using_subcommand policy; and __fish_seen_subcommand_from generate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hostprep -n "__fish_hostprep_using_subcommand policy; and __fish_seen_subcommand_from compile" -l form -d 'A package by checkmodule (te), or CIL as it is, which semodule of any system takes' -r -f -a "te\t''
cil\t''"
complete -c hostprep -n "__fish_hostprep_using_subcommand policy; and __fish_seen_subcommand_from compile" -l root -d 'Work on the system installed in DIR instead of the running one' -r -F
complete -c hostprep -n "__fish_hostprep_using_subcommand policy; and __fish_seen_subcommand_from compile" -l profile -d 'Use the agent profile in FILE instead of the built-in one' -r -F
complete -c hostprep -n "__fish_hostprep_using_subcommand policy; and __fish_seen_subcommand_from compile" -l assume -d 'Judge the running system as this kind instead of detecting it' -r -f -a "host\t'a booted system, with its own kernel and policy'
offline\t'a chroot, an installer or an image build: another kernel boots it later'
container\t'kernel and policy belong to another system'"
complete -c hostprep -n "__fish_hostprep_using_subcommand policy; and __fish_seen_subcommand_from compile" -l lang -d 'Language of fault texts (en, ja, ko, zh-TW), as a tag or a locale [default: from the configuration, else from the environment, else English]' -r
complete -c hostprep -n "__fish_hostprep_using_subcommand policy; and __fish_seen_subcommand_from compile" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hostprep -n "__fish_hostprep_using_subcommand policy; and __fish_seen_subcommand_from install" -l root -d 'Work on the system installed in DIR instead of the running one' -r -F
complete -c hostprep -n "__fish_hostprep_using_subcommand policy; and __fish_seen_subcommand_from install" -l profile -d 'Use the agent profile in FILE instead of the built-in one' -r -F
complete -c hostprep -n "__fish_hostprep_using_subcommand policy; and __fish_seen_subcommand_from install" -l assume -d 'Judge the running system as this kind instead of detecting it' -r -f -a "host\t'a booted system, with its own kernel and policy'
offline\t'a chroot, an installer or an image build: another kernel boots it later'
container\t'kernel and policy belong to another system'"
complete -c hostprep -n "__fish_hostprep_using_subcommand policy; and __fish_seen_subcommand_from install" -l lang -d 'Language of fault texts (en, ja, ko, zh-TW), as a tag or a locale [default: from the configuration, else from the environment, else English]' -r
complete -c hostprep -n "__fish_hostprep_using_subcommand policy; and __fish_seen_subcommand_from install" -l dry-run -d 'Show what would be done, and change nothing'
complete -c hostprep -n "__fish_hostprep_using_subcommand policy; and __fish_seen_subcommand_from install" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hostprep -n "__fish_hostprep_using_subcommand policy; and __fish_seen_subcommand_from remove" -l root -d 'Work on the system installed in DIR instead of the running one' -r -F
complete -c hostprep -n "__fish_hostprep_using_subcommand policy; and __fish_seen_subcommand_from remove" -l profile -d 'Use the agent profile in FILE instead of the built-in one' -r -F
complete -c hostprep -n "__fish_hostprep_using_subcommand policy; and __fish_seen_subcommand_from remove" -l assume -d 'Judge the running system as this kind instead of detecting it' -r -f -a "host\t'a booted system, with its own kernel and policy'
offline\t'a chroot, an installer or an image build: another kernel boots it later'
container\t'kernel and policy belong to another system'"
complete -c hostprep -n "__fish_hostprep_using_subcommand policy; and __fish_seen_subcommand_from remove" -l lang -d 'Language of fault texts (en, ja, ko, zh-TW), as a tag or a locale [default: from the configuration, else from the environment, else English]' -r
complete -c hostprep -n "__fish_hostprep_using_subcommand policy; and __fish_seen_subcommand_from remove" -l dry-run -d 'Show what would be done, and change nothing'
complete -c hostprep -n "__fish_hostprep_using_subcommand policy; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hostprep -n "__fish_hostprep_using_subcommand policy; and __fish_seen_subcommand_from status" -l format -d 'Text for people or one JSON object for programs' -r -f -a "text\t''
json\t''"
complete -c hostprep -n "__fish_hostprep_using_subcommand policy; and __fish_seen_subcommand_from status" -l root -d 'Work on the system installed in DIR instead of the running one' -r -F
complete -c hostprep -n "__fish_hostprep_using_subcommand policy; and __fish_seen_subcommand_from status" -l profile -d 'Use the agent profile in FILE instead of the built-in one' -r -F
complete -c hostprep -n "__fish_hostprep_using_subcommand policy; and __fish_seen_subcommand_from status" -l assume -d 'Judge the running system as this kind instead of detecting it' -r -f -a "host\t'a booted system, with its own kernel and policy'
offline\t'a chroot, an installer or an image build: another kernel boots it later'
container\t'kernel and policy belong to another system'"
complete -c hostprep -n "__fish_hostprep_using_subcommand policy; and __fish_seen_subcommand_from status" -l lang -d 'Language of fault texts (en, ja, ko, zh-TW), as a tag or a locale [default: from the configuration, else from the environment, else English]' -r
complete -c hostprep -n "__fish_hostprep_using_subcommand policy; and __fish_seen_subcommand_from status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hostprep -n "__fish_hostprep_using_subcommand hook; and not __fish_seen_subcommand_from rpm deb kernel" -l root -d 'Work on the system installed in DIR instead of the running one' -r -F
complete -c hostprep -n "__fish_hostprep_using_subcommand hook; and not __fish_seen_subcommand_from rpm deb kernel" -l profile -d 'Use the agent profile in FILE instead of the built-in one' -r -F
complete -c hostprep -n "__fish_hostprep_using_subcommand hook; and not __fish_seen_subcommand_from rpm deb kernel" -l assume -d 'Judge the running system as this kind instead of detecting it' -r -f -a "host\t'a booted system, with its own kernel and policy'
offline\t'a chroot, an installer or an image build: another kernel boots it later'
container\t'kernel and policy belong to another system'"
complete -c hostprep -n "__fish_hostprep_using_subcommand hook; and not __fish_seen_subcommand_from rpm deb kernel" -l lang -d 'Language of fault texts (en, ja, ko, zh-TW), as a tag or a locale [default: from the configuration, else from the environment, else English]' -r
complete -c hostprep -n "__fish_hostprep_using_subcommand hook; and not __fish_seen_subcommand_from rpm deb kernel" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hostprep -n "__fish_hostprep_using_subcommand hook; and not __fish_seen_subcommand_from rpm deb kernel" -f -a "rpm" -d 'Run for an RPM scriptlet'
complete -c hostprep -n "__fish_hostprep_using_subcommand hook; and not __fish_seen_subcommand_from rpm deb kernel" -f -a "deb" -d 'Run for a Debian maintainer script'
complete -c hostprep -n "__fish_hostprep_using_subcommand hook; and not __fish_seen_subcommand_from rpm deb kernel" -f -a "kernel" -d 'Run for a kernel that is installed or removed'
complete -c hostprep -n "__fish_hostprep_using_subcommand hook; and __fish_seen_subcommand_from rpm" -l root -d 'Work on the system installed in DIR instead of the running one' -r -F
complete -c hostprep -n "__fish_hostprep_using_subcommand hook; and __fish_seen_subcommand_from rpm" -l profile -d 'Use the agent profile in FILE instead of the built-in one' -r -F
complete -c hostprep -n "__fish_hostprep_using_subcommand hook; and __fish_seen_subcommand_from rpm" -l assume -d 'Judge the running system as this kind instead of detecting it' -r -f -a "host\t'a booted system, with its own kernel and policy'
offline\t'a chroot, an installer or an image build: another kernel boots it later'
container\t'kernel and policy belong to another system'"
complete -c hostprep -n "__fish_hostprep_using_subcommand hook; and __fish_seen_subcommand_from rpm" -l lang -d 'Language of fault texts (en, ja, ko, zh-TW), as a tag or a locale [default: from the configuration, else from the environment, else English]' -r
complete -c hostprep -n "__fish_hostprep_using_subcommand hook; and __fish_seen_subcommand_from rpm" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hostprep -n "__fish_hostprep_using_subcommand hook; and __fish_seen_subcommand_from deb" -l root -d 'Work on the system installed in DIR instead of the running one' -r -F
complete -c hostprep -n "__fish_hostprep_using_subcommand hook; and __fish_seen_subcommand_from deb" -l profile -d 'Use the agent profile in FILE instead of the built-in one' -r -F
complete -c hostprep -n "__fish_hostprep_using_subcommand hook; and __fish_seen_subcommand_from deb" -l assume -d 'Judge the running system as this kind instead of detecting it' -r -f -a "host\t'a booted system, with its own kernel and policy'
offline\t'a chroot, an installer or an image build: another kernel boots it later'
container\t'kernel and policy belong to another system'"
complete -c hostprep -n "__fish_hostprep_using_subcommand hook; and __fish_seen_subcommand_from deb" -l lang -d 'Language of fault texts (en, ja, ko, zh-TW), as a tag or a locale [default: from the configuration, else from the environment, else English]' -r
complete -c hostprep -n "__fish_hostprep_using_subcommand hook; and __fish_seen_subcommand_from deb" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hostprep -n "__fish_hostprep_using_subcommand hook; and __fish_seen_subcommand_from kernel" -l root -d 'Work on the system installed in DIR instead of the running one' -r -F
complete -c hostprep -n "__fish_hostprep_using_subcommand hook; and __fish_seen_subcommand_from kernel" -l profile -d 'Use the agent profile in FILE instead of the built-in one' -r -F
complete -c hostprep -n "__fish_hostprep_using_subcommand hook; and __fish_seen_subcommand_from kernel" -l assume -d 'Judge the running system as this kind instead of detecting it' -r -f -a "host\t'a booted system, with its own kernel and policy'
offline\t'a chroot, an installer or an image build: another kernel boots it later'
container\t'kernel and policy belong to another system'"
complete -c hostprep -n "__fish_hostprep_using_subcommand hook; and __fish_seen_subcommand_from kernel" -l lang -d 'Language of fault texts (en, ja, ko, zh-TW), as a tag or a locale [default: from the configuration, else from the environment, else English]' -r
complete -c hostprep -n "__fish_hostprep_using_subcommand hook; and __fish_seen_subcommand_from kernel" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hostprep -n "__fish_hostprep_using_subcommand remove" -l format -d 'Text for people or one JSON object for programs' -r -f -a "text\t''
json\t''"
complete -c hostprep -n "__fish_hostprep_using_subcommand remove" -l root -d 'Work on the system installed in DIR instead of the running one' -r -F
complete -c hostprep -n "__fish_hostprep_using_subcommand remove" -l profile -d 'Use the agent profile in FILE instead of the built-in one' -r -F
complete -c hostprep -n "__fish_hostprep_using_subcommand remove" -l assume -d 'Judge the running system as this kind instead of detecting it' -r -f -a "host\t'a booted system, with its own kernel and policy'
offline\t'a chroot, an installer or an image build: another kernel boots it later'
container\t'kernel and policy belong to another system'"
complete -c hostprep -n "__fish_hostprep_using_subcommand remove" -l lang -d 'Language of fault texts (en, ja, ko, zh-TW), as a tag or a locale [default: from the configuration, else from the environment, else English]' -r
complete -c hostprep -n "__fish_hostprep_using_subcommand remove" -l dry-run -d 'Show what would be removed, and change nothing'
complete -c hostprep -n "__fish_hostprep_using_subcommand remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hostprep -n "__fish_hostprep_using_subcommand generalize" -l root -d 'Work on the system installed in DIR instead of the running one' -r -F
complete -c hostprep -n "__fish_hostprep_using_subcommand generalize" -l profile -d 'Use the agent profile in FILE instead of the built-in one' -r -F
complete -c hostprep -n "__fish_hostprep_using_subcommand generalize" -l assume -d 'Judge the running system as this kind instead of detecting it' -r -f -a "host\t'a booted system, with its own kernel and policy'
offline\t'a chroot, an installer or an image build: another kernel boots it later'
container\t'kernel and policy belong to another system'"
complete -c hostprep -n "__fish_hostprep_using_subcommand generalize" -l lang -d 'Language of fault texts (en, ja, ko, zh-TW), as a tag or a locale [default: from the configuration, else from the environment, else English]' -r
complete -c hostprep -n "__fish_hostprep_using_subcommand generalize" -l dry-run -d 'Show what would be removed, and change nothing'
complete -c hostprep -n "__fish_hostprep_using_subcommand generalize" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hostprep -n "__fish_hostprep_using_subcommand report" -l format -d 'A page for a browser, a table with a row for each finding, or one JSON object' -r -f -a "html\t''
csv\t''
json\t''"
complete -c hostprep -n "__fish_hostprep_using_subcommand report" -l output -d 'Write to FILE instead of standard output, as a whole or not at all' -r -F
complete -c hostprep -n "__fish_hostprep_using_subcommand report" -l root -d 'Work on the system installed in DIR instead of the running one' -r -F
complete -c hostprep -n "__fish_hostprep_using_subcommand report" -l profile -d 'Use the agent profile in FILE instead of the built-in one' -r -F
complete -c hostprep -n "__fish_hostprep_using_subcommand report" -l assume -d 'Judge the running system as this kind instead of detecting it' -r -f -a "host\t'a booted system, with its own kernel and policy'
offline\t'a chroot, an installer or an image build: another kernel boots it later'
container\t'kernel and policy belong to another system'"
complete -c hostprep -n "__fish_hostprep_using_subcommand report" -l lang -d 'Language of fault texts (en, ja, ko, zh-TW), as a tag or a locale [default: from the configuration, else from the environment, else English]' -r
complete -c hostprep -n "__fish_hostprep_using_subcommand report" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hostprep -n "__fish_hostprep_using_subcommand support-bundle" -l output -d 'Write to FILE instead of hostprep-support-HOST-TIME.tar.gz in the current directory' -r -F
complete -c hostprep -n "__fish_hostprep_using_subcommand support-bundle" -l root -d 'Work on the system installed in DIR instead of the running one' -r -F
complete -c hostprep -n "__fish_hostprep_using_subcommand support-bundle" -l profile -d 'Use the agent profile in FILE instead of the built-in one' -r -F
complete -c hostprep -n "__fish_hostprep_using_subcommand support-bundle" -l assume -d 'Judge the running system as this kind instead of detecting it' -r -f -a "host\t'a booted system, with its own kernel and policy'
offline\t'a chroot, an installer or an image build: another kernel boots it later'
container\t'kernel and policy belong to another system'"
complete -c hostprep -n "__fish_hostprep_using_subcommand support-bundle" -l lang -d 'Language of fault texts (en, ja, ko, zh-TW), as a tag or a locale [default: from the configuration, else from the environment, else English]' -r
complete -c hostprep -n "__fish_hostprep_using_subcommand support-bundle" -l redact -d 'Replace names of this host and of hosts in its domains, and IP and hardware addresses, each by the same word everywhere'
complete -c hostprep -n "__fish_hostprep_using_subcommand support-bundle" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hostprep -n "__fish_hostprep_using_subcommand schema" -l root -d 'Work on the system installed in DIR instead of the running one' -r -F
complete -c hostprep -n "__fish_hostprep_using_subcommand schema" -l profile -d 'Use the agent profile in FILE instead of the built-in one' -r -F
complete -c hostprep -n "__fish_hostprep_using_subcommand schema" -l assume -d 'Judge the running system as this kind instead of detecting it' -r -f -a "host\t'a booted system, with its own kernel and policy'
offline\t'a chroot, an installer or an image build: another kernel boots it later'
container\t'kernel and policy belong to another system'"
complete -c hostprep -n "__fish_hostprep_using_subcommand schema" -l lang -d 'Language of fault texts (en, ja, ko, zh-TW), as a tag or a locale [default: from the configuration, else from the environment, else English]' -r
complete -c hostprep -n "__fish_hostprep_using_subcommand schema" -s h -l help -d 'Print help (see more with \'--help\')'
