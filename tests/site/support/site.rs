use std::fs::File;
use std::io::{BufRead, BufReader};
use std::ops::Deref;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;

use super::{Browser, Database, add_user};
use stockroom::sessions::Session;
use stockroom::users::{Role, Scope};

/// The program, serving a database of its own, with someone at a browser. It ends with the test.
pub struct Site {
    process: Child,
    browser: Browser,
    /// Taken when the program is started again.
    database: Option<Database>,
}

/// How long the program may take to say where it listens.
const START_TIMEOUT: Duration = Duration::from_secs(60);

impl Site {
    /// Starts the program on this database.
    pub fn start(database: Database) -> Self {
        Self::start_with(database, &[])
    }

    /// Starts it with further settings from the environment.
    pub fn start_with(database: Database, settings: &[(&str, &str)]) -> Self {
        Self::start_with_flags(database, settings, &[])
    }

    /// Starts it with further settings from the environment, and with flags.
    pub fn start_with_flags(database: Database, settings: &[(&str, &str)], flags: &[&str]) -> Self {
        let log = File::create(database.folder().join("log")).expect("the folder can be written");
        Self::start_program(database, settings, flags, log)
    }

    /// Starts it with its log going elsewhere.
    pub fn start_logging_to(database: Database, log: File) -> Self {
        Self::start_program(database, &[], &[], log)
    }

    fn start_program(database: Database, settings: &[(&str, &str)], flags: &[&str], log: File) -> Self {
        let mut process = program(&database)
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(flags)
            .envs(settings.iter().copied())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("the program starts");
        let (sender, lines) = channel();
        let output = BufReader::new(process.stdout.take().expect("its output is piped"));
        std::thread::spawn(move || {
            // Goes on reading, so that the program never waits for a reader.
            output.lines().map_while(Result::ok).for_each(|line| drop(sender.send(line)));
        });
        let mut site = Self { process, browser: Browser::new(""), database: Some(database) };
        let address = std::iter::from_fn(|| lines.recv_timeout(START_TIMEOUT).ok())
            .find_map(|line| Some(line.split_at(line.find("http://")?).1.split_whitespace().next()?.to_owned()));
        let Some(address) = address else { panic!("the program does not say where it listens") };
        site.browser = Browser::new(address.trim_end_matches('/'));
        site.browser = site.browser();
        site
    }

    /// Another browser in which the administrator is signed in, without the other cookies of the first.
    pub fn browser(&self) -> Browser {
        match self.database().session() {
            Some(session) => self.stranger().with_cookie("session", session),
            None => self.stranger(),
        }
    }

    /// The browser of somebody who is not signed in.
    pub fn stranger(&self) -> Browser {
        Browser::new(self.browser.origin())
    }

    /// A browser in which somebody new with this role is signed in, for these stores or for all.
    pub fn signed_in(&self, name: &str, role: Role, stores: Option<&[i64]>) -> Browser {
        let scope = stores.map_or(Scope::All, |ids| Scope::Stores(ids.into()));
        let name = name.to_owned();
        let secret = self.database().open().keep_now(move |conn| {
            let user = add_user(conn, &name, role, scope);
            Session::start(conn, user.id, false, "127.0.0.1", "a browser")
        });
        self.stranger().with_cookie("session", &secret.expect("a session"))
    }

    /// The database underneath.
    pub fn database(&self) -> &Database {
        self.database.as_ref().expect("it is taken by `again` alone")
    }

    /// What the program has logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.database().folder().join("log")).unwrap_or_default()
    }

    /// Asks the program to end.
    pub fn ask_to_end(&self) {
        let id = self.process.id().to_string();
        Command::new("kill").args(["-TERM", &id]).status().expect("there is a kill command");
    }

    /// Asks the program to end, and waits for it.
    pub fn end(&mut self) -> ExitStatus {
        if self.process.try_wait().expect("it is our child").is_none() {
            self.ask_to_end();
        }
        self.process.wait().expect("it is our child")
    }

    /// Ends the program in the middle of whatever it does.
    pub fn kill(&mut self) {
        self.process.kill().expect("it can be killed");
        self.process.wait().expect("it is our child");
    }

    /// Starts the program anew on the same database.
    #[must_use]
    pub fn again(mut self) -> Self {
        self.end();
        Self::start(self.database.take().expect("it is taken once"))
    }
}

/// The program, to be run on this database with nothing else in its environment.
pub fn program(database: &Database) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stockroom"));
    command.current_dir(database.folder()).env_clear().env("DATABASE_URL", database.url_text()).stdin(Stdio::null());
    command
}

/// A site is visited with its first browser.
impl Deref for Site {
    type Target = Browser;

    fn deref(&self) -> &Browser {
        &self.browser
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let _ = self.process.kill(); // it may have ended already
        let _ = self.process.wait();
        if std::thread::panicking() && self.database.is_some() {
            eprintln!("--- the program's log ---\n{}", self.log());
        }
    }
}
