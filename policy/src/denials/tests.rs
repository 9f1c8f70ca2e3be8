use proptest::prelude::*;

use super::*;

const LOG: &str = r#"type=DAEMON_START msg=audit(1700000000.001:1): op=start ver=3.0.9
type=AVC msg=audit(1699999999.5:7): avc:  denied  { write } for  pid=9 comm="agentd" scontext=system_u:system_r:agent_t:s0 tcontext=system_u:object_r:old_t:s0 tclass=file permissive=1
type=AVC msg=audit(1700000001.5:8): avc:  denied  { open read } for  pid=9 comm="agentd" path="/etc/agent.conf" dev="vda1" ino=3 scontext=system_u:system_r:agent_t:s0 tcontext=system_u:object_r:etc_t:s0 tclass=file permissive=1
type=AVC msg=audit(1700000002.5:9): avc:  denied  { getattr } for  pid=9 comm="agentd" name="agent.conf" scontext=system_u:system_r:agent_t:s0 tcontext=system_u:object_r:etc_t:s0 tclass=file permissive=0
audit: type=1400 audit(1700000003.5:10): avc:  denied  { map_create } for  pid=9 comm="agentd" scontext=system_u:system_r:agent_t:s0 tcontext=system_u:system_r:agent_t:s0 tclass=bpf permissive=0
AVC avc:  denied  { kill } for  pid=9 comm="agentd" capability=5 scontext=system_u:system_r:agent_t tcontext=system_u:system_r:agent_t tclass=capability permissive=1
type=AVC msg=audit(1700000004.5:11): avc:  denied  { read } for  pid=9 comm="other" scontext=system_u:system_r:other_t:s0 tcontext=system_u:object_r:etc_t:s0 tclass=dir permissive=0
type=AVC msg=audit(1700000004.5:12): avc:  granted  { load_policy } for  pid=9 comm="agentd" scontext=system_u:system_r:agent_t:s0 tcontext=system_u:object_r:security_t:s0 tclass=security
"#;

#[test]
fn each_place_s_messages_are_read() {
    let found = of(LOG, "agent_t", Some(1_700_000_000));
    let rules: Vec<String> = found.iter().map(|denial| denial.rule("agent_t")).collect();
    assert_eq!(
        rules,
        [
            "allow agent_t etc_t:file { getattr open read };",
            "allow agent_t self:bpf { map_create };",
            "allow agent_t self:capability { kill };",
        ]
    );
    let etc = &found[0];
    assert!(etc.enforced, "one of them was");
    assert_eq!((etc.program.as_deref(), etc.object.as_deref()), (Some("agentd"), Some("/etc/agent.conf")));
    assert!(!found[2].enforced);
}

#[test]
fn what_is_older_than_the_boot_is_left_out() {
    assert!(of(LOG, "agent_t", None).iter().any(|denial| denial.target == "old_t"));
    assert_eq!(newest(LOG), Some(1_700_000_004));
    assert_eq!(newest("AVC avc:  denied"), None);
}

proptest! {
    #[test]
    fn never_panics(log in any::<String>()) {
        let _ = of(&log, "agent_t", Some(1));
    }

    #[test]
    fn never_panics_on_what_looks_like_a_denial(log in "(avc:  denied |\\{|\\} |scontext=a:b:agent_t|tcontext=a:b:c:d|tclass=|audit\\(1|\\.| ){0,20}") {
        let _ = of(&log, "agent_t", Some(1));
    }
}
