use host::Root;
use host::process::clock::SystemClock;

use super::*;
use crate::spec::tests::spec;

fn sources() -> Sources {
    Sources::render(&spec(), "initrc_t").unwrap()
}

fn scratch() -> (tempfile::TempDir, Root) {
    let scratch = tempfile::tempdir().unwrap();
    let root = crate::testing::root_with(scratch.path(), &[]);
    root.make_dirs("/scratch").unwrap();
    (scratch, root)
}

#[test]
fn the_plan_follows_the_tools() {
    let plan = |runner: &CommandRunner| {
        Compile::plan(runner, &Root::system().unwrap(), "agent-bpf", &sources(), &"/scratch".into())
    };
    let with_tools = plan(&CommandRunner::new(&SystemClock, &()));
    assert_eq!((with_tools.format, with_tools.file.clone()), (Format::Pp, "/scratch/agent-bpf.pp".into()));
    let commands: Vec<_> = with_tools.commands.iter().map(ToString::to_string).collect();
    assert_eq!(
        commands,
        [
            "checkmodule -M -m -o /scratch/agent-bpf.mod /scratch/agent-bpf.te",
            "semodule_package -o /scratch/agent-bpf.pp -m /scratch/agent-bpf.mod"
        ]
    );
    assert_eq!(with_tools.writes, [(InRoot::from("/scratch/agent-bpf.te"), sources().te.unwrap())]);
    let without = plan(&CommandRunner::with_directories(vec!["/nonexistent".into()], &SystemClock, &()));
    assert_eq!((without.format, without.file.clone()), (Format::Cil, "/scratch/agent-bpf.cil".into()));
    assert_eq!(
        (&without.writes, &without.commands),
        (&vec![("/scratch/agent-bpf.cil".into(), sources().cil)], &vec![])
    );
    let instead = with_tools.as_cil();
    assert_eq!((instead.format, instead.file, instead.writes), (without.format, without.file, without.writes));
}

#[test]
fn a_package_or_cil_where_it_does_not_compile() {
    let (_scratch, root) = scratch();
    let directory = root.dir("/scratch").unwrap();
    let runner = CommandRunner::new(&SystemClock, &());
    let plan = Compile::plan(&runner, &root, "agent-bpf", &sources(), directory.in_root());
    let compiled = plan.run(&runner, &directory).unwrap();
    assert_eq!((compiled.format, &compiled.fell_back), (Format::Pp, &None));
    let magic = &root.read("/scratch/agent-bpf.pp", 65536).unwrap()[..4];
    assert_eq!(magic, [0x8f, 0xff, 0x7c, 0xf9]);
    plan.clean(&directory).unwrap();
    assert!(directory.names().unwrap().is_empty());

    let broken = Sources { te: Some("module agent-bpf 1.0;\nallow a b:c d;\n".into()), ..sources() };
    let plan = Compile::plan(&runner, &root, "agent-bpf", &broken, directory.in_root());
    let compiled = plan.run(&runner, &directory).unwrap();
    assert_eq!((compiled.format, compiled.file), (Format::Cil, directory.in_root().join("agent-bpf.cil")));
    let why = compiled.fell_back.unwrap();
    assert!(why.contains("agent-bpf.te:3:ERROR"), "{why}");
    assert_eq!(root.read_text("/scratch/agent-bpf.cil").unwrap(), sources().cil);
    plan.clean(&directory).unwrap();
    assert!(directory.names().unwrap().is_empty());
}
