//! The names of a policy and their numbers, from 1.

use rustc_hash::FxHashMap;

use crate::bitmap::Bitmap;
use crate::constraint::Constraint;
use crate::cursor::Cursor;
use crate::error::ParseError;
use crate::mls::{Level, Range};

/// Permissions of one class or common fit into an access vector.
const MOST_PERMISSIONS: u32 = 32;
/// `POLICYDB_BOUNDS_MAXDEPTH`: the kernel refuses a policy with deeper bounds.
const DEEPEST_BOUNDS: usize = 4;

/// Permissions by name, each with its bit in an access vector.
pub(crate) type Permissions<'a> = Vec<(&'a str, u32)>;

/// An object class.
#[derive(Debug)]
pub(crate) struct Class<'a> {
    pub name: &'a str,
    /// Inherited and own permissions, in the order of their bits.
    pub permissions: Permissions<'a>,
    pub constraints: Vec<Constraint<'a>>,
}

impl Class<'_> {
    /// Returns the bit of a permission.
    pub fn permission(&self, name: &str) -> Option<u32> {
        self.permissions.iter().find(|(known, _)| *known == name).map(|(_, bit)| *bit)
    }
}

/// A role.
#[derive(Debug)]
pub(crate) struct Role<'a> {
    pub name: &'a str,
    pub dominates: Bitmap<'a>,
}

/// A type or an attribute.
#[derive(Debug)]
pub(crate) struct Type<'a> {
    pub name: &'a str,
    pub is_attribute: bool,
    /// The type that bounds it; 0 if there is none.
    pub bounds: u32,
}

/// An SELinux user.
#[derive(Debug)]
pub(crate) struct User<'a> {
    pub name: &'a str,
}

/// A boolean.
#[derive(Debug)]
pub(crate) struct Boolean<'a> {
    pub name: &'a str,
    pub state: bool,
}

