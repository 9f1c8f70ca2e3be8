//! All that is known of the module on this host, at a glance.

use std::path::PathBuf;

use host::container::Surroundings;
use host::{ReadError, Root};

use crate::config::SelinuxConfig;
use crate::kernel::{Answer, AskError, Kernel};
use crate::policy_file::PolicyFile;
use crate::rules::Rules;
use crate::spec::ModuleSpec;
use crate::state::State;
use crate::store::{Installed, Store};

/// All that is known of the module on this host.
#[derive(Debug)]
pub struct Status {
    /// What SELinux is here.
    pub state: State,
    /// What it is configured to be.
    pub config: Option<SelinuxConfig>,
    /// The store's directory, where there is one.
    pub store: Option<PathBuf>,
    /// Why the store could not be read, where it is there and only root may.
    pub unreadable: Option<String>,
    /// Every priority that the module stands at, highest first.
    pub installed: Vec<Installed>,
    /// Whether it stands in the store and is not disabled.
    pub enabled: bool,
    /// Whether what counts in the store is what would be installed now; `None` where it is not installed.
    pub same_content: Option<bool>,
    /// The kernel's answer; `None` where it is not asked: no policy runs here, or it is another system's.
    pub answer: Option<Result<Answer, AskError>>,
    /// The domain that the rule is for here: the one that the kernel was asked about, else the one that the compiled
    /// policy knows, else the profile's.
    pub domain: String,
}

impl Status {
    /// Looks at all of it. Nothing is run and nothing is written.
    ///
    /// # Errors
    /// [`ReadError`] where SELinux's configuration, the store or the compiled policy cannot be read.
    pub fn of(
        root: &Root,
        surroundings: Surroundings,
        kernel: &dyn Kernel,
        spec: &ModuleSpec,
    ) -> Result<Self, ReadError> {
        let config = SelinuxConfig::read(root)?;
        let state = State::of(root, surroundings, kernel, config.as_ref());
        let policy_type = config.as_ref().map_or("targeted", |config| &config.policy_type);
        let running = !root.is_alternate() && matches!(state, State::Permissive | State::Enforcing);
        let answer = running.then(|| kernel.ask(spec));
        let domain = match &answer {
            Some(Ok(answer)) => answer.domain.clone(),
            _ => PolicyFile::newest(root, policy_type)?
                .and_then(|file| file.choose_domain(spec).map(str::to_owned))
                .unwrap_or_else(|| spec.domain.clone()),
        };
        let (mut installed, mut disabled, mut unreadable) = (Vec::new(), false, None);
        let store = match Store::locate(root, policy_type) {
            Err(ReadError::File(e)) if e.is_denied() => {
                unreadable = Some(e.to_string());
                None
            }
            store => store?,
        };
        if let Some(store) = &store {
            match store.installed(&spec.name).and_then(|found| Ok((found, store.disabled(&spec.name)?))) {
                Ok(found) => (installed, disabled) = found,
                Err(ReadError::File(e)) if e.is_denied() => unreadable = Some(e.to_string()),
                Err(e) => return Err(e),
            }
        }
        let wanted = Rules::of_spec(spec, &domain);
        let same_content = installed.first().map(|effective| effective.content.is(&wanted));
        let enabled = !installed.is_empty() && !disabled;
        let store = store.map(|store| store.path().to_owned());
        Ok(Self { state, config, store, unreadable, installed, enabled, same_content, answer, domain })
    }
}
