#!/bin/sh
# In the guest, in an administrator's session on a serial line: reads commands, a line each, and runs them as shell text.
# Each line of a command's output is sent with "| " before it; "= STATUS" is its end.
stty -echo -onlcr -icrnl
mountpoint -q /srv/hostprep || mount /dev/vdb /srv/hostprep -o ro,context=system_u:object_r:usr_t:s0
echo "= ready $(uname -r) $(tr -d '\0' 2>/dev/null </proc/self/attr/current)"
while read -r command; do
    {
        sh -c "$command" </dev/null
        echo $? >/run/hostprep-agent.status
    } 2>&1 | sed -u 's/^/| /'
    echo "= $(cat /run/hostprep-agent.status)"
done
