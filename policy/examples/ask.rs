//! Asks the running kernel whether a domain may do something on itself: `ask DOMAIN CLASS EXECUTABLE PERMISSION…`

#![expect(clippy::print_stdout, reason = "an example prints its result")]

use policy::spec::{Confinement, DomainMode};
use policy::{Kernel, ModuleSpec, RunningKernel};

fn main() -> Result<(), &'static str> {
    let mut args = std::env::args().skip(1);
    let (Some(domain), Some(class), Some(executable)) = (args.next(), args.next(), args.next()) else {
        return Err("usage: ask DOMAIN CLASS EXECUTABLE PERMISSION…");
    };
    let spec = ModuleSpec {
        name: "asked".into(),
        priority: 300,
        former_priorities: Vec::new(),
        domain,
        fallback_domains: Vec::new(),
        class,
        permissions: args.collect(),
        executable: host::fs::InRoot::new(executable).map_err(|_| "EXECUTABLE is an absolute path without `..`")?,
        confinement: Confinement::Service,
        executable_type: None,
        domain_mode: DomainMode::Permissive,
        allow: Vec::new(),
    };
    let kernel = RunningKernel;
    println!("mode {:?}", kernel.mode());
    match kernel.ask(&spec) {
        Err(e) => println!("error {e}"),
        Ok(a) => println!(
            "{} known={} class={:?} missing={:?} all={} permissive={}",
            a.context,
            a.domain_known,
            a.class,
            a.missing(),
            a.allows_all(),
            a.permissive_domain
        ),
    }
    Ok(())
}
