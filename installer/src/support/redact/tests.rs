use super::*;

fn redacted(text: &str) -> String {
    Redaction::of(["web1.example.com".to_owned()], []).apply(text)
}

#[test]
fn names_and_addresses_get_other_words() {
    for (text, expected) in [
        ("web1 said", "host-1 said"),
        ("web1.example.com: up", "host-1: up"),
        ("WEB1", "host-1"),
        ("from db.example.com.", "from host-1."),
        ("addr=10.1.2.3 laddr=10.1.2.3:443", "addr=address-1 laddr=address-1:443"),
        ("[2001:db8::17]:443, 192.0.2.1/24", "[address-1]:443, address-2/24"),
        ("fe80::1%eth0", "address-1%eth0"),
        ("ether 52:54:00:12:34:56", "ether hardware-address-1"),
        (r#"{"detail":"asked\n10.1.2.3\tweb1\\nweb1"}"#, r#"{"detail":"asked\naddress-1\thost-1\\nhost-1"}"#),
        ("2001:db8:1::/64, 2001:db8:1:: and 2001:db8::1:", "address-1/64, address-1 and address-2:"),
        ("10.0.0.1-10.0.0.9", "address-1-address-2"),
        ("ether 5254.0012.3456 00-11-22-33-44-55", "ether hardware-address-1 hardware-address-2"),
        (
            "inet:10.1.2.3 tcp:10.1.2.3:443 from:web1:22 addr:fe80::1",
            "inet:address-1 tcp:address-1:443 from:host-1:22 addr:address-2",
        ),
        ("web1-mgmt web1_x web1.log old-web1 WEB1.local", "host-1-mgmt host-1_x host-1.log old-host-1 host-1.local"),
        (r#"{"name":"web1","kernel":"x"}"#, r#"{"name":"host-1","kernel":"x"}"#),
    ] {
        assert_eq!(redacted(text), expected);
    }
}

#[test]
fn the_same_thing_is_the_same_word_in_every_part() {
    let mut redaction = Redaction::of(["web1.example.com".to_owned()], []);
    assert_eq!(redaction.apply("10.0.0.1 10.0.0.2 web1"), "address-1 address-2 host-1");
    assert_eq!(redaction.apply("10.0.0.2 db.example.com"), "address-2 host-2");
    // However it is written.
    assert_eq!(redaction.apply("::ffff:10.0.0.2 fe80::1 FE80:0:0::0001"), "address-2 address-3 address-3");
    let cards = redaction.apply("52:54:00:ab:cd:ef 52-54-00-AB-CD-EF 5254.00ab.cdef");
    assert_eq!(cards, ["hardware-address-1"; 3].join(" "));
}

#[test]
fn everything_else_stays() {
    for text in [
        "127.0.0.1 ::1 0.0.0.0",
        "5.14.0-427.13.1.el9_4.x86_64 12:34:56 2026-11-28T20:30:00.123Z",
        "web10 webserver cisco-secure-bpf myexample.com",
        "system_u:system_r:unconfined_service_t:s0",
        "web10-x web1x_y 2026.1129.2026x 00:00:00:00:00:00 0000.0000.0000",
        "deny { prog_load } for pid=1 -- é ::",
        "",
    ] {
        assert_eq!(redacted(text), text);
    }
    assert_eq!(
        Redaction::of(["localhost.localdomain".to_owned()], []).apply("localhost a.localdomain"),
        "localhost a.localdomain"
    );
}

#[test]
fn a_host_may_have_two_names_and_more_domains() {
    let mut redaction =
        Redaction::of(["web1".to_owned(), "front.example.com".to_owned()], ["corp.example.".to_owned()]);
    assert_eq!(redaction.apply("web1 front db.example.com nfs.corp.example"), "host-1 host-2 host-3 host-4");
}

#[test]
fn a_host_called_by_a_number_breaks_no_json() {
    assert_eq!(Redaction::of(["1".to_owned()], []).apply(r#"{"schema":1}"#), r#"{"schema":1}"#);
}
