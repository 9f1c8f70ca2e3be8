//! Sampled pairs of contexts, and the comparison of every decision about them with an oracle's: libsepol's or the kernel's.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;

use policydb::{AccessVector, Context, Policy};

/// Users, roles and ranges of contexts, as real policies have them. An oracle refuses those that go with no type.
pub const PREFIXES: &[(&str, &str)] = &[
    ("system_u:object_r", "s0"),
    ("system_u:system_r", "s0"),
    ("system_u:system_r", "s0-s0:c0.c1023"),
    ("system_u:object_r", "s0:c1,c3.c70"),
    ("root:sysadm_r", "s0-s0:c0.c1023"),
    ("staff_u:staff_r", "s0"),
    ("unconfined_u:unconfined_r", "s0-s0:c0.c1023"),
    ("system_u:object_r", "s3:c5,c900"),
    ("system_u:system_r", "s1-s9:c0.c100"),
    ("system_u:object_r", "s15:c0.c1023"),
    ("system_u:system_r", "s0-s15:c0.c1023"),
];

/// Decides as the kernel does.
pub trait Oracle {
    /// A context that it has accepted.
    type Context: Clone;

    /// Returns its form of a context; `None` if the context is not valid.
    fn context(&self, text: &str) -> Option<Self::Context>;

    /// Returns the number of a class.
    fn class(&self, name: &str) -> Option<u16>;

    /// Returns the access vector of what is allowed, and whether the source is known to be permissive.
    fn decide(&self, source: &Self::Context, target: &Self::Context, class: u16) -> (u32, Option<bool>);
}

/// Numbers that look random and are the same in each run (xorshift).
pub struct Numbers(u64);

impl Numbers {
    pub fn new() -> Self {
        Self(0x9e37_79b9_7f4a_7c15)
    }

    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap_or(0)
    }
}

/// A context that policy and oracle accept.
pub struct Sample<C> {
    text: String,
    ours: Context,
    theirs: C,
}

/// What is compared.
pub struct Plan<'a> {
    pub prefixes: &'a [(&'a str, &'a str)],
    /// Types that a quarter of the contexts have.
    pub types: &'a [&'a str],
    /// How many contexts the pairs are made of.
    pub contexts: usize,
    pub pairs: usize,
    /// Every so many pairs, the decision by types alone is compared too.
    pub types_alone_every: usize,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Pairs times classes.
    pub decisions: usize,
    /// Permissions that are allowed.
    pub allowed: usize,
    /// Pairs for which something is unknown by types alone.
    pub limited: usize,
    /// Decisions by a permissive domain, as the oracle says.
    pub permissive: usize,
    pub differences: usize,
    /// The first of them.
    pub examples: Vec<String>,
}

impl Outcome {
    fn differ(&mut self, what: String) {
        self.differences += 1;
        if self.examples.len() < 10 {
            self.examples.push(what);
        }
    }
}

/// Compares the decisions about every class for pairs of sampled contexts.
pub fn compare<O: Oracle>(policy: &Policy, oracle: &O, plan: &Plan) -> Outcome {
    let numbers = &mut Numbers::new();
    let samples = samples(policy, oracle, plan, numbers);
    // One pair in four is about itself, as most rules are.
    let pairs: Vec<(usize, Option<usize>)> = (0..plan.pairs)
        .map(|_| {
            let source = numbers.below(samples.len());
            (source, (numbers.below(4) != 0).then(|| numbers.below(samples.len())))
        })
        .collect();
    let mut outcome = Outcome::default();
    let classes: Vec<(&str, u16)> = policy.classes().filter_map(|class| Some((class, oracle.class(class)?))).collect();
    if classes.len() != policy.classes().count() {
        outcome.differ(format!("{} of {} classes are known", classes.len(), policy.classes().count()));
        return outcome;
    }
    // The oracle has one thread only; the policy is read by as many as there are processors.
    let ours: Vec<&Context> = samples.iter().map(|sample| &sample.ours).collect();
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let (send, received) = sync_channel(1024);
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            let send = send.clone();
            let (ours, pairs, next) = (&ours, &pairs, &next);
            scope.spawn(move || {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some((source, target)) = pairs.get(index) else { return };
                    let (source, target) = (ours[*source], target.map(|target| ours[target]));
                    let vectors = policy.access_vectors(source, target);
                    let alone = index % plan.types_alone_every == 0;
                    let alone = alone.then(|| types_alone(policy, source, target, &vectors));
                    let permissive = policy.decide(source, target, "process", &[]).permissive;
                    if send.send((index, vectors, alone, permissive)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(send);
        for (index, vectors, alone, permissive) in received {
            let (source, target) = pairs[index];
            let (source, target) = (&samples[source], &samples[target.unwrap_or(source)]);
            for (vector, (class, number)) in vectors.iter().zip(&classes) {
                let (expected, is_permissive) = oracle.decide(&source.theirs, &target.theirs, *number);
                let same = (vector.class, vector.allowed, vector.unknown) == (*class, expected, 0);
                if !same || is_permissive.is_some_and(|is_permissive| is_permissive != permissive) {
                    outcome.differ(format!(
                        "{} {} {class}: {:x} ({:x} unknown, permissive {permissive}), oracle {expected:x} {is_permissive:?}",
                        source.text, target.text, vector.allowed, vector.unknown
                    ));
                }
                outcome.decisions += 1;
                outcome.allowed += expected.count_ones() as usize;
                outcome.permissive += usize::from(is_permissive == Some(true));
            }
            match alone {
                Some(Err(what)) => outcome.differ(format!("{} {}: by types alone: {what}", source.text, target.text)),
                Some(Ok(true)) => outcome.limited += 1,
                _ => {}
            }
        }
    });
    outcome
}

fn samples<O: Oracle>(policy: &Policy, oracle: &O, plan: &Plan, numbers: &mut Numbers) -> Vec<Sample<O::Context>> {
    let all: Vec<&str> = policy.types().collect();
    let mut samples = Vec::new();
    while samples.len() < plan.contexts {
        let types = if !plan.types.is_empty() && numbers.below(4) == 0 { plan.types } else { &all };
        let (prefix, range) = plan.prefixes[numbers.below(plan.prefixes.len())];
        let mut text = format!("{prefix}:{}", types[numbers.below(types.len())]);
        if policy.has_mls() {
            text = format!("{text}:{range}");
        }
        if let (Ok(ours), Some(theirs)) = (policy.context(&text), oracle.context(&text)) {
            samples.push(Sample { text, ours, theirs });
        }
    }
    samples
}

/// With the types alone, nothing is said that is wrong. Returns whether anything is unknown then, or the class for which it is.
fn types_alone(
    policy: &Policy,
    source: &Context,
    target: Option<&Context>,
    known: &[AccessVector],
) -> Result<bool, String> {
    let bare = |context: &Context| policy.context_of_type(policy.type_name(context)?);
    let (Some(source), target) = (bare(source), target.map(bare)) else { return Err("no such type".into()) };
    let mut any = false;
    for (bare, known) in policy.access_vectors(&source, target.flatten().as_ref()).iter().zip(known) {
        if bare.allowed & !known.allowed != 0 || known.allowed & !(bare.allowed | bare.unknown) != 0 {
            return Err(format!("{}: {:x} or {:x}, not {:x}", bare.class, bare.allowed, bare.unknown, known.allowed));
        }
        any |= bare.unknown != 0;
    }
    Ok(any)
}
