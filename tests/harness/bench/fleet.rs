//! One page about many hosts: `hostprep report`.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use super::Size;
use super::measure::{Cost, Samples, peak};
use super::report::{Report, mebibytes};
use crate::program::binary;
use crate::scratch::{KERNEL, ScratchRoot};
use crate::setup;

/// How many hosts there are.
pub const HOSTS: usize = 10_000;
const MOST_TIME: Duration = Duration::from_secs(2);
const MOST_MEMORY: u64 = 256 * 1024 * 1024;
const LARGEST_PAGE: u64 = 3_000_000;

/// Writes [`HOSTS`] results into `directory`: those of `models` in turn, with names and machine ids of their own.
pub fn write(directory: &Path, models: &[Value]) {
    for number in 0..HOSTS {
        let mut json = models[number % models.len()].clone();
        json["host"]["name"] = format!("application-server-{number:05}.region-{}.example.com", number % 7).into();
        json["host"]["machine"] = format!("{number:032x}").into();
        std::fs::write(directory.join(format!("{number}.json")), json.to_string()).unwrap();
    }
}

/// Measures time and memory of the page, and how large it is.
pub fn measure(size: Size, report: &mut Report) {
    let models: Vec<Value> = ["debian-12", "rocky-9"]
        .map(|distribution| {
            let root = ScratchRoot::of(distribution);
            root.kernel(KERNEL, false);
            root.hostprep(&["check", "--format", "json"]).json()
        })
        .into();
    let folder = setup::open_tempdir();
    let results = folder.path().join("results");
    std::fs::create_dir(&results).unwrap();
    write(&results, &models);
    let page = folder.path().join("report.html");
    let command = || {
        let mut command = Command::new(binary());
        command.arg("report").arg(&results).arg("--output").arg(&page);
        command
    };
    let mut samples = Samples::default();
    for _ in 0..size.runs {
        samples.push(Cost::of(&mut command(), &[0]));
    }
    report.at_most(format!("report about {HOSTS} hosts"), samples.median().wall, MOST_TIME);
    let memory = peak(&command());
    report.limit("memory of that", mebibytes(MOST_MEMORY), mebibytes(memory), memory <= MOST_MEMORY);
    let length = std::fs::metadata(&page).unwrap().len();
    report.limit("its page", "3,000,000 bytes", format!("{length} bytes"), length < LARGEST_PAGE);
}
