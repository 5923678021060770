//! A database to import into, and what the program says of it.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStderr, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use diesel::prelude::*;
use diesel::sql_types::Text;
use stockroom::db::{Actor, Db, Source as Door, migrate};
use stockroom::imports::{Columns, Event, Import, Source};
use tempfile::TempDir;

/// A database of its own, and a folder for files.
pub struct Shop {
    folder: TempDir,
    url: String,
    server: Option<(String, String)>,
}

/// What the program said.
pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Said {
    fn of(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        let code = output.status.code().expect("it ends by itself");
        Self { code, out: text(output.stdout), err: text(output.stderr) }
    }
}

/// An import that is being written.
pub struct Importing {
    child: Child,
    err: BufReader<ChildStderr>,
    said: String,
}

impl Importing {
    pub fn goes_on(&mut self) -> bool {
        self.child.try_wait().expect("it can be asked").is_none()
    }

    /// Ends it in the middle of what it does.
    pub fn kill(mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
    }

    /// Waits for its end.
    pub fn end(mut self) -> Said {
        self.err.read_to_string(&mut self.said).expect("UTF-8");
        let mut said = Said::of(self.child.wait_with_output().expect("it ends"));
        said.err = self.said;
        said
    }
}

/// Runs a test on every database there is.
pub fn everywhere(test: impl Fn(&Shop)) {
    test(&Shop::sqlite());
    if let Ok(server) = std::env::var("STOCKROOM_TEST_POSTGRES") {
        test(&Shop::postgres(&server));
    }
}

