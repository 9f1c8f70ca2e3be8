use super::*;

const ENGLISH: &str = "
fault-1 = Title
    .cause = With { $user }.
    .resolution-wait = Run { $command } {\"{\"}now{\"}\"}
word-a = { $time }
";

fn english() -> Messages {
    check(ENGLISH, &Asked::AtMost(&Messages::new())).0
}

fn problems(text: &str) -> Vec<String> {
    check(text, &Asked::As(&english())).1
}

#[test]
fn the_same_messages_with_the_same_variables_are_fine() {
    assert!(problems(ENGLISH).is_empty());
    let translated =
        "word-a = um { $time }\nfault-1 = Titel\n    .cause = { $user }\n    .resolution-wait = { $command }";
    assert_eq!(problems(translated), [""; 0]);
}

#[test]
fn every_difference_is_named() {
    for (from, to, expected) in [
        (
            "    .cause = With { $user }.\n",
            "",
            "fault-1.cause is missing: add it, with the meaning that it has in en.ftl",
        ),
        ("word-a = { $time }\n", "", "word-a is missing: add it"),
        ("fault-1 = Title", "fault-1 =", "fault-1 is missing: add it"),
        ("word-a", "scope-b = more\nword-a", "nothing uses scope-b"),
        ("word-a", "    .more = more\nword-a", "nothing uses fault-1.more"),
        ("word-a", "word-a = { $time }\nword-a", "word-a is there twice"),
        ("{ $user }", "a user", "fault-1.cause leaves out { $user }"),
        ("{ $user }", "{ $user } { $uesr }", "fault-1.cause uses { $uesr }, which en.ftl does not use there"),
        ("{ $user }", "{ $user } { word-a }", "fault-1.cause: write out what it refers to"),
        ("{ $user }", "{ $user } { -term }", "fault-1.cause: write out what it refers to"),
        ("{ $user }", "{ NUMBER($user) }", "fault-1.cause: write out what it refers to"),
        ("{ $user }", "{ $user", "line 3: "),
    ] {
        assert!(ENGLISH.contains(from));
        let found = problems(&ENGLISH.replacen(from, to, 1));
        assert!(found.iter().any(|problem| problem.starts_with(expected)), "{to}: {found:?}");
    }
}

#[test]
fn variables_are_found_wherever_they_stand() {
    let text = "word-a = { $count ->\n    [one] { $user }\n   *[other] { { $time } }\n }";
    let (found, _) = check(text, &Asked::AtMost(&Messages::new()));
    assert_eq!(found["word-a"], ["count", "time", "user"].map(str::to_owned).into());
}

#[test]
fn english_may_leave_out_values_but_not_what_a_word_is_given() {
    let asked: Messages =
        ["fault-1", "word-a"].map(|name| (name.to_owned(), BTreeSet::from(["user".to_owned()]))).into();
    let problems = |text: &str| check(text, &Asked::AtMost(&asked)).1;
    assert_eq!(problems("fault-1 = x\nword-a = { $user }"), [""; 0]);
    assert_eq!(problems("fault-1 = x\nword-a = x"), ["word-a leaves out { $user }: put it in"]);
    let unknown = problems("fault-1 = { $host }\nword-a = { $user }");
    assert_eq!(unknown, ["fault-1 uses { $host }, which it is not given: take it out"]);
    assert_eq!(problems("fault-1 = x"), ["word-a is missing: add it"]);
}

#[test]
fn the_catalogue_says_what_is_wanted() {
    let catalogue = "
[values]
user = 'scan'

[[fault]]
id = 1
severity = 'major'
reasons = ['user-missing']
resolutions = ['wait']
logs = []
since = [{ scope = 'somewhere' }]
";
    let wanted = wanted(catalogue).unwrap();
    let of = |prefix: &str| wanted.keys().filter(|name| name.starts_with(prefix)).cloned().collect::<Vec<_>>();
    assert_eq!(of("fault-"), ["fault-1", "fault-1.cause", "fault-1.impact", "fault-1.resolution-wait"]);
    assert_eq!(wanted["fault-1.cause"], BTreeSet::from(["user".to_owned()]));
    assert_eq!(of("scope-"), ["scope-somewhere"]);
    assert_eq!(of("reason-").len(), Reason::KNOWN.len());
    assert_eq!(of("source-").len(), Source::KNOWN.len());
    assert_eq!(of("word-").len(), Word::ALL.len());
}
