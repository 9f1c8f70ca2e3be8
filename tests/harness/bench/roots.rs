//! Many roots in a row, each prepared once: images that are built. They have a small policy store, whose transactions take
//! milliseconds, so that what is not the transaction is seen.

use std::process::Command;

use super::measure::{Cost, Samples, one_round};
use super::report::{Report, time};
use super::{Size, peer};
use crate::program::{Caller, binary};
use crate::scratch::{KERNEL, ScratchRoot};
use crate::setup;

/// Prepares as many roots by hostprep and as many by the peer.
pub fn measure(size: Size, report: &mut Report) {
    let template = ScratchRoot::of("debian-12");
    template.small_policy_store().kernel(KERNEL, false).headers(KERNEL);
    let mut samples: [Samples; 2] = std::array::from_fn(|_| Samples::default());
    for round in 0..size.roots {
        let roots = [copy(&template), copy(&template)];
        one_round(round, &mut samples, |who| match who {
            0 => {
                let mut repair = Caller::Root.command(binary());
                // Each is whole: exit status 0 says that no fault remains.
                Cost::of(repair.args(roots[0].args(&["repair"])), &[0])
            }
            _ => Cost::of(&mut peer(&roots[1], &["post", "1"]), &[0]),
        });
    }
    let count = size.roots;
    report.row(format!("{count} roots in a row, small policy"), samples[0].sum(), "peer.sh", samples[1].sum());
    report.row("one of them", samples[0].median(), "peer.sh", samples[1].median());
    let tenth = (count / 10).max(1);
    let [first, last] = samples[0].first_and_last(tenth);
    report.note(format!(
        "Of these roots, the first {tenth} took {} each, the last {}.",
        time(first.wall),
        time(last.wall)
    ));
}

fn copy(template: &ScratchRoot) -> ScratchRoot {
    let place = setup::open_tempdir();
    setup::run(Command::new("cp").args(["-R", "--preserve=mode"]).arg(template.path().join(".")).arg(place.path()));
    ScratchRoot::existing(place)
}
