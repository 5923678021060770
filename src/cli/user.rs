use std::io::{BufRead, IsTerminal, Write, stderr, stdin, stdout};
use std::process::ExitCode;

use super::Ended;
use crate::audit::{self, Event};
use crate::db::{Actor, Conn, Db, Source};
use crate::error::AppError;
use crate::fields::{FormErrors, check_password, label};
use crate::second_factors;
use crate::tokens::Token;
use crate::users::{Role, Scope, User, UserForm, password, stores_meant};

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Add somebody; the password comes from standard input, in one line
    Add {
        /// The address to sign in with
        email: String,
        /// The name that the history shows
        #[arg(long)]
        name: String,
        /// What they may do
        #[arg(long)]
        role: Role,
        /// The code, name, or number like #3, of a store that they see; can be given several times, and without it they see all
        #[arg(long = "store", value_name = "CODE")]
        stores: Vec<String>,
    },
    /// List everybody
    List,
    /// Set another password, from standard input, and sign them out everywhere
    Password {
        /// The address that they sign in with
        email: String,
        /// Turn the second factor off, too, for who has lost the phone
        #[arg(long)]
        without_second_factor: bool,
    },
    /// Let somebody in no more: their sessions and tokens end at once
    Disable {
        /// The address that they sign in with
        email: String,
    },
}

pub fn run(db: &Db, command: Command) -> Ended {
    let who = Actor::at_the_command_line(Source::CommandLine).name;
    match command {
        Command::Add { email, name, role, stores } => {
            let Some(typed) = password_from_input() else { return Ok(no_password()) };
            let form = UserForm { name, email, password: typed };
            add(db, who, &form, role, stores)
        }
        Command::List => list(db),
        Command::Password { email, without_second_factor } => {
            let Some(typed) = password_from_input() else { return Ok(no_password()) };
            set_password(db, who, &email, &typed, without_second_factor)
        }
        Command::Disable { email } => answer(db.keep_now(move |conn| {
            let user = known(conn, &email)?;
            user.disable(conn)?;
            audit::record(conn, &who, Event::UserDisabled, &user.email, "")?;
            Ok(format!("{} cannot sign in any more", user.email))
        })),
    }
}

fn add(db: &Db, who: String, form: &UserForm, role: Role, stores: Vec<String>) -> Ended {
    let mut errors = FormErrors::default();
    let draft = form.check(role, Scope::All, &mut errors);
    if !errors.is_empty() {
        return answer(Err(AppError::Invalid(errors)));
    }
    let hash = password::hash_now(&form.password);
    answer(db.keep_now(move |conn| {
        let mut draft = draft;
        if !stores.is_empty() {
            if role == Role::Administrator {
                return Err(AppError::Refused("an administrator decides for all stores: leave --store out".to_owned()));
            }
            draft.scope = Scope::Stores(stores_meant(conn, &stores)?.map_err(AppError::Refused)?.into());
        }
        let user = User::create(conn, &draft, &hash)?;
        audit::record(conn, &who, Event::UserAdded, &format!("{}: {role}", user.email), "")?;
        Ok(format!("{} can sign in", user.email))
    }))
}

fn list(db: &Db) -> Ended {
    let (users, mut stores) = db.read_now(|conn| Ok((User::all(conn)?, User::store_names(conn)?)))?;
    let mut out = stdout().lock();
    for user in users {
        let stores = if user.all_stores {
            "all stores".to_owned()
        } else {
            stores.remove(&user.id).unwrap_or_default().join(", ")
        };
        let state = if user.disabled_at.is_some() { "\tdisabled" } else { "" };
        // Whoever reads may have enough, and close the pipe.
        if writeln!(out, "{}\t{}\t{}\t{stores}{state}", user.email, user.name, user.role()).is_err() {
            break;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn set_password(db: &Db, who: String, email: &str, typed: &str, without_second_factor: bool) -> Ended {
    let email = email.to_owned();
    let found = email.clone();
    let user = match db.read_now(move |conn| known(conn, &found)) {
        Ok(user) => user,
        Err(error) => return answer(Err(error)),
    };
    if let Err(fault) = check_password(typed, &[&user.name, &user.email]) {
        return answer(Err(FormErrors::one("password", fault).into()));
    }
    let hash = password::hash_now(typed);
    answer(db.keep_now(move |conn| {
        user.set_password(conn, &hash, None)?;
        audit::record(conn, &who, Event::PasswordChanged, &user.email, "")?;
        if without_second_factor {
            second_factors::turn_off(conn, user.id)?;
            audit::record(conn, &who, Event::SecondFactorOff, &user.email, "")?;
        }
        let said = format!("{email} has another password, and is signed out everywhere");
        Ok(match Token::good(conn, user.id)? {
            0 => said,
            1 => {
                format!("{said}\nnote: 1 API token still lets a program in; it is revoked on the page of their account")
            }
            good => format!(
                "{said}\nnote: {good} API tokens still let programs in; they are revoked on the page of their account"
            ),
        })
    }))
}

/// The user of this address, or words about it.
pub fn known(conn: &mut Conn, email: &str) -> Result<User, AppError> {
    User::by_email(conn, email).map_err(|error| match error {
        AppError::NotFound => AppError::Refused(format!("nobody signs in with {email}")),
        other => other,
    })
}

/// Says how it ended, in words.
pub fn answer(done: Result<String, AppError>) -> Ended {
    let mut err = stderr();
    let _ = match done {
        Ok(said) => {
            let _ = writeln!(err, "{said}");
            return Ok(ExitCode::SUCCESS);
        }
        Err(AppError::Invalid(errors)) => {
            errors.iter().try_for_each(|(field, fault)| writeln!(err, "error: {}: {fault}", label(field)))
        }
        Err(error) => return Err(error),
    };
    Ok(ExitCode::FAILURE)
}

/// One line of standard input.
fn password_from_input() -> Option<String> {
    if stdin().is_terminal() {
        let _ = write!(stderr(), "Password (it is shown as you type): ");
    }
    let mut line = String::new();
    stdin().lock().read_line(&mut line).ok()?;
    let typed = line.trim_end_matches(['\r', '\n']);
    (!typed.is_empty()).then(|| typed.to_owned())
}

fn no_password() -> ExitCode {
    let _ = writeln!(stderr(), "error: give the password on standard input, in one line");
    ExitCode::FAILURE
}
