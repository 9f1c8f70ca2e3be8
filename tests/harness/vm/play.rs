//! Plays scenarios, on as many machines at a time as there are processors.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use super::machine::{Image, Machine};
use super::scenario::{Fact, Scenario, Seen};

/// The longest that one phase may take: several transactions of a policy in an emulator on a busy machine.
const PHASE: Duration = Duration::from_secs(900);

/// What all scenarios of a run share.
#[derive(Debug, Clone, Copy)]
pub struct Stage<'a> {
    /// The image of the guests.
    pub image: &'a Image,
    /// The second disk.
    pub seed: &'a Path,
    /// The expected facts of the host, one `WORD: VALUE` per line.
    pub host: &'a str,
    /// A directory below `tests/vm/broken` whose `break.sh` is run first.
    pub broken: Option<&'a str>,
}

/// Plays all scenarios; calls `ended` after each. The result is in the order of the scenarios.
pub fn play(stage: Stage<'_>, scenarios: &[Scenario], ended: impl Fn(&Scenario, &Seen) + Sync) -> Vec<Seen> {
    let waiting = Mutex::new((0..scenarios.len()).collect::<VecDeque<_>>());
    let played = Mutex::new(Vec::new());
    let machines = thread::available_parallelism().map_or(1, usize::from).min(scenarios.len());
    thread::scope(|scope| {
        for _ in 0..machines {
            scope.spawn(|| {
                let mut booted = None;
                while let Some(index) = next(&waiting, scenarios, booted.as_ref()) {
                    let scenario = &scenarios[index];
                    let start = Instant::now();
                    let mut seen = Seen::default();
                    match play_one(stage, scenario, booted.take(), &mut seen) {
                        Ok(machine) => booted = machine.map(|machine| (scenario.boot.clone(), machine)),
                        Err(why) => seen.broken_off = Some(why),
                    }
                    seen.took = start.elapsed();
                    ended(scenario, &seen);
                    played.lock().unwrap().push((index, seen));
                }
            });
        }
    });
    let mut played = played.into_inner().unwrap();
    played.sort_by_key(|(index, _)| *index);
    played.into_iter().map(|(_, seen)| seen).collect()
}

/// A machine, and what was added to its kernel's command line.
type Booted = (String, Machine);

/// Returns the next scenario that fits the booted machine, or else the next one.
fn next(waiting: &Mutex<VecDeque<usize>>, scenarios: &[Scenario], booted: Option<&Booted>) -> Option<usize> {
    let mut waiting = waiting.lock().unwrap();
    let fits = |index: &usize| booted.is_some_and(|(boot, _)| *boot == scenarios[*index].boot);
    let place = waiting.iter().position(fits).unwrap_or(0);
    waiting.remove(place)
}

/// Gives the machine back where it is again what it was before.
fn play_one(
    stage: Stage<'_>,
    scenario: &Scenario,
    booted: Option<Booted>,
    seen: &mut Seen,
) -> Result<Option<Machine>, String> {
    let mut machine = match booted {
        Some((boot, machine)) if boot == scenario.boot => machine,
        other => {
            drop(other);
            boot(stage, scenario, seen)?
        }
    };
    if scenario.boot.is_empty() {
        let lines = phase(&mut machine, scenario, "needs", seen)?;
        if let Some(need) = lines.iter().find_map(|line| line.strip_prefix("skip ")) {
            seen.skipped = Some(need.to_owned());
            return Ok(Some(machine));
        }
    }
    phase(&mut machine, scenario, "begin", seen)?;
    if let Some(broken) = stage.broken {
        phase(&mut machine, scenario, &format!("break {broken}"), seen)?;
    }
    phase(&mut machine, scenario, "prepare", seen)?;
    phase(&mut machine, scenario, "act", seen)?;
    if scenario.reboots {
        machine.reboot()?;
    }
    for kernel in &scenario.kernels {
        let start = Instant::now();
        machine.reboot_with(stage.image, stage.seed, kernel)?;
        seen.transcript += &format!("# booted in {:.1} s: {}\n", start.elapsed().as_secs_f32(), machine.greeting);
        phase(&mut machine, scenario, "verify", seen)?;
    }
    if scenario.kernels.is_empty() {
        phase(&mut machine, scenario, "verify", seen)?;
    }
    let lines = phase(&mut machine, scenario, "judge", seen)?;
    seen.facts = lines.iter().filter_map(|line| Fact::parse(line)).collect();
    seen.others = lines.iter().filter_map(|line| line.strip_prefix("other ")).map(str::to_owned).collect();
    if !seen.is_green() || stage.broken.is_some() || !scenario.images.is_empty() {
        return Ok(None);
    }
    let (status, _) = run(&mut machine, &phase_command(scenario, "restore"), seen)?;
    if status == "0" {
        return Ok(Some(machine));
    }
    seen.facts.push(Fact {
        name: "restore".into(),
        expected: "the host unchanged".into(),
        seen: "another, see the end of what it printed".into(),
        right: false,
    });
    Ok(None)
}

fn boot(stage: Stage<'_>, scenario: &Scenario, seen: &mut Seen) -> Result<Machine, String> {
    let start = Instant::now();
    let mut machine = Machine::boot(stage.image, stage.seed, &scenario.boot, !scenario.kernels.is_empty())?;
    seen.transcript += &format!("# booted in {:.1} s: {}\n", start.elapsed().as_secs_f32(), machine.greeting);
    if !scenario.boot.contains("selinux=0") && !machine.greeting.contains(":unconfined_t:") {
        return Err(format!("not an administrator's session: {}", machine.greeting));
    }
    let host = stage.host.replace('\n', "\\n");
    let (status, _) = run(&mut machine, &format!("printf '{host}' >/etc/hostprep-acceptance"), seen)?;
    if status == "0" { Ok(machine) } else { Err("the guest's disk cannot be written to".into()) }
}

fn phase_command(scenario: &Scenario, phase: &str) -> String {
    format!("sh /srv/hostprep/vm/phase.sh {} {phase}", scenario.name)
}

fn phase(machine: &mut Machine, scenario: &Scenario, phase: &str, seen: &mut Seen) -> Result<Vec<String>, String> {
    let (status, lines) = run(machine, &phase_command(scenario, phase), seen)?;
    if status == "0" { Ok(lines) } else { Err(format!("{phase} ended with status {status}")) }
}

fn run(machine: &mut Machine, command: &str, seen: &mut Seen) -> Result<(String, Vec<String>), String> {
    let start = Instant::now();
    let answer = machine.run(command, PHASE)?;
    seen.transcript += &format!("$ {command}\n");
    for line in &answer.lines {
        seen.transcript += &format!("{line}\n");
    }
    seen.transcript += &format!("# status {}, {:.1} s\n", answer.status, start.elapsed().as_secs_f32());
    Ok((answer.status, answer.lines))
}