impl Shop {
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let url = folder.path().join("shop.db").to_string_lossy().into_owned();
        Self { folder, url, server: None }
    }

    fn postgres(server: &str) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("imports_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        administer(server, &format!("CREATE DATABASE {name}"));
        let (path, options) = server.split_once('?').map_or((server, String::new()), |(p, o)| (p, format!("?{o}")));
        let (base, _) = path.rsplit_once('/').expect("a URL with a database");
        let folder = tempfile::tempdir().expect("a folder can be made");
        Self { folder, url: format!("{base}/{name}{options}"), server: Some((server.to_owned(), name)) }
    }

    pub fn run(&self, arguments: &[&str]) -> Said {
        let output = self.command(arguments).output().expect("the program runs");
        Said::of(output)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stockroom"));
        command
            .args(arguments)
            .env("DATABASE_URL", &self.url)
            .env_remove("STOCKROOM_TEST_POSTGRES")
            .current_dir(self.folder.path());
        command
    }

    /// Imports a file with this in it.
    pub fn import(&self, name: &str, content: &str, options: &[&str]) -> Said {
        self.run(&[&["import", &self.file(name, content)], options].concat())
    }

    /// Imports what comes through a pipe.
    pub fn import_piped(&self, content: &str) -> Said {
        let mut command = self.command(&["import", "-"]);
        let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = piped.spawn().expect("the program runs");
        child.stdin.take().expect("it is piped").write_all(content.as_bytes()).expect("it reads");
        Said::of(child.wait_with_output().expect("it ends"))
    }

    /// The same, as far as its rows being compared: what they write comes next.
    pub fn begin_import(&self, name: &str, content: &str) -> Importing {
        let mut command = self.command(&["import", &self.file(name, content)]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program runs");
        let mut err = BufReader::new(child.stderr.take().expect("it is piped"));
        let mut said = String::new();
        while !said.contains("writing") {
            assert!(err.read_line(&mut said).expect("UTF-8") > 0, "it has ended: {said}");
        }
        Importing { child, err, said }
    }

    fn file(&self, name: &str, content: &str) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).expect("the file can be written");
        path.to_string_lossy().into_owned()
    }

    /// Imports a file as the program does, and has `listener` hear of it. Nobody is kept waiting meanwhile.
    pub fn import_and(&self, name: &str, content: &str, mut listener: impl FnMut(Event<'_>)) -> Said {
        let source = Source::open(self.file(name, content).as_ref()).expect("it is a file");
        let columns = Columns::find(None, source.headers.clone(), &[]).expect("its columns are known");
        let import = Import { source, name: name.to_owned(), columns, strict: false, dry_run: false };
        let db = self.db();
        migrate(db.url()).expect("it is up to date");
        let actor = Actor { name: "Anna".to_owned(), source: Door::Import, user_id: None };
        let mut told = Vec::new();
        let summary = import.run(&db, actor, |event| {
            match event {
                Event::Refused { line, column, reason } => told.push(format!("{line}: {column}: {reason}")),
                Event::Repeated { line, earlier } => told.push(format!("{line}: repeats {earlier}")),
                _ => {}
            }
            listener(event);
        });
        Said { code: 0, out: summary.expect("it is imported").to_string(), err: told.join("\n") }
    }

    /// The same, and once the first piece is written, somebody saves what these statements write.
    pub fn import_beside(&self, name: &str, content: &str, statements: &[&str]) -> Said {
        let db = self.db();
        let mut saved = false;
        self.import_and(name, content, |event| {
            if matches!(event, Event::Written(_)) && !std::mem::replace(&mut saved, true) {
                save(&db, statements);
            }
        })
    }

    /// The database, opened once more.
    pub fn db(&self) -> Db {
        Db::open(&self.url.parse().expect("a database")).expect("it opens")
    }

    /// What a query gives: one text a row, called `value`.
    pub fn rows(&self, sql: &str) -> Vec<String> {
        load(&self.db(), sql)
    }

    pub fn count(&self, table: &str) -> usize {
        self.rows(&format!("SELECT cast(count(*) AS TEXT) AS value FROM {table}"))[0].parse().expect("a number")
    }

    pub fn is_empty(&self) -> bool {
        ["stores", "items", "tags", "change_sets", "changes"].iter().all(|table| self.count(table) == 0)
    }

    pub fn items(&self) -> Vec<String> {
        self.rows(
            "SELECT s.name || '|' || i.name || '|' || coalesce(i.sku, '-') || '|' || i.price_minor || '|' || i.quantity
                || '|' || i.version AS value
             FROM items AS i JOIN stores AS s ON s.id = i.store_id ORDER BY i.id",
        )
    }

    pub fn tags(&self, item: &str) -> Vec<String> {
        self.rows(&format!(
            "SELECT t.name AS value FROM item_tags AS l
             JOIN tags AS t ON t.id = l.tag_id JOIN items AS i ON i.id = l.item_id
             WHERE i.name = '{item}' ORDER BY t.name_key"
        ))
    }

    /// Everything there is, to see that nothing has moved.
    pub fn everything(&self) -> Vec<String> {
        let mut rows = Vec::new();
        for table in ["stores", "items", "tags"] {
            rows.extend(self.rows(&format!(
                "SELECT '{table}' || id || name || name_key || version || cast(updated_at AS TEXT) AS value
                 FROM {table} ORDER BY id"
            )));
        }
        rows.extend(self.rows("SELECT item_id || '-' || tag_id AS value FROM item_tags ORDER BY item_id, tag_id"));
        rows.extend(["change_sets", "changes"].map(|table| self.count(table).to_string()));
        rows
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        if let Some((server, name)) = &self.server {
            administer(server, &format!("DROP DATABASE {name} WITH (FORCE)"));
        }
    }
}

/// Saves what these statements write, all together.
pub fn save(db: &Db, statements: &[&str]) {
    let actor = Actor { name: "Anna".to_owned(), source: Door::Page, user_id: None };
    let statements: Vec<_> = statements.iter().map(ToString::to_string).collect();
    let saved = db.write_now(actor, move |change| {
        change.call("Saved something");
        for sql in statements {
            assert!(diesel::sql_query(&sql).execute(change.conn())? > 0, "nothing was there for {sql}");
        }
        Ok(())
    });
    saved.expect("it is saved");
}

/// Waits until something is in this table.
pub fn wait_for(db: &Db, table: &str) {
    while load(db, &format!("SELECT 'something' AS value FROM {table} LIMIT 1")).is_empty() {}
}

fn load(db: &Db, sql: &str) -> Vec<String> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        value: String,
    }
    let rows = db.read_now(|conn| Ok(diesel::sql_query(sql).load::<Row>(conn)?)).expect("the query runs");
    rows.into_iter().map(|row| row.value).collect()
}

fn administer(server: &str, sql: &str) {
    let mut conn = PgConnection::establish(server).expect("the server answers");
    diesel::sql_query(sql).execute(&mut conn).expect("the server obeys");
}

/// Three items in two stores.
pub const SMALL: &str = "\
Store name,SKU,Item name,Price,qty,tags
North,L-1,Lamp,12.50,3,\"Light, Home\"
North,C-1,Chair,40,,Home
South,L-1,Lamp,13,1,
";
