//! Plays scenarios, on as many machines at a time as there are processors.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use super::machine::{Image, Machine};
use super::scenario::{Scenario, Seen};

/// The longest that one phase may take: several transactions of a policy in an emulator on a busy machine.
const PHASE: Duration = Duration::from_secs(900);

/// What all scenarios of a run have in common.
#[derive(Debug, Clone, Copy)]
pub struct Stage<'a> {
    /// What guests are booted from.
    pub image: &'a Image,
    /// The second disk.
    pub seed: &'a Path,
    /// A directory below `tests/vm/broken` whose `break.sh` is run first.
    pub broken: Option<&'a str>,
}

/// Plays all; `told` hears of each when it has ended. The result is in the order of the scenarios.
pub fn play(stage: Stage<'_>, scenarios: &[Scenario], told: impl Fn(&Scenario, &Seen) + Sync) -> Vec<Seen> {
    let waiting = Mutex::new((0..scenarios.len()).collect::<VecDeque<_>>());
    let played = Mutex::new(Vec::new());
    let machines = thread::available_parallelism().map_or(1, usize::from).min(scenarios.len());
    thread::scope(|scope| {
        for _ in 0..machines {
            scope.spawn(|| {
                let mut booted = None;
                while let Some(index) = next(&waiting, scenarios, &booted) {
                    let scenario = &scenarios[index];
                    let start = Instant::now();
                    let mut seen = Seen::default();
                    if let Err(why) = play_one(stage, scenario, &mut booted, &mut seen) {
                        seen.broken_off = Some(why);
                        // Who knows in what state it is.
                        booted = None;
                    }
                    seen.took = start.elapsed();
                    told(scenario, &seen);
                    played.lock().unwrap().push((index, seen));
                }
            });
        }
    });
    let mut played = played.into_inner().unwrap();
    played.sort_by_key(|(index, _)| *index);
    played.into_iter().map(|(_, seen)| seen).collect()
}

type Booted = Option<(String, Machine)>;

/// The next that can use the machine as it was booted, else the next.
fn next(waiting: &Mutex<VecDeque<usize>>, scenarios: &[Scenario], booted: &Booted) -> Option<usize> {
    let mut waiting = waiting.lock().unwrap();
    let fits = |index: &usize| booted.as_ref().is_some_and(|(boot, _)| *boot == scenarios[*index].boot);
    let place = waiting.iter().position(fits).unwrap_or(0);
    waiting.remove(place)
}

fn play_one(stage: Stage<'_>, scenario: &Scenario, booted: &mut Booted, seen: &mut Seen) -> Result<(), String> {
    match booted {
        Some((boot, machine)) if *boot == scenario.boot => machine.back()?,
        _ => {
            *booted = None;
            let mut machine = Machine::boot(stage.image, stage.seed, &scenario.boot)?;
            machine.keep()?;
            *booted = Some((scenario.boot.clone(), machine));
        }
    }
    let Some((_, machine)) = booted else { unreachable!("it was just booted") };
    if !scenario.boot.contains("selinux=0") && !machine.greeting.contains(":unconfined_t:") {
        return Err(format!("this is no administrator's session: {}", machine.greeting));
    }
    phase(machine, scenario, "begin", seen)?;
    if let Some(broken) = stage.broken {
        run(machine, &format!("sh /srv/hostprep/vm/broken/{broken}/break.sh"), seen)?;
    }
    phase(machine, scenario, "prepare", seen)?;
    phase(machine, scenario, "act", seen)?;
    if scenario.reboots {
        machine.reboot()?;
    }
    phase(machine, scenario, "verify", seen)?;
    phase(machine, scenario, "judge", seen)
}

fn phase(machine: &mut Machine, scenario: &Scenario, phase: &str, seen: &mut Seen) -> Result<(), String> {
    let status = run(machine, &format!("sh /srv/hostprep/vm/phase.sh {} {phase}", scenario.name), seen)?;
    if status != "0" {
        seen.facts.push(format!("{phase}: ended with status {status}"));
    }
    Ok(())
}

fn run(machine: &mut Machine, command: &str, seen: &mut Seen) -> Result<String, String> {
    let start = Instant::now();
    let answer = machine.run(command, PHASE)?;
    seen.transcript += &format!("$ {command}\n");
    for line in answer.lines {
        if let Some(fact) = line.strip_prefix("fact ") {
            seen.facts.push(fact.to_owned());
        } else if let Some(other) = line.strip_prefix("other ") {
            seen.others.push(other.to_owned());
        }
        seen.transcript += &format!("{line}\n");
    }
    seen.transcript += &format!("# status {}, {:.1} s\n", answer.status, start.elapsed().as_secs_f32());
    Ok(answer.status)
}
