use super::*;

fn lines(mark: &str, text: &str, width: usize) -> Vec<String> {
    hanging(mark, text, Some(width)).lines().map(str::to_owned).collect()
}

#[test]
fn columns_line_up_under_wide_characters() {
    let rows = [["コネクタ 1.16.0 以降", "Debian"], ["any", "SUSE"], ["모든 커넥터", "Ubuntu"]];
    let widest = rows.iter().map(|row| cells(row[0])).max().unwrap();
    assert_eq!(widest, 20);
    for columns in rows {
        let line = row(&columns, &[widest]);
        let at = line.find(columns[1]).unwrap();
        assert_eq!(cells(&line[..at]), widest + 2, "{line}");
    }
    assert_eq!(row(&["a", "b", "c"], &[3, 1]), "a    b  c");
}

#[test]
fn a_line_ends_where_its_script_lets_it() {
    // Chinese and Japanese anywhere but before a full stop or behind a bracket.
    let text = "核心".repeat(9) + "（eBPF）的核心核心核。";
    assert_eq!(lines("", &text, 40), ["核心".repeat(9), "（eBPF）的核心核心核。".to_owned()]);
    let text = "核心".repeat(10) + "。核心核心";
    assert_eq!(lines("", &text, 40), ["核心".repeat(9) + "核", "心。核心核心".to_owned()]);
    // Korean at spaces.
    assert_eq!(
        lines("", "커넥터를 다시 시작하여 상태를 다시 확인하게 합니다.", 40),
        ["커넥터를 다시 시작하여 상태를 다시", "확인하게 합니다."]
    );
    // Paths and options stay in one piece.
    let text = "理由は、カーネルのログを見てください: /var/log/messages";
    assert_eq!(lines("", text, 40), ["理由は、カーネルのログを見てください:", "/var/log/messages"]);
    let text = "it is shown by the option of mokutil --sb-state";
    assert_eq!(lines("", text, 40), ["it is shown by the option of mokutil", "--sb-state"]);
}

#[test]
fn what_is_quoted_is_never_torn() {
    assert_eq!(
        lines("", "一二三四五六七八九十一二三「mokutil --sb-state」查看。", 40),
        ["一二三四五六七八九十一二三", "「mokutil --sb-state」查看。"]
    );
    assert_eq!(
        lines("", "see what is said by “hostprep load-lock status” of it", 40),
        ["see what is said by", "“hostprep load-lock status” of it"]
    );
    // What is never closed, or is too long for a line, is torn like anything else.
    let inches = "a disk of 5\" that was told to spin down, and did";
    assert_eq!(lines("", inches, 40), ["a disk of 5\" that was told to spin down,", "and did"]);
    let long = "say \"one two three four five six seven eight nine ten eleven\" twice";
    assert_eq!(lines("", long, 40), ["say \"one two three four five six seven", "eight nine ten eleven\" twice"]);
}

#[test]
fn the_last_line_is_more_than_a_syllable() {
    let text = "ロックは、再インストールでも解除されます。";
    assert_eq!(lines("", text, 40), ["ロックは、再インストールでも解除", "されます。"]);
    assert_eq!(lines("", "one two three four five six seven eight nine ten a", 48).last().unwrap(), "a");
}

#[test]
fn what_follows_hangs_under_the_text() {
    let text = "one two three four five six seven eight nine ten";
    assert_eq!(lines("  1. ", text, 40), ["  1. one two three four five six seven", "     eight nine ten"]);
    assert_eq!(hanging("  障害 ", "一", None), "  障害 一\n");
    assert_eq!(hanging("  ", text, None), format!("  {text}\n"));
    assert_eq!(lines("- ", "  spaced  out", 40), ["-   spaced  out"]);
}

#[test]
fn a_narrow_terminal_is_not_obeyed_to_the_letter() {
    assert_eq!(lines("  ", &"核".repeat(30), 3), lines("  ", &"核".repeat(30), 40));
}
