use super::*;
use crate::testing::with as root;

#[test]
fn the_last_byte_of_the_variable_is_the_value() {
    let on = |files: &[(&str, &[u8])]| is_on(&root(files).1).unwrap();
    assert!(!on(&[]), "no UEFI");
    assert!(on(&[(VARIABLE, &[6, 0, 0, 0, 1])]));
    assert!(!on(&[(VARIABLE, &[6, 0, 0, 0, 0])]));
    assert!(on(&[(OLD_VARIABLE, &[1])]));
    assert!(!on(&[(OLD_VARIABLE, &[0])]));
    assert!(!on(&[(VARIABLE, &[])]), "a variable without a value says nothing");
}

#[test]
fn shim_that_does_not_validate_counts_as_off() {
    let on = |shim: (&str, &[u8])| is_on(&root(&[(VARIABLE, &[6, 0, 0, 0, 1]), shim]).1).unwrap();
    assert!(!on((SHIM_VARIABLE, &[6, 0, 0, 0, 1])));
    assert!(on((SHIM_VARIABLE, &[6, 0, 0, 0, 0])));
    assert!(on((SHIM_VARIABLE, &[7, 0, 0, 0, 1])), "non-volatile: not what shim wrote");
    assert!(on((SHIM_VARIABLE, &[])));
    assert!(!on((OLD_SHIM_VARIABLE, &[1])));
    assert!(on((OLD_SHIM_VARIABLE, &[0])));
    assert!(!is_on(&root(&[(SHIM_VARIABLE, &[6, 0, 0, 0, 0])]).1).unwrap(), "without Secure Boot");
}

#[test]
fn lockdown_and_sig_enforce_require_signatures() {
    let why = |files: &[(&str, &[u8])]| enforces_signatures(&root(files).1).unwrap();
    assert_eq!(why(&[]), None);
    assert_eq!(
        why(&[(SIG_ENFORCE, b"N\n"), ("/sys/kernel/security/lockdown", b"[none] integrity confidentiality\n")]),
        None
    );
    assert_eq!(why(&[(SIG_ENFORCE, b"Y\n")]).unwrap(), "module.sig_enforce is on");
    let locked = why(&[("/sys/kernel/security/lockdown", b"none [integrity] confidentiality\n")]).unwrap();
    assert_eq!(locked, "the kernel is locked down (integrity)");
}
