use proptest::collection::vec;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, TestError, TestRunner};

use super::snapshot::{Snapshot, journal};
use super::steps::{Step, step};
use crate::support::Database;

/// How many sequences are tried on each database, and how long at most a failing one is made shorter.
const CASES: u32 = 24;
const SHRINK_MILLISECONDS: u32 = 20_000;

#[test]
fn walking_the_journal_back_gives_every_earlier_state_exactly_on_sqlite() {
    try_sequences(Database::sqlite);
}

#[test]
fn walking_the_journal_back_gives_every_earlier_state_exactly_on_postgres() {
    try_sequences(Database::postgres);
}

/// Writers that cross each other: some are refused, none is forgotten.
#[test]
fn simultaneous_writers_leave_a_journal_that_leads_back_to_nothing_on_sqlite() {
    write_at_once(&Database::sqlite());
}

#[test]
fn simultaneous_writers_leave_a_journal_that_leads_back_to_nothing_on_postgres() {
    write_at_once(&Database::postgres());
}

fn write_at_once(database: &Database) {
    let db = database.open();
    let mut runner = TestRunner::deterministic();
    let mut steps = || vec(step(), 60..61).new_tree(&mut runner).expect("steps can be made").current();
    let threads = [steps(), steps(), steps(), steps()].map(|steps| {
        let db = db.clone();
        std::thread::spawn(move || steps.iter().for_each(|step| step.run_among_others(&db)))
    });
    for thread in threads {
        thread.join().expect("no panic");
    }
    let mut conn = database.connect();
    let mut past = Snapshot::take(&mut conn);
    let changes = journal(&mut conn);
    assert!(changes.len() > 100, "much was done: {}", changes.len());
    changes.iter().rev().for_each(|change| past.take_back(change));
    assert_eq!(past, Snapshot::default());
    assert_eq!(conn.wrong_totals().expect("the totals"), [""; 0]);
}

/// SQLite alone has it. It deletes what stands in the way without a word, unless told to fire the triggers for that too.
#[test]
fn a_row_replaced_on_sqlite_is_journalled_as_deleted_and_inserted() {
    let database = Database::sqlite();
    let db = database.open();
    let mut conn = database.connect();
    for (store, name, code) in [(0, 0, None), (1, 2, Some(1))] {
        Step::AddStore { name, code }.run(&db);
        Step::AddItem { store, name, sku: None, tags: vec![1, 2] }.run(&db);
        Step::AddItem { store, name, sku: Some(1), tags: vec![2] }.run(&db);
    }
    for statement in [
        "INSERT OR REPLACE INTO item_tags SELECT * FROM item_tags",
        "UPDATE OR REPLACE items SET sku = 'SKU 1', sku_key = 'sku 1' WHERE sku IS NULL",
        "INSERT OR REPLACE INTO stores SELECT * FROM stores WHERE code IS NOT NULL",
        "INSERT OR REPLACE INTO stores (name, name_key, code, code_key, search_key, created_at, updated_at)
         SELECT name, name_key, code, code_key, 'x', created_at, updated_at FROM stores WHERE code IS NOT NULL",
    ] {
        let before = Snapshot::take(&mut conn);
        let known = journal(&mut conn).len();
        Step::Bulk(vec![statement]).run(&db);
        let mut past = Snapshot::take(&mut conn);
        let changes = journal(&mut conn);
        assert!(changes.len() > known, "{statement}");
        changes[known..].iter().rev().for_each(|change| past.take_back(change));
        assert_eq!(past, before, "{statement}");
    }
}

fn try_sequences(fresh: impl Fn() -> Database) {
    let config =
        Config { cases: CASES, max_shrink_time: SHRINK_MILLISECONDS, failure_persistence: None, ..Config::default() };
    let tried = TestRunner::new(config).run(&vec(step(), 1..40), |steps| {
        walk_back(&fresh(), &steps);
        Ok(())
    });
    if let Err(TestError::Fail(reason, steps)) = tried {
        panic!("{reason}\nafter {steps:#?}");
    }
    tried.expect("sequences can be made");
}

/// Does the steps, with a snapshot after each that left a change set, then walks back through the journal.
fn walk_back(database: &Database, steps: &[Step]) {
    let db = database.open();
    let mut conn = database.connect();
    let mut states = vec![(0, Snapshot::take(&mut conn))];
    for step in steps {
        step.run(&db);
        let now = Snapshot::take(&mut conn);
        let change_set = journal(&mut conn).last().map_or(0, |change| change.change_set_id);
        if states.last().is_some_and(|(known, _)| *known == change_set) {
            assert_eq!(states.last().map(|(_, state)| state), Some(&now), "{step:?} left no trace");
        } else {
            states.push((change_set, now));
        }
    }
    assert_eq!(conn.wrong_totals().expect("the totals"), [""; 0]);
    let changes = journal(&mut conn);
    let mut past = Snapshot::take(&mut conn);
    let mut later = changes.iter().rev().peekable();
    while let Some((change_set, state)) = states.pop() {
        assert_eq!(past, state, "as change set {change_set} left it");
        while let Some(change) = later.next_if(|change| change.change_set_id == change_set) {
            past.take_back(change);
        }
    }
    assert!(later.next().is_none(), "every line was walked");
    assert_eq!(past, Snapshot::default(), "and in the beginning there was nothing");
}
