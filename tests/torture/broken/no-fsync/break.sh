#!/bin/sh
# An event is written and not synced: it is said to have happened, and is lost with the power.
sed -i 's/file\.sync_data()/Ok(())/' faults/src/store/event_log/appender.rs
