use super::*;
use crate::result::State;

fn collection(names: &[&str]) -> Collection {
    let text = |name: &&str| {
        format!(
            r#"{{"schema":1,"host":{{"id":"debian","version":"12","name":{}}},"steps":[
            {{"name":"kernel","outcome":"fault","fault":11,"severity":"critical","reason":"headers-missing","detail":"a \"b\", c","remedy":["one","two"]}},
            {{"name":"ebpf","outcome":"unknown","detail":"=HYPERLINK(1)"}},{{"name":"scan-user","outcome":"ok","detail":""}}],"faults":[11]}}"#,
            serde_json::to_string(name).unwrap()
        )
    };
    let results = names.iter().map(|name| HostResult::parse(text(name).as_bytes(), "x").unwrap()).collect();
    Collection { results, ..Collection::default() }
}

fn read(text: &str) -> Vec<Vec<String>> {
    let mut reader = ::csv::Reader::from_reader(text.as_bytes());
    reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
}

#[test]
fn each_finding_is_a_row_that_reads_back() {
    let rows = read(&render(&collection(&["web1"])).unwrap());
    assert_eq!(rows.len(), 2);
    assert_eq!(
        rows[0],
        [
            "web1",
            "",
            "",
            "debian 12",
            "",
            "fault",
            "kernel",
            "fault",
            "11",
            "headers-missing",
            "critical",
            "no",
            "a \"b\", c",
            "one\ntwo"
        ]
    );
    assert_eq!(rows[1][6..8], ["ebpf", "unknown"]);
}

#[test]
fn a_healthy_host_has_a_row() {
    let mut collection = collection(&["web1"]);
    let result = &mut collection.results[0];
    (result.findings, result.unsettled, result.state) = (Vec::new(), Vec::new(), State::Ok);
    let rows = read(&render(&collection).unwrap());
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0][0].as_str(), rows[0][5].as_str(), rows[0][6].as_str()), ("web1", "ok", ""));
}

#[test]
fn no_cell_is_a_formula() {
    for name in [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\nx",
        " =1",
        "\n =1",
        "\u{1b}[31m=1",
        "\0=1",
        "\u{7f}-1",
        "\u{feff}=1",
        "\u{200b}\u{2060}@x",
        "\u{202e}=1",
        "＝1",
        "＋1",
        "－1",
        "＠x",
    ] {
        let rows = read(&render(&collection(&[name])).unwrap());
        assert_eq!(rows[0][0], format!("'{name}"));
        assert_eq!(rows[1][12], "'=HYPERLINK(1)");
    }
}
