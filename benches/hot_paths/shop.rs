use stockroom::db::{Actor, DatabaseUrl, Db, Source, migrate};
use stockroom::fields::FormErrors;
use stockroom::samples::Invention;
use stockroom::sessions::Session;
use stockroom::users::{Role, Scope, User, UserForm};
use tempfile::TempDir;

/// An SQLite file with 100,000 items in 100 stores, and an administrator who is signed in.
pub struct Shop {
    pub db: Db,
    /// The cookie of the administrator.
    pub session: String,
    _folder: TempDir,
}

impl Shop {
    /// Makes it, in a folder that is gone with it.
    pub fn open() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let url = DatabaseUrl::Sqlite(folder.path().join("stockroom.db"));
        migrate(&url).expect("an empty file can be migrated");
        let db = Db::open(&url).expect("the file opens");
        let invention = Invention { stores: 100, items: 100_000, seed: 1 };
        db.write_now(somebody(), move |change| invention.add(change, |_| ())).expect("stores and items");
        db.keep_now(|conn| Ok(conn.analyze()?)).expect("statistics");
        let session = db.keep_now(|conn| {
            let form =
                UserForm { name: "Anna".into(), email: "anna@example.com".into(), password: "unused here".into() };
            let draft = form.check(Role::Administrator, Scope::All, &mut FormErrors::default());
            let user = User::create(conn, &draft, "no hash of a password")?;
            Session::start(conn, user.id, false, "127.0.0.1", "a browser")
        });
        Self { session: session.expect("a session"), db, _folder: folder }
    }
}

/// Whoever writes here.
pub fn somebody() -> Actor {
    Actor { name: "Anna".to_owned(), source: Source::Page, user_id: None }
}
