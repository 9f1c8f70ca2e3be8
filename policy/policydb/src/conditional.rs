//! Rules that depend on booleans.

use crate::cursor::Cursor;
use crate::error::ParseError;
use crate::rules::Rules;
use crate::symbols::{Boolean, entry};

/// The shortest conditional: state, and the numbers of operations and of rules in both lists.
pub(crate) const LEAST: usize = 16;

/// `COND_EXPR_MAXDEPTH`
const DEEPEST: usize = 10;

/// An expression, the rules if it is true, and those if it is false.
#[derive(Debug)]
pub(crate) struct Conditional<'a> {
    /// In postfix order.
    expression: Vec<Operation>,
    pub if_true: Rules<'a>,
    pub if_false: Rules<'a>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    /// The boolean of this number.
    Boolean(u32),
    Not,
    Or,
    And,
    Xor,
    Equal,
    NotEqual,
}

impl Operation {
    fn read(file: &mut Cursor) -> Result<Self, ParseError> {
        let (kind, boolean) = (file.u32()?, file.u32()?);
        Ok(match kind {
            1 => Self::Boolean(boolean),
            2 => Self::Not,
            3 => Self::Or,
            4 => Self::And,
            5 => Self::Xor,
            6 => Self::Equal,
            7 => Self::NotEqual,
            _ => return Err(file.invalid("conditional expression")),
        })
    }

    fn combine(self, left: bool, right: bool) -> bool {
        match self {
            Self::Or => left | right,
            Self::And => left & right,
            Self::Equal => left == right,
            // The others have one operand or none.
            _ => left != right,
        }
    }

    fn sign(self) -> &'static str {
        match self {
            Self::Boolean(_) => "",
            Self::Not => "!",
            Self::Or => "||",
            Self::And => "&&",
            Self::Xor => "^",
            Self::Equal => "==",
            Self::NotEqual => "!=",
        }
    }
}

impl<'a> Conditional<'a> {
    pub fn read(
        file: &mut Cursor<'a>,
        version: u32,
        is_boolean: impl Fn(u32) -> bool,
        types: usize,
        classes: usize,
    ) -> Result<Self, ParseError> {
        let expression = Self::expression(file, is_boolean)?;
        let mut rules = || Rules::read(file, version, types, classes);
        Ok(Self { expression, if_true: rules()?, if_false: rules()? })
    }

    /// Reads what precedes the rules.
    pub fn expression(file: &mut Cursor, is_boolean: impl Fn(u32) -> bool) -> Result<Vec<Operation>, ParseError> {
        let _state = file.u32()?;
        let count = file.count(8)?;
        let mut expression = Vec::new();
        let mut depth = 0usize;
        for _ in 0..count {
            let operation = Operation::read(file)?;
            depth = match operation {
                Operation::Boolean(number) if depth < DEEPEST && is_boolean(number) => depth + 1,
                Operation::Not if depth >= 1 => depth,
                Operation::Boolean(_) | Operation::Not => return Err(file.invalid("conditional expression")),
                _ if depth >= 2 => depth - 1,
                _ => return Err(file.invalid("conditional expression")),
            };
            expression.push(operation);
        }
        if depth != 1 {
            return Err(file.invalid("conditional expression"));
        }
        Ok(expression)
    }

    /// Returns whether the expression is true with these booleans.
    pub fn holds(&self, booleans: &[Option<Boolean>]) -> bool {
        let state = |number| entry(booleans, number).is_some_and(|boolean| boolean.state);
        self.evaluate(state, |value| !value, Operation::combine).unwrap_or(false)
    }

    /// Returns the rules that are in force with these booleans.
    pub fn in_force(&self, booleans: &[Option<Boolean>]) -> Rules<'a> {
        if self.holds(booleans) { self.if_true } else { self.if_false }
    }

    /// Returns the expression as it is written in a policy, in parentheses where it has several operators.
    pub fn text(&self, booleans: &[Option<Boolean>]) -> String {
        let name = |number| entry(booleans, number).map_or("?", |boolean| boolean.name).to_owned();
        let combine =
            |operation: Operation, left: String, right: String| format!("({left} {} {right})", operation.sign());
        let text = self.evaluate(name, |operand| format!("!{operand}"), combine).unwrap_or_default();
        let inner = text.strip_prefix('(').and_then(|text| text.strip_suffix(')'));
        match (inner, self.expression.last()) {
            (Some(inner), Some(last)) if *last != Operation::Not => inner.to_owned(),
            _ => text,
        }
    }

    fn evaluate<T>(
        &self,
        boolean: impl Fn(u32) -> T,
        not: impl Fn(T) -> T,
        combine: impl Fn(Operation, T, T) -> T,
    ) -> Option<T> {
        let mut stack = Vec::with_capacity(DEEPEST);
        for operation in &self.expression {
            let value = match operation {
                Operation::Boolean(number) => boolean(*number),
                Operation::Not => not(stack.pop()?),
                _ => {
                    let right = stack.pop()?;
                    combine(*operation, stack.pop()?, right)
                }
            };
            stack.push(value);
        }
        stack.pop()
    }
}