/// All names. Number N is at index N - 1; a number without a name is `None`.
#[derive(Debug)]
pub(crate) struct Symbols<'a> {
    pub classes: Vec<Option<Class<'a>>>,
    pub roles: Vec<Option<Role<'a>>>,
    pub types: Vec<Option<Type<'a>>>,
    /// Other names of types. A hash table of five thousand names costs more than the few questions that are asked.
    aliases: Vec<(&'a str, u32)>,
    pub users: Vec<Option<User<'a>>>,
    pub booleans: Vec<Option<Boolean<'a>>>,
    /// Sensitivities and their aliases.
    pub sensitivities: FxHashMap<&'a str, Level>,
    /// Categories and their aliases.
    categories: Vec<(&'a str, u32)>,
}

/// Returns the entry of `number`.
pub(crate) fn entry<T>(entries: &[Option<T>], number: u32) -> Option<&T> {
    entries.get(usize::try_from(number.checked_sub(1)?).ok()?)?.as_ref()
}

/// Returns the number of the entry for which `is_named` holds.
pub(crate) fn number_of<T>(entries: &[Option<T>], is_named: impl Fn(&T) -> bool) -> Option<u32> {
    let at = entries.iter().position(|entry| entry.as_ref().is_some_and(&is_named))?;
    u32::try_from(at + 1).ok()
}

impl<'a> Symbols<'a> {
    pub fn read(file: &mut Cursor<'a>, version: u32) -> Result<Self, ParseError> {
        file.part = "commons";
        let commons = commons(file)?;
        file.part = "classes";
        let classes = table(file, 28, |file| class(file, version, &commons))?;
        file.part = "roles";
        let roles = table(file, 12, role)?;
        file.part = "types";
        let (types, aliases) = types(file)?;
        file.part = "users";
        let users = table(file, 12, user)?;
        file.part = "booleans";
        let booleans = table(file, 13, boolean)?;
        file.part = "sensitivities";
        let sensitivities = sensitivities(file)?;
        file.part = "categories";
        let categories = categories(file)?;
        let symbols = Self { classes, roles, types, aliases, users, booleans, sensitivities, categories };
        symbols.check_bounds(file)?;
        Ok(symbols)
    }

    fn check_bounds(&self, file: &Cursor) -> Result<(), ParseError> {
        for bounded in self.types.iter().flatten() {
            let mut parent = bounded.bounds;
            for depth in 0.. {
                if parent == 0 {
                    break;
                }
                if depth >= DEEPEST_BOUNDS {
                    return Err(file.invalid("type bounds: too deep or a loop"));
                }
                let bounding = entry(&self.types, parent).filter(|bounding| !bounding.is_attribute);
                parent = bounding.ok_or_else(|| file.invalid("bounding type"))?.bounds;
            }
        }
        Ok(())
    }

    /// Returns the number of a type, which may be an alias. An attribute is not a type.
    pub fn type_number(&self, name: &str) -> Option<u32> {
        let number = number_of(&self.types, |known| known.name == name && !known.is_attribute);
        number.or_else(|| numbered(&self.aliases, name))
    }

    /// Returns the number of a category, which may be an alias.
    pub fn category(&self, name: &str) -> Option<u32> {
        numbered(&self.categories, name)
    }

    pub fn class(&self, name: &str) -> Option<(u32, &Class<'a>)> {
        let number = number_of(&self.classes, |class| class.name == name)?;
        Some((number, entry(&self.classes, number)?))
    }
}

/// Reads the size of a table: the highest number, and how many entries follow. A number without any entry is as good as a
/// longer file, so the highest number is limited by the file's length as in `policydb_read`.
fn size(file: &mut Cursor, least: usize) -> Result<(usize, usize), ParseError> {
    let highest = file.count(least.min(12))?;
    let entries = file.count(least)?;
    if entries > 0 && highest == 0 {
        return Err(file.invalid("table size"));
    }
    Ok((highest, entries))
}

fn numbered(names: &[(&str, u32)], name: &str) -> Option<u32> {
    names.iter().find(|(known, _)| *known == name).map(|(_, number)| *number)
}

/// Reads a table of entries that each have a number.
fn table<'a, T>(
    file: &mut Cursor<'a>,
    least: usize,
    mut read: impl FnMut(&mut Cursor<'a>) -> Result<(u32, T), ParseError>,
) -> Result<Vec<Option<T>>, ParseError> {
    let (highest, entries) = size(file, least)?;
    let mut table: Vec<Option<T>> = std::iter::repeat_with(|| None).take(highest).collect();
    for _ in 0..entries {
        let (number, value) = read(file)?;
        let place = number.checked_sub(1).and_then(|at| table.get_mut(usize::try_from(at).ok()?));
        match place {
            Some(place) if place.is_none() => *place = Some(value),
            _ => return Err(file.invalid("number of a name")),
        }
    }
    Ok(table)
}

/// Reads `entries` permissions, of which the highest number is `highest`.
fn permissions<'a>(
    file: &mut Cursor<'a>,
    highest: u32,
    entries: usize,
    into: &mut Permissions<'a>,
) -> Result<(), ParseError> {
    for _ in 0..entries {
        let [length, number] = file.words()?;
        let name = file.name(length)?;
        if number == 0 || number > highest {
            return Err(file.invalid("number of a permission"));
        }
        into.push((name, 1 << (number - 1)));
    }
    Ok(())
}

fn permission_count(file: &mut Cursor) -> Result<u32, ParseError> {
    let highest = file.u32()?;
    if highest > MOST_PERMISSIONS { Err(file.invalid("number of permissions")) } else { Ok(highest) }
}

fn commons<'a>(file: &mut Cursor<'a>) -> Result<FxHashMap<&'a str, Permissions<'a>>, ParseError> {
    let (_, entries) = size(file, 17)?;
    let mut commons = FxHashMap::default();
    for _ in 0..entries {
        let [length, _number] = file.words()?;
        let highest = permission_count(file)?;
        let count = file.count(9)?;
        let name = file.name(length)?;
        let mut inherited = Vec::new();
        permissions(file, highest, count, &mut inherited)?;
        commons.insert(name, inherited);
    }
    Ok(commons)
}

