use std::process::Stdio;

use super::run;
use crate::support::{Database, PASSWORD, Site, program};

on_both!(
    somebody_is_added_listed_given_a_password_and_disabled,
    what_cannot_be_done_ends_with_1_and_says_why,
    a_token_alone_is_on_standard_output,
    a_password_that_is_set_tells_of_the_tokens_that_stay,
    a_reader_who_closes_the_pipe_ends_a_list_quietly,
);

/// The exit code, and what stands on the two outputs.
fn said(database: &Database, arguments: &[&str], input: &str) -> (i32, String, String) {
    let output = run(database, arguments, input);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().expect("it ended by itself"), text(&output.stdout), text(&output.stderr))
}

fn somebody_is_added_listed_given_a_password_and_disabled(site: Site) {
    let (north, south) = (site.stock_stores(vec!["N1".into()])[0], site.stock_stores(vec!["S1".into()])[0]);
    let database = site.database();
    let add = ["user", "add", "Eddy@example.com", "--name", "Eddy", "--role", "editor", "--store", "N1"];
    let (code, out, err) = said(database, &add, &format!("{PASSWORD}\n"));
    assert_eq!((code, out.as_str()), (0, ""), "{err}");
    assert!(!err.contains(PASSWORD));
    let eddy = site.stranger();
    assert_eq!(eddy.sign_in("eddy", PASSWORD).status, 303);
    assert_eq!(
        (eddy.get(&format!("/stores/{north}")).status, eddy.get(&format!("/stores/{south}")).status),
        (200, 404)
    );
    let (code, out, _) = said(database, &["user", "list"], "");
    assert_eq!((code, out.lines().count()), (0, 2));
    assert!(out.contains("Eddy@example.com\tEddy\teditor\tN1"), "{out}");
    let (code, _, err) = said(database, &["user", "password", "eddy@example.com"], super::OTHER);
    assert_eq!((code, eddy.is_in()), (0, false), "{err}");
    assert_eq!(eddy.sign_in("eddy", super::OTHER).status, 303);
    let (code, _, err) = said(database, &["user", "disable", "eddy@example.com"], "");
    assert_eq!((code, eddy.is_in()), (0, false), "{err}");
    assert!(said(database, &["user", "list"], "").1.contains("\tdisabled"));
}

fn what_cannot_be_done_ends_with_1_and_says_why(database: Database) {
    let add = |email: &'static str, role: &'static str| vec!["user", "add", email, "--name", "Eddy", "--role", role];
    for (arguments, input, code, words) in [
        (add("eddy@example.com", "editor"), "", 1, "standard input"),
        (add("eddy@example.com", "editor"), "short", 1, "12 characters"),
        (add("eddy", "editor"), PASSWORD, 1, "e-mail address"),
        (add("SOMEBODY@example.com", "editor"), PASSWORD, 1, "already"),
        ([add("eddy@example.com", "editor"), vec!["--store", "nowhere"]].concat(), PASSWORD, 1, "nowhere"),
        ([add("eddy@example.com", "administrator"), vec!["--store", "x"]].concat(), PASSWORD, 1, "all stores"),
        (add("eddy@example.com", "owner"), PASSWORD, 2, "owner"),
        (vec!["user", "password", "nobody@example.com"], PASSWORD, 1, "nobody signs in with"),
        (vec!["user", "disable", "nobody@example.com"], "", 1, "nobody signs in with"),
        (vec!["user", "disable", "somebody@example.com"], "", 1, "only administrator"),
        (vec!["token", "add", "nobody@example.com", "--name", "till"], "", 1, "nobody signs in with"),
        (vec!["token", "add", "somebody@example.com", "--name", ""], "", 1, "error"),
        (vec!["token", "add", "somebody@example.com", "--name", "till", "--days", "0"], "", 2, "days"),
    ] {
        let (ended, out, err) = said(&database, &arguments, input);
        assert_eq!((ended, out.as_str()), (code, ""), "{arguments:?}: {err}");
        assert!(err.contains(words), "{arguments:?}: {err}");
        assert!(!err.contains("panicked") && !err.contains(PASSWORD), "{err}");
    }
    let (_, out, _) = said(&database, &["user", "list"], "");
    assert_eq!(out.lines().count(), 1, "{out}");
}

fn a_token_alone_is_on_standard_output(site: Site) {
    let arguments = ["token", "add", "somebody@example.com", "--name", "till", "--role", "viewer", "--days", "3"];
    let (code, out, err) = said(site.database(), &arguments, "");
    assert!(code == 0 && out.lines().count() == 1 && out.starts_with("stockroom_"), "{out}{err}");
    assert!(!err.contains(out.trim()));
    assert_eq!(site.stranger().with_token(out.trim(), "GET", "/store", "").status, 200);
    site.signed_in("vera", stockroom::users::Role::Viewer, None);
    let more = ["token", "add", "vera@example.com", "--name", "till", "--role", "editor"];
    assert_eq!(said(site.database(), &more, "").0, 1);
}

fn a_password_that_is_set_tells_of_the_tokens_that_stay(site: Site) {
    let set = || said(site.database(), &["user", "password", "somebody@example.com"], PASSWORD);
    let (code, out, err) = set();
    assert_eq!((code, out.as_str(), err.contains("token")), (0, "", false), "{err}");
    let add = |name: &str| said(site.database(), &["token", "add", "somebody@example.com", "--name", name], "").1;
    let till = add("till");
    let (_, _, err) = set();
    assert!(err.contains("1 API token still lets"), "{err}");
    assert_eq!(site.stranger().with_token(till.trim(), "GET", "/store", "").status, 200);
    add("scales");
    assert!(set().2.contains("2 API tokens still let"));
    site.sql("UPDATE api_tokens SET expires_at = created_at WHERE name = 'till'");
    let (_, out, err) = set();
    assert!(out.is_empty() && err.contains("1 API token still lets"), "one that has run out does not count: {err}");
}

fn a_reader_who_closes_the_pipe_ends_a_list_quietly(database: Database) {
    let mut command = program(&database);
    command.args(["user", "list"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    drop(child.stdout.take());
    let ended = child.wait_with_output().expect("it ends");
    assert_eq!((ended.status.code(), String::from_utf8_lossy(&ended.stderr).as_ref()), (Some(0), ""));
}
