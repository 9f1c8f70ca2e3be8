//! passwd(5) and group(5) of an alternate root.

use host::system::accounts::{Accounts, GROUP, PASSWD};

use crate::input::{parts, text};
use crate::scratch::Scratch;

/// A name, and the two files.
pub fn check(data: &[u8]) {
    let [name, passwd, group] = parts(data);
    let name = text(name).trim_end().to_owned();
    let scratch = Scratch::new();
    scratch.file(PASSWD, passwd);
    scratch.file(GROUP, group);
    let root = scratch.root();
    let accounts = Accounts::of(&root);
    let before = scratch.tree();

    match accounts.user(&name) {
        Ok(Some(user)) => {
            let fields = first_of(passwd, &name).expect("a line that names it");
            assert_eq!(fields.len(), 7);
            assert_eq!((&user.name, user.uid), (&fields[0], fields[2].parse().unwrap()));
            assert_eq!(user.gid, fields[3].parse::<u32>().unwrap());
            assert_eq!((user.home.to_str().unwrap(), user.shell.to_str().unwrap()), (&*fields[5], &*fields[6]));
        }
        Ok(None) => assert_eq!(first_of(passwd, &name), None),
        Err(e) => assert!(first_of(passwd, &name).is_some() && e.to_string().lines().count() <= 2, "{e}"),
    }
    match accounts.group(&name) {
        Ok(Some(found)) => {
            let fields = first_of(group, &name).expect("a line that names it");
            assert_eq!((fields.len(), &found.name, found.gid), (4, &fields[0], fields[2].parse().unwrap()));
        }
        Ok(None) => assert_eq!(first_of(group, &name), None),
        Err(e) => assert!(first_of(group, &name).is_some() && e.to_string().lines().count() <= 2, "{e}"),
    }
    assert!(scratch.tree() == before, "looking changed something");
}

/// The fields of the first line that begins with the name.
fn first_of(file: Option<&[u8]>, name: &str) -> Option<Vec<String>> {
    let text = text(file);
    let line = text.lines().find(|line| line.split(':').next() == Some(name))?;
    Some(line.split(':').map(str::to_owned).collect())
}
