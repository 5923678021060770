use std::io::{Write, stdout};
use std::process::ExitCode;

use super::Ended;
use super::user::{answer, known};
use crate::audit::{self, Event};
use crate::db::{Actor, Db, Source};
use crate::error::AppError;
use crate::fields::FormErrors;
use crate::tokens::{Token, TokenDraft};
use crate::users::Role;

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Make a token; it is printed on standard output, and kept nowhere
    Add {
        /// The address of the person in whose name the program calls
        email: String,
        /// What the token is called
        #[arg(long)]
        name: String,
        /// What the program may do; without it, as much as the person
        #[arg(long)]
        role: Option<Role>,
        /// How many days it is good for; without it, until it is revoked
        #[arg(long, value_parser = clap::value_parser!(i64).range(1..=3650))]
        days: Option<i64>,
    },
}

pub fn run(db: &Db, command: Command) -> Ended {
    let Command::Add { email, name, role, days } = command;
    let who = Actor::at_the_command_line(Source::CommandLine).name;
    let made = db.keep_now(move |conn| {
        let mut errors = FormErrors::default();
        let name = errors.text("name", &name, 1..=100);
        errors.or(())?;
        let user = known(conn, &email)?;
        if user.disabled_at.is_some() {
            return Err(AppError::Refused(format!("{email} is disabled")));
        }
        let draft = TokenDraft { name, role: role.unwrap_or_else(|| user.role()), days };
        let secret = Token::create(conn, &user, &draft).map_err(|error| match error {
            AppError::Forbidden => AppError::Refused(format!("{email} is {}, and a token may do no more", user.role())),
            other => other,
        })?;
        let detail = format!("“{}” for {}, {}", draft.name, user.email, draft.role);
        audit::record(conn, &who, Event::TokenMade, &detail, "")?;
        Ok(secret)
    });
    match made {
        Ok(secret) => {
            let _ = writeln!(stdout(), "{secret}");
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => answer(Err(error)),
    }
}
