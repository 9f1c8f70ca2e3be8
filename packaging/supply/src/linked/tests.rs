use super::*;

#[test]
fn the_lines_of_a_tree_are_edges() {
    let mut uses = BTreeMap::new();
    read_tree("0 a v1.0.0 (/somewhere)\n1 b v2.0.0\n2 c v3.0.0+x.y\n1 c v3.0.0+x.y\n", &mut uses).unwrap();
    let (a, b, c) = (Id::new("a", "1.0.0"), Id::new("b", "2.0.0"), Id::new("c", "3.0.0+x.y"));
    assert_eq!(uses[&a], [b.clone(), c.clone()].into());
    assert_eq!(uses[&b], [c.clone()].into());
    assert!(uses[&c].is_empty());
    assert!(read_tree("├── b v2.0.0", &mut uses).is_err());
}

#[test]
fn licences_become_expressions() {
    let id = Id::new("a", "1");
    assert_eq!(expression(&id, Some("MIT/Apache-2.0")).unwrap(), "MIT OR Apache-2.0");
    assert_eq!(expression(&id, Some("Unlicense OR MIT")).unwrap(), "Unlicense OR MIT");
    for wrong in [None, Some("see the file"), Some("MIT OR")] {
        assert!(expression(&id, wrong).unwrap_err().to_string().starts_with("crate a 1: "), "{wrong:?}");
    }
}
