//! The running kernel, asked through libselinux.
//!
//! Only functions of libselinux 2.5 are needed (EL7). Contexts are raw throughout, so that no translation daemon is
//! asked. Nothing is changed. Asking for the rule leaves no AVC message: the kernel computes the answer and checks
//! nothing. It does check access to the contexts of process 1 and of the program, which are read first: seen from
//! `user_t` and `crond_t`, a denied `getattr` on `init_t`, and no answer.

use std::ffi::CString;
use std::io;
use std::path::Path;

use host::Root;
use selinux::label::Labeler;
use selinux::label::back_end::File;
use selinux::{FileAccessMode, SELinuxMode, SecurityClass, SecurityContext, UndefinedHandling};

use crate::context::Context;
use crate::kernel::{Answer, AskError, ClassKnowledge, Kernel, KernelMode};
use crate::spec::{AllowRule, ModuleSpec};

/// The label of a program without a label of its own, in every policy checked.
const PLAIN_PROGRAM: &str = "bin_t";
/// The role that services run in.
const SERVICE_ROLE: &str = "system_r";
/// `avd_flags` of `selinux/avc.h`; the crate's own constants differ in type between versions of the header.
const PERMISSIVE: u32 = 1;
/// Whether the policy decides about transitions on `nosuid` (Linux 4.14): `policycap nnp_nosuid_transition`.
const NOSUID_CAPABILITY: &str = "/sys/fs/selinux/policy_capabilities/nnp_nosuid_transition";
/// The mode of a regular file, for `selabel_lookup(3)`.
const REGULAR: u32 = 0o100_000;

/// The kernel that this process runs on.
#[derive(Debug, Clone, Copy, Default)]
pub struct RunningKernel;

impl Kernel for RunningKernel {
    fn mode(&self) -> KernelMode {
        let mode = match selinux::current_mode() {
            SELinuxMode::Enforcing => KernelMode::Enforcing,
            SELinuxMode::Permissive => KernelMode::Permissive,
            _ => return KernelMode::NotRunning,
        };
        // Until a policy is loaded, every process has the bare initial context `kernel`.
        match SecurityContext::current(true).map(|context| text(&context)) {
            Ok(Some(own)) if Context::parse(&own).is_none() => KernelMode::NotRunning,
            _ => mode,
        }
    }

    fn ask(&self, spec: &ModuleSpec) -> Result<Answer, AskError> {
        self.require_policy()?;
        if spec.has_own_domain() {
            let wanted = init_context()?.service(SERVICE_ROLE, &spec.domain);
            return match canonical(&wanted)? {
                Some(known) => answer(spec, &known, true),
                None => Ok(Answer::of_unknown_domain(spec, wanted.to_string())),
            };
        }
        let (context, domain_known) = service_context(spec)?;
        answer(spec, &context, domain_known)
    }

    fn ask_own(&self, spec: &ModuleSpec) -> Result<Answer, AskError> {
        self.require_policy()?;
        let own = SecurityContext::current(true)
            .map_err(|e| refused("the context of this process".into(), e))
            .map(|context| text(&context).unwrap_or_default())?;
        let context = Context::parse(&own)
            .ok_or_else(|| AskError::Strange { of: "this process".into(), context: own.clone() })?;
        answer(spec, &context, context.the_type == spec.domain)
    }

    fn transitions_on_nosuid(&self, spec: &ModuleSpec) -> Result<bool, AskError> {
        self.require_policy()?;
        let (service, _) = service_context(spec)?;
        let init = init_context()?;
        if init == service {
            return Ok(true);
        }
        let capability = Root::system().and_then(|root| root.read(NOSUID_CAPABILITY, 16));
        let (true, Ok(class)) =
            (capability.is_ok_and(|value| value.trim_ascii() == b"1"), SecurityClass::from_name("process2"))
        else {
            return Ok(false);
        };
        let Ok(bit) = class.access_vector_bit("nosuid_transition") else { return Ok(false) };
        let (from, into) = (c_string(&init.to_string())?, c_string(&service.to_string())?);
        let decision = SecurityContext::from_c_str(&from, true)
            .query_access_decision(&SecurityContext::from_c_str(&into, true), class, bit)
            .map_err(|e| refused(format!("may {} become {} on nosuid", init.the_type, service.the_type), e))?;
        Ok(decision.allowed & bit == bit)
    }

