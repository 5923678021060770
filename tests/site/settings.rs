//! Settings: from flags, the environment and `.env`; a wrong one is refused in words.
use std::process::Output;

use diesel::connection::SimpleConnection;

use crate::support::{Database, Site, program};

/// Runs `stockroom` with these arguments, on a database and with what is in its folder.
fn run(database: &Database, settings: &[(&str, &str)], arguments: &[&str]) -> Output {
    program(database).envs(settings.iter().copied()).args(arguments).output().expect("the program runs")
}

/// What a refusal says.
fn refused(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(output.stdout.is_empty(), "it does not serve");
    said
}

#[test]
fn a_wrong_setting_is_named_with_what_it_may_be() {
    let database = Database::sqlite();
    for (setting, value, words) in [
        ("STOCKROOM_LISTN", "127.0.0.1:80", "the settings are DATABASE_URL, STOCKROOM_API,"),
        ("STOCKROOM_CURRENCY", "XYZ", "like USD, EUR or JPY"),
        ("STOCKROOM_CURRENCY", "XAU", "like USD, EUR or JPY"),
        ("STOCKROOM_CURRENCY", "", "like USD, EUR or JPY"),
        ("STOCKROOM_LISTEN", "localhost", "like 127.0.0.1:8080"),
        ("STOCKROOM_LISTEN", "127.0.0.1:99999", "like 127.0.0.1:8080"),
        ("STOCKROOM_API", "everybody", "give token or open"),
        ("STOCKROOM_PROXIES", "proxy.example", "like 10.0.0.7, 192.168.0.0/16 or fd00::/8"),
        ("STOCKROOM_LOG", "stockroom=loud", "error, warn, info, debug, trace or off"),
        ("STOCKROOM_LOG", "inof", "error, warn, info, debug, trace or off"),
        ("STOCKROOM_LOG", "warn,stockroom", "error, warn, info, debug, trace or off"),
        (
            "DATABASE_URL",
            "mysql://localhost/stock",
            "give the name of an SQLite file, or postgres://user@host/database",
        ),
        ("DATABASE_URL", "", "give the name of an SQLite file, or postgres://user@host/database"),
    ] {
        for arguments in [&[][..], &["serve"]] {
            let said = refused(&run(&database, &[(setting, value)], arguments));
            assert!(said.contains(setting) && said.contains(words), "{setting}={value}: {said}");
        }
    }
}

#[test]
fn a_password_in_a_wrong_setting_is_not_repeated() {
    let said = refused(&run(&Database::sqlite(), &[("DATABASE_URL", "postgress://me:s3cret@db/stock")], &["serve"]));
    assert!(said.contains("“postgress” is no kind of database") && !said.contains("s3cret"), "{said}");
    for url in ["postgres:/me:s3cret@db/stock", "host=db password=s3cret"] {
        let said = refused(&run(&Database::sqlite(), &[("DATABASE_URL", url)], &["check"]));
        assert!(!said.contains("s3cret"), "{said}");
    }
    for url in [
        "postgres://me:s3cr%et@127.0.0.1:1/db",
        "postgres://me:s3cr/et@127.0.0.1:1/db",
        "postgres://me:123 s3cr@127.0.0.1:1/db",
        "postgres://me:99999/s3cr@127.0.0.1:1/db",
    ] {
        let output = run(&Database::sqlite(), &[("DATABASE_URL", url)], &["check"]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains("write % as %25") && !said.contains("s3cr"), "{said}");
    }
    let database = Database::sqlite();
    std::fs::write(database.folder().join(".env"), "DATABASE_URL=postgres://me:s3cret @db/stock\n").expect("a file");
    let said = refused(&run(&database, &[], &["check"]));
    assert!(said.contains(".env: DATABASE_URL cannot be read") && !said.contains("s3cret"), "{said}");
}

#[test]
fn a_wrong_flag_is_named_too() {
    let database = Database::sqlite();
    for (arguments, words) in [
        (["serve", "--currency", "XYZ"], "--currency"),
        (["serve", "--listen", "nowhere"], "--listen"),
        (["serve", "--colour", "red"], "--colour"),
        (["paint", "it", "red"], "paint"),
    ] {
        let said = refused(&run(&database, &[], &arguments));
        assert!(said.contains(words), "{arguments:?}: {said}");
    }
}

