use super::{Role, Scope};
use crate::db::Conn;
use crate::error::AppError;
use crate::fields::{FormErrors, join_names, shown, split_names};
use crate::stores::Store;
use crate::web::FormData;

/// How many stores of one name are told apart in one line.
const NAMED_MAX: usize = 5;

/// What somebody shall be able to do, as typed: a role, for all stores or for some, named by code, name or number.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs)]
pub struct GrantForm {
    pub role: String,
    /// `all` or `some`.
    pub reach: String,
    /// Codes, names or numbers (`#3`) of stores, separated by commas.
    pub stores: String,
}

impl GrantForm {
    /// As it was sent.
    #[must_use]
    pub fn read(data: &FormData) -> Self {
        Self {
            role: data.text("role"),
            reach: data.text("reach"),
            stores: data.text("stores").replace('\0', "\u{fffd}"),
        }
    }

    /// The form for a role that is granted.
    ///
    /// # Errors
    /// Those of the database.
    pub fn of(conn: &mut Conn, role: Role, scope: &Scope) -> Result<Self, AppError> {
        let reach = if *scope == Scope::All { "all" } else { "some" };
        let names = scope.ids().unwrap_or_default().iter().map(|id| {
            let store = Store::find(conn, *id)?;
            let called = store.code.unwrap_or(store.name);
            let is_clear = matches!(Store::perhaps_called(conn, &called)?.as_slice(), [one] if one.id == *id);
            Ok(if is_clear { called } else { format!("#{id}") })
        });
        let names = names.map(|name: Result<String, AppError>| Ok(join_names([name?.as_str()])));
        let stores = names.collect::<Result<Vec<_>, AppError>>()?.join(", ");
        Ok(Self { role: role.name().to_owned(), reach: reach.to_owned(), stores })
    }

    /// What was typed, as far as it can be taken; faults are added to `errors`.
    ///
    /// # Errors
    /// Those of the database.
    pub fn check(&self, conn: &mut Conn, errors: &mut FormErrors) -> Result<(Role, Scope), AppError> {
        let role = self.role.parse::<Role>().unwrap_or_else(|_| {
            errors.add("role", "Pick what this person may do.");
            Role::Viewer
        });
        let scope = match self.reach.as_str() {
            "all" if !self.stores.trim().is_empty() => {
                errors.add("reach", "Stores are named below. Pick “in these stores only”, or take them out.");
                Scope::All
            }
            "all" => Scope::All,
            "some" => match stores_meant(conn, &split_names(&self.stores))? {
                Ok(ids) if ids.is_empty() => {
                    errors.add("stores", "Name the stores, by code or name.");
                    Scope::default()
                }
                Ok(ids) => Scope::Stores(ids.into()),
                Err(fault) => {
                    errors.add("stores", fault);
                    Scope::default()
                }
            },
            _ => {
                errors.add("reach", "Pick whether it is all stores, or some.");
                Scope::All
            }
        };
        if role == Role::Administrator && scope != Scope::All {
            errors.add("reach", "An administrator decides for all stores. Pick all stores, or another role.");
        }
        Ok((role, scope))
    }
}

/// What somebody is granted, for the audit log.
///
/// # Errors
/// Those of the database.
pub fn described(conn: &mut Conn, role: Role, scope: &Scope) -> Result<String, AppError> {
    let Some(ids) = scope.ids() else { return Ok(format!("{role}, all stores")) };
    let names = ids.iter().map(|id| Ok(Store::find(conn, *id)?.full_name())).collect::<Result<Vec<_>, AppError>>()?;
    Ok(format!("{role}, stores {}", names.join("; ")))
}

/// The ids of the stores of these codes, names or numbers; or why it is not clear which ones are meant.
///
/// # Errors
/// Those of the database.
pub fn stores_meant(conn: &mut Conn, typed: &[String]) -> Result<Result<Vec<i64>, String>, AppError> {
    let mut ids = Vec::new();
    for name in typed {
        match Store::perhaps_called(conn, name)?.as_slice() {
            [] => return Ok(Err(format!("No store has “{}” for its code or name.", shown(name)))),
            [store] => ids.push(store.id),
            several => {
                let named = several.iter().take(NAMED_MAX).map(|store| format!("#{} for {store}", store.id));
                let (named, name) = (named.collect::<Vec<_>>().join(", "), shown(name));
                let more = if several.len() > NAMED_MAX { " …" } else { "" };
                return Ok(Err(format!("Several stores are called “{name}”. Write which you mean: {named}{more}.")));
            }
        }
    }
    ids.sort_unstable();
    ids.dedup();
    Ok(Ok(ids))
}
