use super::*;

#[test]
fn every_file_is_named_as_its_language_is_written() {
    for language in languages() {
        assert_eq!(language.parse::<LanguageIdentifier>().unwrap().to_string(), language);
        assert_eq!(find(language), Some(language));
    }
}

#[test]
fn a_locale_and_a_tag_mean_a_language() {
    for (language, names) in [
        ("en", &["en", "EN", "en_US.UTF-8", "en_GB@euro", "en-AU", "C", "C.UTF-8", "POSIX"][..]),
        ("ja", &["ja", "ja_JP", "ja_JP.UTF-8", "ja_JP.eucJP", "ja-Jpan", "ja-JP-u-ca-japanese"]),
        ("ko", &["ko", "ko_KR", "ko_KR.UTF-8", "ko-KR", "ko-Kore-KR"]),
        ("zh-TW", &["zh_TW", "zh_TW.Big5", "zh_TW.UTF-8", "zh-TW", "zh_HK", "zh_MO.UTF-8", "zh-Hant", "zh-Hant-HK"]),
    ] {
        for name in names {
            assert_eq!(find(name), Some(language), "{name}");
        }
    }
}

#[test]
fn what_is_no_language_here_means_none() {
    for name in [
        "",
        "zh",
        "zh_CN",
        "zh_CN.GB18030",
        "zh_SG",
        "zh-Hans",
        "zh-Hans-TW",
        "de_DE.UTF-8",
        "tlh",
        "xx",
        "en_Shaw",
        "c",
        ".UTF-8",
        "@euro",
        "u-ca-japanese",
        "ja JP",
        "日本語",
        "../en",
    ] {
        assert_eq!(find(name), None, "{name}");
    }
}
