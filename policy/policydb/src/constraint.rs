//! Constraints: expressions about both contexts that must hold for a permission, MLS included.

use crate::bitmap::Bitmap;
use crate::context::{Context, Pair};
use crate::cursor::Cursor;
use crate::error::ParseError;
use crate::mls::Level;
use crate::truth::Truth;

/// The first version that lists the names of an expression as they were written.
const CONSTRAINT_NAMES: u32 = 29;
/// `CEXPR_MAXDEPTH`
const DEEPEST: usize = 5;

const TARGET: u32 = 8;
const XTARGET: u32 = 16;

/// One constraint of a class.
#[derive(Debug)]
pub(crate) struct Constraint<'a> {
    /// The access vector of the permissions that it applies to.
    pub permissions: u32,
    /// In postfix order.
    expression: Vec<Expression<'a>>,
}

#[derive(Debug, Clone, Copy)]
enum Expression<'a> {
    Not,
    And,
    Or,
    /// An attribute of the source against the same of the target.
    Attribute(Attribute, Operator),
    /// An attribute of one context in, or not in, a set.
    Names {
        attribute: Attribute,
        of_target: bool,
        names: Bitmap<'a>,
        is_in: bool,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Attribute {
    User,
    Role,
    Type,
    Levels(Side, Side),
}

/// A level of one of the contexts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    SourceLow,
    SourceHigh,
    TargetLow,
    TargetHigh,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Dominates,
    DominatedBy,
    Incomparable,
}

impl<'a> Constraint<'a> {
    pub fn read(file: &mut Cursor<'a>, version: u32) -> Result<Self, ParseError> {
        let permissions = file.u32()?;
        let count = file.count(12)?;
        let mut expression = Vec::with_capacity(count);
        // The depth that evaluation needs; the kernel refuses what does not end at exactly one value.
        let mut depth = 0usize;
        for _ in 0..count {
            let part = Expression::read(file, version)?;
            depth = match part {
                Expression::Not if depth >= 1 => depth,
                Expression::And | Expression::Or if depth >= 2 => depth - 1,
                Expression::Attribute(..) | Expression::Names { .. } if depth < DEEPEST => depth + 1,
                _ => return Err(file.invalid("constraint expression")),
            };
            expression.push(part);
        }
        if depth != 1 {
            return Err(file.invalid("constraint expression"));
        }
        Ok(Self { permissions, expression })
    }

    /// Returns whether the constraint holds; unknown if it depends on a part of a context that is not given. `dominates` says
    /// whether the first role dominates the second.
    pub fn holds(&self, pair: Pair, dominates: &dyn Fn(u32, u32) -> bool) -> Truth {
        let mut stack = Vec::with_capacity(DEEPEST);
        for part in &self.expression {
            let value = match *part {
                Expression::Not => !stack.pop().unwrap_or(Truth::Unknown),
                Expression::And | Expression::Or => {
                    let (right, left) = (stack.pop().unwrap_or(Truth::Unknown), stack.pop().unwrap_or(Truth::Unknown));
                    if matches!(part, Expression::And) { left.and(right) } else { left.or(right) }
                }
                Expression::Attribute(attribute, operator) => compare(attribute, operator, pair, dominates),
                Expression::Names { attribute, of_target, names, is_in } => {
                    let context = if of_target { pair.target } else { pair.source };
                    let found = number(context, attribute).map(|number| names.contains(number - 1) == is_in);
                    found.into()
                }
            };
            stack.push(value);
        }
        stack.pop().unwrap_or(Truth::Unknown)
    }
}

impl<'a> Expression<'a> {
    fn read(file: &mut Cursor<'a>, version: u32) -> Result<Self, ParseError> {
        let [kind, attribute, operator] = file.words()?;
        Ok(match kind {
            1 => Self::Not,
            2 => Self::And,
            3 => Self::Or,
            4 => {
                let operator = match operator {
                    1 => Operator::Equal,
                    2 => Operator::NotEqual,
                    3 => Operator::Dominates,
                    4 => Operator::DominatedBy,
                    5 => Operator::Incomparable,
                    _ => return Err(file.invalid("constraint operator")),
                };
                Self::Attribute(Attribute::of(attribute).ok_or_else(|| file.invalid("constraint attribute"))?, operator)
            }
            5 => {
                let names = Bitmap::read(file)?;
                if version >= CONSTRAINT_NAMES {
                    // Types, excluded types and flags, as they were written.
                    Bitmap::read(file)?;
                    Bitmap::read(file)?;
                    file.u32()?;
                }
                let known = Attribute::of(attribute & !(TARGET | XTARGET));
                let known = known.filter(|known| !matches!(known, Attribute::Levels(..)));
                Self::Names {
                    attribute: known.ok_or_else(|| file.invalid("constraint attribute"))?,
                    of_target: attribute & TARGET != 0,
                    names,
                    is_in: match operator {
                        1 => true,
                        2 => false,
                        _ => return Err(file.invalid("constraint operator")),
                    },
                }
            }
            _ => return Err(file.invalid("constraint expression")),
        })
    }
}

