#!/bin/sh
# Prints which faults are raised, a line each, also during writes. usage: raised.sh [STORE]
set -eu

store=${1:-/var/lib/cisco/faults}

# The events before the state, so that the state knows all of them but the last. The dot keeps the last line feed, without
# which a line does not count.
newest=$(tail -n 1000 "$store/events.jsonl" 2>/dev/null || :; echo .)
state=$(cat "$store/faults.json" 2>/dev/null || :)

if [ -z "$state" ]; then
    for segment in "$store"/events-*.jsonl*; do
        [ ! -e "$segment" ] || { echo "$store/faults.json is lost; ask raised.py" >&2; exit 1; }
    done
    state='{"schema":1,"sequence":0,"faults":[]}'
fi

{ printf '%s\n' "$state" | jq -c .; printf '%s' "$newest"; } | jq -nRr '
    (input | fromjson) as $state
    | [inputs][:-1] | map(fromjson? | objects) | map(select(.schema != 1 or .seq > $state.sequence)) as $newer
    | if [$state, $newer[]] | any(.schema != 1) then error("written by a newer version") else . end
    | if [$newer[].seq] != [range($newer | length) + $state.sequence + 1]
      then error("faults.json is too old; ask raised.py") else . end
    | reduce $state.faults[] as $fault ({}; .[$fault.id | tostring] = $fault)
    | reduce $newer[] as $event (.; ($event.fault | tostring) as $id
        | if $event.event == "cleared" then del(.[$id]) else .[$id] = $event + {id: $event.fault} end)
    | [.[]] | sort_by(.id)[] | "\(.id) \(.severity) \(.reason): \(.detail)"'