    fn started_in(&self, spec: &ModuleSpec) -> Result<String, AskError> {
        self.require_policy()?;
        transition(&init_context()?, spec.executable.as_path()).map(|context| context.the_type)
    }

    fn allows(&self, spec: &ModuleSpec, rule: &AllowRule) -> Result<Option<bool>, AskError> {
        self.require_policy()?;
        let (source, is_own) = service_context(spec)?;
        let target = match rule.target.as_str() {
            "self" => Some(source.clone()),
            // Every type has that role.
            the_type => canonical(&init_context()?.service("object_r", the_type))?,
        };
        let (true, Some(target), Ok(class)) = (is_own, target, SecurityClass::from_name(&rule.class)) else {
            return Ok(None);
        };
        let (from, into) = (c_string(&source.to_string())?, c_string(&target.to_string())?);
        let (from, into) = (SecurityContext::from_c_str(&from, true), SecurityContext::from_c_str(&into, true));
        for permission in &rule.permissions {
            let Ok(bit) = class.access_vector_bit(permission) else { return Ok(None) };
            let decision = from
                .query_access_decision(&into, class, bit)
                .map_err(|e| refused(format!("may {} {permission} {}", source.the_type, target.the_type), e))?;
            if decision.allowed & bit != bit {
                return Ok(Some(false));
            }
        }
        Ok(Some(true))
    }

    fn knows_context(&self, context: &str) -> Result<bool, AskError> {
        self.require_policy()?;
        let context = Context::parse(context)
            .ok_or_else(|| AskError::Strange { of: "a file".into(), context: context.to_owned() })?;
        canonical(&context).map(|known| known.is_some())
    }

    fn label_by_file_contexts(&self, path: &Path) -> Result<Option<String>, AskError> {
        self.require_policy()?;
        let found = Labeler::<File>::new(&[], true)
            .and_then(|labeler| labeler.look_up_by_path(path, FileAccessMode::new(REGULAR)).map(|label| text(&label)));
        match found {
            Ok(label) => Ok(label.filter(|label| Context::parse(label).is_some())),
            Err(e) if errno(&e) == Some(ENOENT) => Ok(None),
            Err(e) => Err(refused(format!("the file context of {}", path.display()), e)),
        }
    }
}

impl RunningKernel {
    /// Prepares for questions.
    fn require_policy(self) -> Result<(), AskError> {
        if self.mode() == KernelMode::NotRunning {
            return Err(AskError::NotRunning);
        }
        // A policy load may have changed the numbers of names that were looked up before. libselinux before 3.1 does
        // not have the function; modules of this crate change neither classes nor permissions.
        let _ = selinux::flush_class_cache();
        Ok(())
    }
}

/// Asks whether `context` may use the permissions of `spec` on itself.
fn answer(spec: &ModuleSpec, context: &Context, domain_known: bool) -> Result<Answer, AskError> {
    let permissions = |allowed: bool| spec.permissions.iter().map(|name| (name.clone(), allowed)).collect();
    let answer = |class, permissions, unknown_permissions, permissive_domain| Answer {
        domain: context.the_type.clone(),
        context: context.to_string(),
        class,
        permissions,
        unknown_permissions,
        domain_known,
        permissive_domain,
    };
    let Ok(class) = SecurityClass::from_name(&spec.class) else {
        let allowed = unknown_is_allowed()?;
        let class = if allowed { ClassKnowledge::UnknownAllowed } else { ClassKnowledge::UnknownDenied };
        return Ok(answer(class, permissions(allowed), Vec::new(), false));
    };
    let name = c_string(&context.to_string())?;
    let itself = SecurityContext::from_c_str(&name, true);
    let mut unknown_allowed = None;
    let (mut verdicts, mut unknown) = (Vec::new(), Vec::new());
    let mut permissive = false;
    for permission in &spec.permissions {
        let allowed = match class.access_vector_bit(permission) {
            Ok(bit) => {
                let decision = itself
                    .query_access_decision(&itself, class, bit)
                    .map_err(|e| refused(format!("may {} {permission}", context.the_type), e))?;
                permissive |= decision.flags & PERMISSIVE != 0;
                decision.allowed & bit == bit
            }
            Err(_) => {
                unknown.push(permission.clone());
                match unknown_allowed {
                    Some(allowed) => allowed,
                    None => *unknown_allowed.insert(unknown_is_allowed()?),
                }
            }
        };
        verdicts.push((permission.clone(), allowed));
    }
    Ok(answer(ClassKnowledge::Known, verdicts, unknown, permissive))
}

