use super::*;

fn host(name: &str, findings: &[(u16, &str, &str, bool)]) -> HostResult {
    let finding = |&(fault, reason, severity, is_waived): &(u16, &str, &str, bool)| Finding {
        step: "kernel".into(),
        fault: Some(fault),
        reason: reason.into(),
        title: reason.to_uppercase(),
        severity: severity.into(),
        detail: "d".into(),
        remedy: vec![format!("fix {fault}")],
        is_waived,
    };
    HostResult {
        name: name.into(),
        machine: None,
        time: None,
        version: Some("0.1.0".into()),
        kernel_table: None,
        distribution: "rocky 9.4".into(),
        kernel: None,
        state: if findings.iter().any(|found| !found.3) { State::Fault } else { State::Ok },
        findings: findings.iter().map(finding).collect(),
        pending: Vec::new(),
        unsettled: Vec::new(),
        waivers: Vec::new(),
    }
}

fn summary(results: Vec<HostResult>) -> Summary {
    let time = "2026-11-28T12:00:00Z".parse().unwrap();
    Summary::of(Collection { files: results.len(), results, ..Collection::default() }, time)
}

#[test]
fn a_host_counts_once_for_a_fault_and_waived_apart() {
    let report = summary(vec![
        host("a", &[(5, "user-missing", "minor", false), (5, "user-missing", "major", false)]),
        host("b", &[(5, "user-missing", "minor", true)]),
        host("c", &[(11, "headers-missing", "critical", false), (5, "user-missing", "minor", false)]),
    ]);
    let rows: Vec<_> = report
        .faults
        .iter()
        .map(|row| (row.fault, row.reason.as_str(), row.severity.as_str(), row.hosts, row.waived))
        .collect();
    assert_eq!(rows, [(Some(5), "user-missing", "major", 2, 1), (Some(11), "headers-missing", "critical", 1, 0)]);
    let counts: Vec<_> = report.states.iter().map(|count| (count.value.as_str(), count.hosts)).collect();
    assert_eq!(counts, [("failed", 0), ("fault", 2), ("unknown", 0), ("deferred", 0), ("ok", 1)]);
    assert_eq!((report.worst, report.hosts), (Some(State::Fault), 3));
}

#[test]
fn remedies_are_there_once_for_all_hosts_and_not_for_waived_faults() {
    let mut results: Vec<_> = (0..7).map(|i| host(&format!("h{i}"), &[(5, "user-missing", "major", false)])).collect();
    results.push(host("w", &[(5, "user-missing", "major", true)]));
    let pending = Pending {
        fault: 11,
        reason: "headers-missing".into(),
        title: String::new(),
        kernel: Some("6.1".into()),
        remedy: vec!["fix 5".into()],
    };
    results[0].pending.push(pending);
    let report = summary(results);
    assert_eq!(report.remedies.len(), 1);
    let row = &report.remedies[0];
    assert_eq!(row.findings, ["11 headers-missing", "5 user-missing"]);
    assert_eq!((row.hosts, row.remedy.as_slice()), (7, &["fix 5".to_owned()][..]));
    assert_eq!(row.named, ["h0", "h1", "h2", "h3", "h4"]);
    assert_eq!(report.pending[0].kernels, ["6.1"]);
}

#[test]
fn the_worst_hosts_have_the_gravest_faults() {
    let report = summary(vec![
        host("many-minor", &[(5, "a", "minor", false), (5, "b", "minor", false), (5, "c", "minor", false)]),
        host("critical", &[(11, "d", "critical", false)]),
        host("well", &[]),
        host("waived", &[(11, "d", "critical", true)]),
    ]);
    let names: Vec<_> = report.worst_hosts.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(names, ["critical", "many-minor"]);
}

#[test]
fn old_and_undated_results_are_counted_and_shared_machines_named() {
    let mut results = vec![host("a", &[]), host("b", &[]), host("c", &[])];
    results[0].time = Some("2026-11-21T11:59:59Z".parse().unwrap());
    results[1].time = Some("2026-11-21T12:00:01Z".parse().unwrap());
    results[2].time = Some("2036-01-01T00:00:00Z".parse().unwrap());
    results[0].machine = Some("1".into());
    results[2].machine = Some("1".into());
    let report = summary(results);
    assert_eq!((report.stale, report.undated), (1, 1));
    assert_eq!(report.shared_machines.len(), 1);
    assert_eq!(report.shared_machines[0].named, ["a", "c"]);
}

#[test]
fn without_a_host_there_is_no_state() {
    let report = summary(Vec::new());
    assert_eq!((report.worst, report.hosts, report.oldest), (None, 0, None));
}

#[test]
fn hosts_with_an_old_table_of_kernels_are_seen() {
    let with =
        |name: &str, table: Option<&str>| HostResult { kernel_table: table.map(str::to_owned), ..host(name, &[]) };
    let results = [with("a", Some("1 of 2026-11-29")), with("b", Some("2 of 2027-02-01")), with("c", None)];
    let results = results.into_iter().chain([with("d", Some("2 of 2027-02-01"))]).collect();
    let rows: Vec<_> = summary(results).kernel_tables.into_iter().map(|row| (row.value, row.hosts)).collect();
    let expected = [("2 of 2027-02-01", 2), ("1 of 2026-11-29", 1), ("not said", 1)];
    assert_eq!(rows, expected.map(|(value, hosts)| (value.to_owned(), hosts)));
}