fn class<'a>(
    file: &mut Cursor<'a>,
    version: u32,
    commons: &FxHashMap<&'a str, Permissions<'a>>,
) -> Result<(u32, Class<'a>), ParseError> {
    let [length, common_length, number] = file.words()?;
    let highest = permission_count(file)?;
    let own = file.count(9)?;
    let constraint_count = file.count(8)?;
    let name = file.name(length)?;
    let mut all = Vec::new();
    if common_length != 0 {
        let common = file.name(common_length)?;
        all.clone_from(commons.get(common).ok_or_else(|| file.invalid("name of a common"))?);
    }
    permissions(file, highest, own, &mut all)?;
    all.sort_by_key(|(_, bit)| *bit);
    let constraints = (0..constraint_count).map(|_| Constraint::read(file, version)).collect::<Result<_, _>>()?;
    let validatetrans = file.count(8)?;
    for _ in 0..validatetrans {
        Constraint::read(file, version)?;
    }
    if version >= 27 {
        // How the user, role and range of a new object are chosen.
        file.bytes(12)?;
    }
    if version >= 28 {
        // And its type.
        file.bytes(4)?;
    }
    Ok((number, Class { name, permissions: all, constraints }))
}

fn role<'a>(file: &mut Cursor<'a>) -> Result<(u32, Role<'a>), ParseError> {
    let [length, number, _bounds] = file.words()?;
    let name = file.name(length)?;
    let dominates = Bitmap::read(file)?;
    let _types = Bitmap::read(file)?;
    Ok((number, Role { name, dominates }))
}

type Types<'a> = (Vec<Option<Type<'a>>>, Vec<(&'a str, u32)>);

/// Reads types, attributes and aliases. An alias has the number of its type.
fn types<'a>(file: &mut Cursor<'a>) -> Result<Types<'a>, ParseError> {
    const PRIMARY: u32 = 1;
    const ATTRIBUTE: u32 = 2;
    let (highest, entries) = size(file, 17)?;
    let mut types: Vec<Option<Type>> = std::iter::repeat_with(|| None).take(highest).collect();
    let mut aliases = Vec::new();
    for _ in 0..entries {
        let [length, number, properties, bounds] = file.words()?;
        let name = file.name(length)?;
        let at = number.checked_sub(1).and_then(|at| usize::try_from(at).ok());
        let place = at.and_then(|at| types.get_mut(at)).ok_or_else(|| file.invalid("number of a type"))?;
        let is_attribute = properties & ATTRIBUTE != 0;
        if properties & PRIMARY != 0 || is_attribute {
            if place.is_some() {
                return Err(file.invalid("number of a type"));
            }
            *place = Some(Type { name, is_attribute, bounds });
        } else {
            aliases.push((name, number));
        }
    }
    Ok((types, aliases))
}

fn user<'a>(file: &mut Cursor<'a>) -> Result<(u32, User<'a>), ParseError> {
    let [length, number, _bounds] = file.words()?;
    let name = file.name(length)?;
    let _roles = Bitmap::read(file)?;
    let _range = Range::read(file)?;
    let _default_sensitivity = file.u32()?;
    let _default_categories = Bitmap::read(file)?;
    Ok((number, User { name }))
}

fn boolean<'a>(file: &mut Cursor<'a>) -> Result<(u32, Boolean<'a>), ParseError> {
    let [number, state] = file.words()?;
    if state > 1 {
        return Err(file.invalid("state of a boolean"));
    }
    let name = file.sized_name()?;
    Ok((number, Boolean { name, state: state == 1 }))
}

fn sensitivities<'a>(file: &mut Cursor<'a>) -> Result<FxHashMap<&'a str, Level>, ParseError> {
    let (_, entries) = size(file, 25)?;
    let mut levels = FxHashMap::default();
    for _ in 0..entries {
        let [length, _is_alias] = file.words()?;
        let name = file.name(length)?;
        let sensitivity = file.u32()?;
        levels.insert(name, Level::new(sensitivity, Bitmap::read(file)?));
    }
    Ok(levels)
}

fn categories<'a>(file: &mut Cursor<'a>) -> Result<Vec<(&'a str, u32)>, ParseError> {
    let (highest, entries) = size(file, 13)?;
    // Their number was checked against the file's length.
    let mut categories = Vec::with_capacity(entries);
    for _ in 0..entries {
        let [length, number, _is_alias] = file.words()?;
        let name = file.name(length)?;
        if number == 0 || usize::try_from(number).is_ok_and(|number| number > highest) {
            return Err(file.invalid("number of a category"));
        }
        categories.push((name, number));
    }
    Ok(categories)
}
