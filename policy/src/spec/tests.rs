use super::*;

pub(crate) use crate::testing::spec;

#[test]
fn a_profile_is_read_strictly() {
    let text = r#"
        name = "agent-bpf"
        priority = 300
        former_priorities = [400]
        domain = "unconfined_service_t"
        fallback_domains = ["initrc_t"]
        class = "bpf"
        permissions = ["map_create", "map_read", "map_write", "prog_load", "prog_run"]
        executable = "/opt/agent/bin/agentd"
    "#;
    let read: ModuleSpec = toml::from_str(text).unwrap();
    assert_eq!(read, spec());
    assert_eq!(read.validate(), Ok(()));
    assert_eq!(read.priorities_ever(), [300, 400]);
    let unknown = format!("{text}\nprioirty = 200");
    assert!(toml::from_str::<ModuleSpec>(&unknown).unwrap_err().to_string().contains("prioirty"));
}

#[test]
fn a_profile_cannot_inject_rules_or_paths() {
    let good = spec();
    let bad_names =
        ["", "a b", "a;b", "../a", "a/b", "a\nb", "1a", "-a", "a.", "a..b", "a)", "ä", "self", &"a".repeat(200)];
    for bad in bad_names {
        let mut in_each_field: Vec<ModuleSpec> = vec![good.clone(); 5];
        in_each_field[0].name = bad.into();
        in_each_field[1].domain = bad.into();
        in_each_field[2].class = bad.into();
        in_each_field[3].permissions.push(bad.into());
        in_each_field[4].fallback_domains.push(bad.into());
        for spec in in_each_field {
            assert_eq!(spec.validate().unwrap_err().value, bad);
        }
    }
    for bad in ["agentd", "/opt/../agentd", "/opt/\0", "/opt/a\nb"] {
        // As a profile has it: text that no constructor has made absolute.
        let executable = toml::Value::from(bad).try_into().unwrap();
        assert!(ModuleSpec { executable, ..good.clone() }.validate().is_err(), "{bad:?}");
    }
    for bad in [0, 1000] {
        assert!(ModuleSpec { priority: bad, ..good.clone() }.validate().is_err());
        assert!(ModuleSpec { former_priorities: vec![bad], ..good.clone() }.validate().is_err());
    }
    assert!(ModuleSpec { permissions: Vec::new(), ..good }.validate().is_err());
}
