//! The tables of a run.

use std::fmt::Write;
use std::time::Duration;

use super::measure::Cost;

/// hostprep and another in the same run.
#[derive(Debug, Clone)]
pub struct Row {
    /// What was done.
    pub what: String,
    /// What hostprep is compared with.
    pub against: String,
    /// hostprep's medians.
    pub ours: Cost,
    /// The other's.
    pub theirs: Cost,
}

/// Something that must hold.
#[derive(Debug, Clone)]
pub struct Limit {
    /// What is limited.
    pub what: String,
    /// Text of the limit and of the figure.
    pub limit: String,
    /// What was measured.
    pub measured: String,
    /// Whether it holds.
    pub holds: bool,
}

/// All that was measured.
#[derive(Debug, Default)]
pub struct Report {
    rows: Vec<Row>,
    limits: Vec<Limit>,
    notes: Vec<String>,
}

impl Report {
    /// Adds a comparison.
    pub fn row(&mut self, what: impl Into<String>, ours: Cost, against: impl Into<String>, theirs: Cost) {
        let (what, against) = (what.into(), against.into());
        eprintln!("bench: {what}: {} against {} by {against}", time(ours.wall), time(theirs.wall));
        self.rows.push(Row { what, against, ours, theirs });
    }

    /// Adds a limit on how long something takes.
    pub fn at_most(&mut self, what: impl Into<String>, measured: Duration, limit: Duration) {
        self.limit(what, time(limit), time(measured), measured <= limit);
    }

    /// Adds a limit on how much of `whole`'s time `part` takes.
    pub fn at_most_of(&mut self, what: impl Into<String>, part: Duration, whole: Duration, (limit, text): (f64, &str)) {
        let share = part.as_secs_f64() / whole.as_secs_f64();
        let measured = if share < 0.5 { format!("1/{:.0}", 1.0 / share) } else { format!("{share:.3} ×") };
        self.limit(what, text, measured, share <= limit);
    }

    /// Adds a limit.
    pub fn limit(
        &mut self,
        what: impl Into<String>,
        limit: impl Into<String>,
        measured: impl Into<String>,
        holds: bool,
    ) {
        let limit = Limit { what: what.into(), limit: limit.into(), measured: measured.into(), holds };
        eprintln!("bench: {}: {}, at most {}", limit.what, limit.measured, limit.limit);
        self.limits.push(limit);
    }

    /// Adds a line below the tables.
    pub fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    /// Returns whether every limit holds.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.limits.iter().all(|limit| limit.holds)
    }

    /// Returns the tables as Markdown.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut rows = vec![["", "hostprep", "other", "which is", "times", "CPU", "CPU"].map(str::to_owned)];
        for Row { what, against, ours, theirs } in &self.rows {
            let times = theirs.wall.as_secs_f64() / ours.wall.as_secs_f64();
            let times = if times < 10.0 { format!("{times:.2}") } else { format!("{times:.0}") };
            let [our_wall, their_wall] = [time(ours.wall), time(theirs.wall)];
            let [our_cpu, their_cpu] = [time(ours.cpu), time(theirs.cpu)];
            rows.push([what.clone(), our_wall, their_wall, against.clone(), times, our_cpu, their_cpu]);
        }
        let mut limits = vec![["must hold", "at most", "measured", ""].map(str::to_owned)];
        for Limit { what, limit, measured, holds } in &self.limits {
            let holds = if *holds { "" } else { "**missed**" };
            limits.push([what.clone(), limit.clone(), measured.clone(), holds.to_owned()]);
        }
        let mut text = table(&rows);
        if limits.len() > 1 {
            text += "\n";
            text += &table(&limits);
        }
        for note in &self.notes {
            write!(text, "\n{note}\n").unwrap();
        }
        text
    }
}

/// Columns as wide as their widest cell; the first row is the head.
fn table<const N: usize>(rows: &[[String; N]]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; N] = std::array::from_fn(width);
    let mut text = String::new();
    for (number, row) in rows.iter().enumerate() {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!(" {cell:<width$} |"));
        writeln!(text, "|{}", cells.collect::<String>()).unwrap();
        if number == 0 {
            let line: String = widths.iter().map(|width| format!("{}|", "-".repeat(width + 2))).collect();
            writeln!(text, "|{line}").unwrap();
        }
    }
    text
}

/// A time with three digits.
#[must_use]
pub fn time(time: Duration) -> String {
    let (number, unit) = match time.as_secs_f64() {
        seconds if seconds >= 1.0 => (seconds, "s"),
        seconds if seconds >= 1e-3 => (seconds * 1e3, "ms"),
        seconds => (seconds * 1e6, "µs"),
    };
    let digits = if number >= 100.0 {
        0
    } else if number >= 10.0 {
        1
    } else {
        2
    };
    format!("{number:.digits$} {unit}")
}

/// A size in millions of bytes.
#[must_use]
pub fn megabytes(bytes: u64) -> String {
    format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10)
}

/// A size in MiB.
#[must_use]
pub fn mebibytes(bytes: u64) -> String {
    format!("{}.{} MiB", bytes >> 20, ((bytes & 0xf_ffff) * 10) >> 20)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn cost(micros: u64) -> Cost {
        Cost { wall: Duration::from_micros(micros), cpu: Duration::from_micros(micros / 2) }
    }

    #[test]
    fn tables_show_times_how_often_and_what_is_missed() {
        let mut report = Report::default();
        report.row("install", cost(2_000_000), "peer.sh", cost(2_040_000));
        report.row("rerun", cost(1_500), "peer.sh", cost(6_000_000));
        report.at_most("CPU time", Duration::from_millis(7), Duration::from_millis(5));
        report.at_most_of("rerun", Duration::from_millis(2), Duration::from_secs(6), (1.0 / 500.0, "1/500"));
        report.at_most_of("install", Duration::from_millis(102), Duration::from_millis(100), (1.02, "1.02 ×"));
        report.note("A note.");
        assert!(!report.holds());
        let expected = "\
|         | hostprep | other  | which is | times | CPU    | CPU    |
|---------|----------|--------|----------|-------|--------|--------|
| install | 2.00 s   | 2.04 s | peer.sh  | 1.02  | 1.00 s | 1.02 s |
| rerun   | 1.50 ms  | 6.00 s | peer.sh  | 4000  | 750 µs | 3.00 s |

| must hold | at most | measured |            |
|-----------|---------|----------|------------|
| CPU time  | 5.00 ms | 7.00 ms  | **missed** |
| rerun     | 1/500   | 1/3000   |            |
| install   | 1.02 ×  | 1.020 ×  |            |

A note.
";
        assert_eq!(report.markdown(), expected);
    }

    #[test]
    fn sizes_are_rounded_down() {
        assert_eq!(megabytes(4_170_000), "4.1 MB");
        assert_eq!(mebibytes(8 << 20), "8.0 MiB");
        assert_eq!(mebibytes((4 << 20) + (1 << 19)), "4.5 MiB");
    }
}
