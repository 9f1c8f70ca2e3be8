use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::*;

const HOUR: Duration = Duration::from_secs(3600);

/// A simulated host with a clock that is wrong by `skew`.
struct World {
    /// Seconds that really went by.
    real: i64,
    skew: i64,
    boot: u32,
    booted: i64,
}

impl World {
    fn new() -> Self {
        Self { real: 1_000_000, skew: 0, boot: 0, booted: 1_000_000 }
    }

    fn moment(&self) -> Moment {
        Moment {
            time: Timestamp::from_second(1_700_000_000).unwrap() + SignedDuration::from_secs(self.real + self.skew),
            boot_id: self.boot.to_string(),
            since_boot_ms: u64::try_from((self.real - self.booted) * 1000).unwrap(),
        }
    }

    fn passes(&mut self, seconds: i64) -> &mut Self {
        self.real += seconds;
        self
    }

    /// The host goes down and is up again after a minute; the load that had begun at `begun` was not ended.
    fn crashes(&mut self, begun: &Moment) -> UncleanLoad {
        self.passes(60);
        self.boot += 1;
        self.booted = self.real;
        self.passes(30);
        UncleanLoad { begun: begun.clone(), noticed: self.moment() }
    }
}

fn counted(loads: &[UncleanLoad], world: &World) -> usize {
    count(loads, &world.moment(), HOUR)
}

#[test]
fn to_the_second() {
    let mut world = World::new();
    let begun = world.moment();
    let loads = [world.crashes(&begun)];
    world.passes(3600);
    assert_eq!(counted(&loads, &world), 1, "an hour is within an hour");
    world.passes(1);
    assert_eq!(counted(&loads, &world), 0);
}

#[test]
fn a_clock_set_within_a_boot_changes_nothing() {
    for skew in [-1_000_000_000, -86_400, 86_400] {
        let mut world = World::new();
        let begun = world.moment();
        let loads = [world.crashes(&begun)];
        world.skew = skew;
        world.passes(3600);
        assert_eq!(counted(&loads, &world), 1, "{skew}");
        world.passes(1);
        assert_eq!(counted(&loads, &world), 0, "{skew}");
    }
}

/// Two crashes within minutes count as two, however the clock was set back between them, and also when it is right again.
#[test]
fn a_clock_set_back_does_not_unlock() {
    for (first, second, now) in [(0, -86_400, -86_400), (0, -86_400, 0), (-86_400, -86_400, -172_800), (0, 0, -86_400)]
    {
        let mut world = World::new();
        let begun = world.moment();
        world.passes(300).skew = first;
        let one = world.crashes(&begun);
        let begun = world.moment();
        world.passes(300).skew = second;
        let two = world.crashes(&begun);
        world.skew = now;
        assert_eq!(counted(&[one, two], &world), 2, "{first} {second} {now}");
    }
}

/// A crash of days ago does not count because the clock was set back since: the times since boot tell how long ago it was, of
/// this boot and of the one before.
#[test]
fn a_clock_set_back_does_not_lock() {
    let mut world = World::new();
    let begun = world.moment();
    let one = world.crashes(&begun);
    world.passes(3 * 86_400);
    world.skew = -3 * 86_400;
    assert_eq!(counted(std::slice::from_ref(&one), &world), 0, "three days of this boot");
    let begun = world.moment();
    world.passes(60);
    let two = world.crashes(&begun);
    assert_eq!(counted(&[one, two], &world), 1, "three days of the last boot");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// With clocks that are right the count is what really was.
    #[test]
    fn right_clocks_are_believed(gaps in prop::collection::vec(0i64..8000, 1..8), rest in 0i64..8000) {
        let (mut world, mut loads, mut times) = (World::new(), Vec::new(), Vec::new());
        for gap in gaps {
            let begun = world.moment();
            world.passes(gap);
            loads.push(world.crashes(&begun));
            times.push(world.real);
        }
        world.passes(rest);
        let really = times.iter().filter(|time| world.real - **time <= 3600).count();
        prop_assert_eq!(counted(&loads, &world), really);
    }

    /// With clocks that are set back at will, none that is recent is forgotten as long as all of them are.
    #[test]
    fn set_back_clocks_forget_nothing(steps in prop::collection::vec((0i64..150, -100_000i64..=0), 1..6), last in -100_000i64..=0) {
        let (mut world, mut loads) = (World::new(), Vec::new());
        for (gap, skew) in &steps {
            let begun = world.moment();
            world.passes(*gap).skew = *skew;
            loads.push(world.crashes(&begun));
        }
        world.skew = last;
        prop_assert_eq!(counted(&loads, &world), steps.len());
    }
}

/// Each lasts as long as a file can say.
#[test]
fn a_file_of_absurd_times_is_counted_all_the_same() {
    let moment =
        |boot: usize, since_boot_ms| Moment { time: Timestamp::UNIX_EPOCH, boot_id: boot.to_string(), since_boot_ms };
    let loads: Vec<UncleanLoad> =
        (0..1100).map(|boot| UncleanLoad { begun: moment(boot, 0), noticed: moment(boot, u64::MAX) }).collect();
    assert_eq!(count(&loads, &moment(2000, 0), HOUR), 1);
}