/// Returns the context that systemd would start the service in, and whether that is the module's own domain.
fn service_context(spec: &ModuleSpec) -> Result<(Context, bool), AskError> {
    let init = init_context()?;
    if let Some(known) = canonical(&init.service(SERVICE_ROLE, &spec.domain))? {
        return Ok((known, true));
    }
    Ok((transition(&init, spec.executable.as_path())?, false))
}

fn init_context() -> Result<Context, AskError> {
    let init = SecurityContext::of_process(1, true)
        .map_err(|e| refused("the context of process 1".into(), e))
        .map(|context| text(&context).unwrap_or_default())?;
    Context::parse(&init).ok_or(AskError::Strange { of: "process 1".into(), context: init })
}

/// Returns the context as the policy names it (an alias becomes its type), or `None` if the policy does not have it.
fn canonical(context: &Context) -> Result<Option<Context>, AskError> {
    let name = c_string(&context.to_string())?;
    match SecurityContext::from_c_str(&name, true).canonicalize() {
        Ok(found) => {
            let found = text(&found).unwrap_or_default();
            Context::parse(&found)
                .map(Some)
                .ok_or_else(|| AskError::Strange { of: context.the_type.clone(), context: found })
        }
        Err(e) if errno(&e) == Some(EINVAL) => Ok(None),
        Err(e) => Err(refused(format!("is {context} a context"), e)),
    }
}

/// Returns the context that a process of `init` gets when it executes `program`.
fn transition(init: &Context, program: &Path) -> Result<Context, AskError> {
    let process = SecurityClass::from_name("process").map_err(|e| refused("class process".into(), e))?;
    let (from, label) = (c_string(&init.to_string())?, c_string(&label_of(init, program)?)?);
    // An empty name adds nothing to the question (`object_name_encode` in libselinux), as execve(2) itself gives none.
    let into = SecurityContext::from_c_str(&from, true)
        .of_labeling_decision(&SecurityContext::from_c_str(&label, true), process, "")
        .map_err(|e| refused(format!("the transition from {init} by {}", program.display()), e))?;
    let found = text(&into).unwrap_or_default();
    Context::parse(&found).ok_or(AskError::Strange { of: program.display().to_string(), context: found })
}

/// Returns the program's label, else the one that it would get, else that of any program.
fn label_of(init: &Context, program: &Path) -> Result<String, AskError> {
    match SecurityContext::of_path(program, true, true) {
        Ok(Some(label)) => {
            return text(&label).ok_or(AskError::Strange { of: program.display().to_string(), context: String::new() });
        }
        // Not there yet, or on a file system without labels.
        Ok(None) => {}
        Err(e) if matches!(errno(&e), Some(ENOENT | ENOTDIR | EOPNOTSUPP)) => {}
        Err(e) => return Err(refused(format!("the label of {}", program.display()), e)),
    }
    let expected = Labeler::<File>::new(&[], true)
        .and_then(|labeler| labeler.look_up_by_path(program, FileAccessMode::new(REGULAR)).map(|label| text(&label)));
    match expected {
        Ok(Some(label)) if Context::parse(&label).is_some() => Ok(label),
        _ => Ok(init.service("object_r", PLAIN_PROGRAM).to_string()),
    }
}

fn unknown_is_allowed() -> Result<bool, AskError> {
    selinux::undefined_handling()
        .map(|handling| handling == UndefinedHandling::Allowed)
        .map_err(|e| refused("how unknown classes are handled".into(), e))
}

fn text(context: &SecurityContext<'_>) -> Option<String> {
    let found = context.to_c_string().ok()??;
    Some(found.to_str().ok()?.trim_end_matches('\n').to_owned())
}

fn c_string(text: &str) -> Result<CString, AskError> {
    CString::new(text).map_err(|_| AskError::Strange { of: "a context".into(), context: text.to_owned() })
}

const ENOENT: i32 = 2;
const ENOTDIR: i32 = 20;
const EINVAL: i32 = 22;
const EOPNOTSUPP: i32 = 95;

fn errno(error: &selinux::errors::Error) -> Option<i32> {
    use std::error::Error;
    error.source()?.downcast_ref::<io::Error>()?.raw_os_error()
}

fn refused(what: String, error: selinux::errors::Error) -> AskError {
    let source = errno(&error).map_or_else(|| io::Error::other(error.to_string()), io::Error::from_raw_os_error);
    AskError::Refused { what, source }
}