impl Attribute {
    fn of(word: u32) -> Option<Self> {
        use Side::{SourceHigh, SourceLow, TargetHigh, TargetLow};
        Some(match word {
            1 => Self::User,
            2 => Self::Role,
            4 => Self::Type,
            32 => Self::Levels(SourceLow, TargetLow),
            64 => Self::Levels(SourceLow, TargetHigh),
            128 => Self::Levels(SourceHigh, TargetLow),
            256 => Self::Levels(SourceHigh, TargetHigh),
            512 => Self::Levels(SourceLow, SourceHigh),
            1024 => Self::Levels(TargetLow, TargetHigh),
            _ => return None,
        })
    }
}

fn number(context: &Context, attribute: Attribute) -> Option<u32> {
    match attribute {
        Attribute::User => context.user,
        Attribute::Role => context.role,
        Attribute::Type => Some(context.type_number),
        Attribute::Levels(..) => None,
    }
}

fn compare(attribute: Attribute, operator: Operator, pair: Pair, role: &dyn Fn(u32, u32) -> bool) -> Truth {
    if let Attribute::Levels(left, right) = attribute {
        return compare_levels(left, right, operator, pair);
    }
    let (source, target) = (number(pair.source, attribute), number(pair.target, attribute));
    let equal = match (source, target) {
        (Some(source), Some(target)) => (source == target).into(),
        _ if pair.is_same => Truth::True,
        _ => Truth::Unknown,
    };
    let dominates = |one: Option<u32>, other: Option<u32>| match (one, other) {
        (Some(one), Some(other)) => role(one, other).into(),
        _ => Truth::Unknown,
    };
    match operator {
        Operator::Equal => equal,
        Operator::NotEqual => !equal,
        Operator::Dominates => dominates(source, target),
        Operator::DominatedBy => dominates(target, source),
        Operator::Incomparable => (!dominates(source, target)).and(!dominates(target, source)),
    }
}

fn compare_levels(left: Side, right: Side, operator: Operator, pair: Pair) -> Truth {
    let (one, other) = (level(left, pair), level(right, pair));
    let dominates = |one: (Option<&Level>, Side), other: (Option<&Level>, Side)| match (one.0, other.0) {
        (Some(one), Some(other)) => one.dominates(other).into(),
        // In a valid context the high level dominates the low one, and every level itself.
        _ if always_dominates(one.1, other.1, pair.is_same) => Truth::True,
        _ => Truth::Unknown,
    };
    let (over, under) = (dominates((one, left), (other, right)), dominates((other, right), (one, left)));
    match operator {
        Operator::Equal => over.and(under),
        Operator::NotEqual => !over.and(under),
        Operator::Dominates => over,
        Operator::DominatedBy => under,
        Operator::Incomparable => (!over).and(!under),
    }
}

fn level<'c>(side: Side, pair: Pair<'c>) -> Option<&'c Level> {
    let context = if matches!(side, Side::SourceLow | Side::SourceHigh) { pair.source } else { pair.target };
    let range = context.range.as_ref()?;
    Some(if matches!(side, Side::SourceLow | Side::TargetLow) { &range.low } else { &range.high })
}

/// Returns whether `one` dominates `other` whatever the levels are.
fn always_dominates(one: Side, other: Side, is_same: bool) -> bool {
    let place = |side| match side {
        Side::SourceLow => (true, false),
        Side::SourceHigh => (true, true),
        Side::TargetLow => (false, false),
        Side::TargetHigh => (false, true),
    };
    let ((one_source, one_high), (other_source, other_high)) = (place(one), place(other));
    (is_same || one_source == other_source) && (one_high || !other_high)
}