#[test]
fn the_env_file_is_read_the_environment_beats_it_and_flags_beat_both() {
    let currency = |file: &str, environment: &[(&str, &str)], flags: &[&str]| {
        let database = Database::sqlite();
        std::fs::write(database.folder().join(".env"), file).expect("the folder can be written");
        let site = Site::start_with_flags(database, environment, flags);
        site.get("/").text(".totals small")
    };
    let file = "# What we trade in\nSTOCKROOM_CURRENCY=EUR\n";
    assert_eq!(currency("", &[], &[]), "USD");
    assert_eq!(currency(file, &[], &[]), "EUR");
    assert_eq!(currency(file, &[("STOCKROOM_CURRENCY", "jpy")], &[]), "JPY");
    assert_eq!(currency(file, &[("STOCKROOM_CURRENCY", "JPY")], &["--currency", "CHF"]), "CHF");
}

/// What the program exports, or why it does not, in this currency or that of the database.
fn exported(database: &Database, currency: Option<&str>) -> Result<String, String> {
    let settings: Vec<_> = currency.map(|code| ("STOCKROOM_CURRENCY", code)).into_iter().collect();
    let output = run(database, &settings, &["export"]);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

on_both!(
    prices_are_never_read_in_another_currency,
    a_wrong_currency_is_put_right_as_long_as_no_price_becomes_another,
    a_database_of_an_older_program_keeps_what_it_is_served_in,
    a_program_that_runs_saves_nothing_once_prices_are_in_another_currency,
);

fn lamp_imported(database: &Database, settings: &[(&str, &str)]) -> Output {
    let file = database.folder().join("items.csv");
    std::fs::write(&file, "store,name,price\nNorth dock,Lamp,7.00\n").expect("a file");
    run(database, settings, &["import", file.to_str().expect("a path")])
}

fn prices_are_never_read_in_another_currency(database: Database) {
    assert!(exported(&database, Some("JPY")).is_ok(), "looking decides nothing");
    assert!(lamp_imported(&database, &[("STOCKROOM_CURRENCY", "EUR")]).status.success());
    for code in ["JPY", "USD"] {
        let said = exported(&database, Some(code)).expect_err("another currency");
        assert!(said.contains(&format!("are in EUR, and the settings say {code}")), "{said}");
        assert_eq!(lamp_imported(&database, &[("STOCKROOM_CURRENCY", code)]).status.code(), Some(1));
        assert_eq!(run(&database, &[("STOCKROOM_CURRENCY", code)], &["serve"]).status.code(), Some(1));
    }
    for code in [None, Some("eur")] {
        assert!(exported(&database, code).expect("the same currency").contains(",7.00,"));
    }
    assert!(lamp_imported(&database, &[]).status.success(), "as it was said before");
}

fn a_wrong_currency_is_put_right_as_long_as_no_price_becomes_another(database: Database) {
    let currency = |code: &[&str]| {
        let output = run(&database, &[("STOCKROOM_CURRENCY", "EUR")], &[&["currency"], code].concat());
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
    };
    exported(&database, None).expect("a database, with nothing in it");
    let ok = |code: &str| Ok(code.to_owned());
    assert_eq!([currency(&[]), currency(&["JPY"]), currency(&[])], [ok("USD"), ok("JPY"), ok("JPY")]);
    assert_eq!(currency(&["USD"]), ok("USD"), "there is no price yet");
    assert!(lamp_imported(&database, &[]).status.success());
    let refused = currency(&["JPY"]).expect_err("7.00 would be 700");
    assert!(refused.contains("there are prices in USD, which has 2 decimals, and JPY has 0"), "{refused}");
    assert_eq!([currency(&["EUR"]), currency(&[])], [ok("EUR"), ok("EUR")]);
    assert!(exported(&database, Some("EUR")).expect("euros").contains(",7.00,"));
    assert_eq!(currency(&["JPY", "--reread"]), ok("JPY"));
    assert!(exported(&database, None).expect("yen").contains(",700,"));
    assert_eq!(run(&database, &[], &["currency", "XYZ"]).status.code(), Some(2));
}

fn a_program_that_runs_saves_nothing_once_prices_are_in_another_currency(database: Database) {
    let site = Site::start(database);
    let store = site.add_store("North dock");
    let form = site.get(&format!("/items/new?store={store}")).form().filled(&[("name", "Lamp"), ("price", "713")]);
    assert!(run(site.database(), &[], &["currency", "JPY"]).status.success(), "there is no price yet");
    let refused = site.submit(form.clone());
    assert_eq!(refused.status, 503, "it would be 71,300 yen: {}", refused.body);
    assert!(site.log().contains("prices are not in USD any more"), "{}", site.log());
    assert_eq!(site.get("/items").texts("tbody th"), [""; 0]);
    let site = site.again();
    assert_eq!(site.submit(form).status, 303, "what was typed is good still");
    assert!(exported(site.database(), None).expect("yen").contains(",713,"));
}

fn a_database_of_an_older_program_keeps_what_it_is_served_in(database: Database) {
    let mut site = Site::start(database);
    let store = site.add_store("North dock");
    site.add_item(store, &[("name", "Lamp"), ("price", "7.13")]);
    site.end();
    site.database().connect().batch_execute("DELETE FROM price_currency").expect("it is forgotten");
    assert!(exported(site.database(), Some("JPY")).expect("nobody knows better").contains(",713,"));
    let site = site.again();
    assert!(exported(site.database(), Some("JPY")).expect_err("it is in dollars").contains("are in USD"));
    assert!(exported(site.database(), None).expect("dollars").contains(",7.13,"));
}

#[test]
fn an_unknown_or_unreadable_line_in_the_env_file_is_refused() {
    for (file, words) in
        [("STOCKROOM_COLOUR=red\n", "STOCKROOM_COLOUR is no setting"), ("STOCKROOM_CURRENCY \"", ".env: ")]
    {
        let database = Database::sqlite();
        std::fs::write(database.folder().join(".env"), file).expect("the folder can be written");
        let said = refused(&run(&database, &[], &[]));
        assert!(said.contains(words), "{said}");
    }
}

#[test]
fn help_documents_every_setting() {
    let output = run(&Database::sqlite(), &[], &["serve", "--help"]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(0));
    for words in [
        "DATABASE_URL",
        "stockroom.db",
        "STOCKROOM_LISTEN",
        "127.0.0.1:8080",
        "STOCKROOM_CURRENCY",
        "USD",
        "STOCKROOM_LOG",
        "info",
        "STOCKROOM_PROXIES",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
}

#[test]
fn an_address_that_is_taken_is_said_to_be_taken() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("an address").to_string();
    let output = run(&Database::sqlite(), &[("STOCKROOM_LISTEN", &address)], &[]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.starts_with(&format!("error: cannot listen at {address}: Address already in use")), "{said}");
}

#[test]
fn a_mistyped_database_is_not_made_by_who_only_looks() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("typo.db");
    let url = path.to_string_lossy().into_owned();
    let commands: [&[&str]; 5] = [
        &["check"],
        &["export"],
        &["user", "list"],
        &["user", "disable", "a@b.example"],
        &["token", "add", "a@b.example", "--name", "x"],
    ];
    for arguments in commands {
        let output = run(&Database::sqlite(), &[("DATABASE_URL", &url)], arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), output.stdout.is_empty()), (Some(1), true), "{arguments:?}: {said}");
        assert!(said.contains(&format!("there is no database {url}")), "{said}");
        assert!(!path.exists(), "{arguments:?} makes none");
    }
}

#[test]
fn a_database_that_cannot_be_opened_is_said_to_be_so() {
    for (url, words) in [
        ("/nowhere/at/all/stock.db", "its folder does not exist"),
        ("/tmp", "error: /tmp: this is a folder."),
        ("postgres:///stock?host=/nowhere&connect_timeout=2", "/nowhere"),
    ] {
        let output = run(&Database::sqlite(), &[("DATABASE_URL", url)], &["serve"]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(words), "{said}");
    }
}
