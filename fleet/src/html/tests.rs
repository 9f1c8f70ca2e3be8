use super::*;
use crate::collect::Collection;
use crate::result::HostResult;

fn page(name: &str, detail: &str) -> String {
    let json = |text: &str| serde_json::to_string(text).unwrap();
    let text = format!(
        r#"{{"schema":1,"host":{{"id":{name},"version":{name},"kernel":{name},"name":{name},"machine":{name}}},"steps":[
        {{"name":{name},"outcome":"fault","fault":11,"severity":{name},"reason":{name},"title":{name},"detail":{detail},"remedy":[{name}]}},
        {{"name":{name},"outcome":"unknown","detail":{detail}}}],"faults":[11],"waived":[{{"reason":{name},"until":{name},"why":{name}}}],
        "hostprep":{{"version":{name}}},"next_boot":{{"kernel":{name},"faults":[{{"id":11,"reason":{name},"title":{name},"remedy":[{name}]}}]}}}}"#,
        name = json(name),
        detail = json(detail),
    );
    let results = vec![HostResult::parse(text.as_bytes(), "x").unwrap()];
    let left_out = vec![crate::collect::LeftOut { file: name.into(), problem: name.into() }];
    let collection = Collection { results, left_out, files: 2, ..Collection::default() };
    render(&Summary::of(collection, "2026-11-28T12:00:00Z".parse().unwrap())).unwrap()
}

#[test]
fn nothing_that_a_result_says_is_markup() {
    for name in ["<img src=x onerror=alert(1)>", "</td><script>alert(1)</script>", "\"><svg onload=alert(1)>", "'><b>"]
    {
        let page = page(name, name);
        assert!(!page.contains(name), "{name}");
        let escaped = name.replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#x27;");
        let escaped = escaped.replace('/', "&#x2F;");
        assert!(page.matches(&escaped).count() >= 10, "{name}: {}", page.matches(&escaped).count());
    }
}

#[test]
fn only_the_pages_own_script_and_style_may_run() {
    let page = page("web1", "d");
    assert_eq!(page.matches("<script>").count(), 1);
    assert_eq!(page.matches("<style>").count(), 1);
    for (begin, end, directive) in [("<script>", "</script>", "script-src"), ("<style>", "</style>", "style-src")] {
        let content = page.split_once(begin).unwrap().1.split_once(end).unwrap().0;
        assert!(page.contains(&format!("{directive} '{}'", hash(content))), "{directive}");
    }
    assert!(!page.contains(" style=") && !page.contains("http://") && !page.contains("https://"));
}

#[test]
fn a_long_value_is_cut_and_a_control_character_shown() {
    let page = page("web1", &"x".repeat(100_000));
    assert!(page.len() < 30_000, "{}", page.len());
    assert_eq!(cut("a\u{1b}[2Jb\nc"), "a\u{fffd}[2Jb\nc");
    assert_eq!(cut("rm \u{202e}x\u{2066}"), "rm \u{fffd}x\u{fffd}");
    assert_eq!(cut(&"é".repeat(MAX_TEXT)).chars().count(), MAX_TEXT);
    assert_eq!(cut(&"é".repeat(MAX_TEXT + 1)).chars().count(), MAX_TEXT + 1);
}

#[test]
fn numbers_are_grouped() {
    for (value, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (10_000, "10,000"), (1_234_567, "1,234,567")] {
        assert_eq!(number(value), text);
    }
}
