//! People: how they come in, what they hold, and what an attacker tries.
mod administration; // roles changed, people disabled
mod attacks; // hostile text, fields too many, headers, paths
mod audit; // what the audit log and the journal say, and what the log does not
mod command_line; // `stockroom user` and `stockroom token`
mod first_run; // nobody yet
mod invitations; // links with which somebody comes in
mod kept_forms; // what was typed while the session ran out
mod reach; // ids of what one may not see
mod second_factor; // codes from a phone
mod sessions; // cookies, how long they last, where one is signed in
mod sign_in; // e-mail and password
mod throttling; // how often one may try
mod tokens; // what programs show

use std::io::Write;
use std::ops::Deref;
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use diesel::prelude::*;
use diesel::sql_types::BigInt;
use stockroom::sessions::Session;

use crate::journal::lines;
use crate::support::{Answer, Browser, Database, On, PASSWORD, Site, program};

/// The program before there is anybody.
pub struct Fresh(Site);

impl On for Fresh {
    fn on(database: Database) -> Self {
        Self(Site::start(nobodys(&database)))
    }
}

impl Deref for Fresh {
    type Target = Site;

    fn deref(&self) -> &Site {
        &self.0
    }
}

/// A database of the same kind, with nobody in it.
fn nobodys(database: &Database) -> Database {
    if database.connect().is_sqlite() { Database::sqlite_without_tables() } else { Database::postgres_without_tables() }
}

/// A password that nobody has.
const WRONG: &str = "wrong horse battery staple";
/// Another good one.
const OTHER: &str = "seven green kettles whistle";

/// Whether something comes true in so many seconds.
fn within_seconds(seconds: u64, is_true: impl Fn() -> bool) -> bool {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(seconds) {
        if is_true() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    is_true()
}

impl Browser {
    /// Signs in by the form, as `name@example.com`.
    fn sign_in(&self, name: &str, password: &str) -> Answer {
        self.fill("/session/new", &[("email", &format!("{name}@example.com")), ("password", password)])
    }

    /// Whether the pages are open to it.
    fn is_in(&self) -> bool {
        self.get("/stores").status == 200
    }

    /// Calls the API with a token.
    pub(crate) fn with_token(&self, token: &str, method: &str, path: &str, body: &str) -> Answer {
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        self.send(method, path, if body.is_empty() { &headers[..1] } else { &headers }, body)
    }

    /// Makes a token by the form.
    pub(crate) fn make_token(&self, name: &str, role: &str) -> String {
        let made = self.fill("/account/tokens/new", &[("name", name), ("role", role)]);
        assert_eq!(made.status, 200, "{}", made.body);
        made.attr(".secret", "value")
    }

    /// Makes an invitation for all stores by the form, and gives the path of its link.
    fn invite(&self, label: &str, role: &str) -> String {
        let made = self.fill("/invitations/new", &[("label", label), ("role", role)]);
        assert_eq!(made.status, 200, "{}", made.body);
        let link = made.attr(".secret", "value");
        link.strip_prefix(self.origin()).expect("a link to this site").to_owned()
    }

    /// Accepts an invitation, as `name@example.com`.
    fn accept(&self, path: &str, name: &str) -> Answer {
        self.fill(path, &[("name", name), ("email", &format!("{name}@example.com")), ("password", PASSWORD)])
    }
}

impl Site {
    /// Writes to the database as somebody at an SQL prompt does.
    fn sql(&self, statement: &str) -> usize {
        let done = diesel::sql_query(statement).execute(&mut self.database().connect());
        done.unwrap_or_else(|error| panic!("{statement}: {error}"))
    }

    /// A number from the database.
    fn number(&self, expression: &str) -> i64 {
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = BigInt)]
            number: i64,
        }
        let query = diesel::sql_query(format!("SELECT CAST(({expression}) AS BIGINT) AS number"));
        let row: Row = query.get_result(&mut self.database().connect()).expect("a number");
        row.number
    }

    /// Texts from the database: a statement whose column is called `line`.
    fn lines(&self, statement: &str) -> Vec<String> {
        lines(&mut self.database().connect(), statement)
    }

    /// The id of the person who signs in as `name@example.com`.
    fn person(&self, name: &str) -> i64 {
        self.number(&format!("SELECT id FROM users WHERE email_key = '{name}@example.com'"))
    }

    /// Another browser in which somebody who is there already is signed in.
    fn signed_in_again(&self, name: &str) -> Browser {
        let id = self.person(name);
        let secret =
            self.database().open().keep_now(move |conn| Session::start(conn, id, false, "127.0.0.1", "a browser"));
        self.stranger().with_cookie("session", &secret.expect("a session"))
    }

    /// Makes a column of every row of a table so much older, in minutes.
    fn age(&self, table: &str, column: &str, minutes: i64) {
        let then = if self.database().connect().is_sqlite() {
            format!("strftime('%Y-%m-%d %H:%M:%f', {column}, '{:+} minutes')", -minutes)
        } else {
            format!("{column} - interval '{minutes} minutes'")
        };
        self.sql(&format!("UPDATE {table} SET {column} = {then}"));
    }
}

/// Runs a subcommand, with this on its standard input.
fn run(database: &Database, arguments: &[&str], input: &str) -> Output {
    let mut command = program(database);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    // It may have ended without reading.
    let _ = child.stdin.take().expect("its input is piped").write_all(input.as_bytes());
    child.wait_with_output().expect("it ends")
}
