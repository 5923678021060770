//! Roles: every request of docs/roles.md, sent as everybody.
use std::collections::BTreeSet;
use std::path::Path;

use diesel::prelude::*;
use stockroom::sessions::Session;
use stockroom::tokens::{Token, TokenDraft};
use stockroom::users::{Role, Scope, User};

use crate::support::{Answer, Browser, Site, add_user};

on_both!(every_request_is_answered_to_each_role_as_the_table_says, what_a_role_may_not_do_is_not_offered);

const PAGE: &str = include_str!("../../docs/roles.md");

/// A line of the table: method, path, and what each column says.
struct Line {
    method: &'static str,
    path: &'static str,
    says: Vec<&'static str>,
}

fn table() -> Vec<Line> {
    let rows = PAGE.lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| {
        let mut cells = row.trim_matches('|').split('|').map(str::trim);
        let request = cells.next().expect("a request").trim_matches('`');
        let (method, path) = request.split_once(' ').expect("a method and a path");
        Line { method, path, says: cells.collect() }
    })
    .collect()
}

/// Every route in the source, as the table writes it.
fn routes() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("the source is there").flatten() {
            if entry.path().is_dir() {
                folders.push(entry.path());
                continue;
            }
            let source = std::fs::read_to_string(entry.path()).expect("source is text");
            for piece in source.split("resource(").skip(1) {
                let Some(path) = piece.trim_start().strip_prefix("\"/").and_then(|rest| rest.split('"').next()) else {
                    continue;
                };
                let path = format!("/{}", path.replace(":stores|items|tags", ""));
                // The methods stand between this resource and the end of the statement.
                let methods = piece.split(';').next().expect("a piece");
                for method in ["get", "post", "put", "patch", "delete"] {
                    if methods.contains(&format!(".{method}(")) {
                        found.insert(format!("{} {path}", method.to_uppercase()));
                    }
                }
            }
        }
    }
    found
}

#[test]
fn every_route_has_its_line_in_the_table() {
    let told: BTreeSet<_> = table().iter().map(|line| format!("{} {}", line.method, line.path)).collect();
    let routes = routes();
    assert!(routes.len() > 60, "the routes are found: {routes:?}");
    assert_eq!(routes.difference(&told).collect::<Vec<_>>(), Vec::<&String>::new(), "not in docs/roles.md");
    assert_eq!(told.difference(&routes).collect::<Vec<_>>(), Vec::<&String>::new(), "no such route");
}

/// Somebody, or nobody, with what opens pages and the API to them.
struct Visitor {
    browser: Browser,
    token: Option<String>,
}

impl Visitor {
    fn new(site: &Site, name: &str, role: Role, scope: Scope) -> Self {
        let name = name.to_owned();
        let kept = site.database().open().keep_now(move |conn| {
            let user = match role {
                Role::Administrator => User::by_email(conn, "somebody@example.com")?,
                role => User::by_email(conn, &format!("{name}@example.com"))
                    .or_else(|_| Ok::<_, stockroom::error::AppError>(add_user(conn, &name, role, scope)))?,
            };
            let draft = TokenDraft { name: "till".to_owned(), role, days: None };
            Ok((Session::start(conn, user.id, false, "127.0.0.1", "")?, Token::create(conn, &user, &draft)?))
        });
        let (session, token) = kept.expect("a session and a token");
        Self { browser: site.stranger().with_cookie("session", &session), token: Some(token) }
    }

    fn send(&self, line: &Line, ids: &Ids) -> Answer {
        let path = line
            .path
            .replace("{table}", "items")
            .replace("{tag_id}", &ids.tag.to_string())
            .replace("{secret}", "none")
            .replace("{file}", "none");
        let id = match path.split('/').nth(1).unwrap_or_default() {
            "stores" | "store" => ids.store,
            "items" | "item" => ids.item,
            "tags" | "tag" => ids.tag,
            _ => 4711,
        };
        let path = path.replace("{id}", &id.to_string());
        if matches!(path.split('/').nth(1), Some("store" | "item" | "tag")) {
            let bearer = self.token.as_ref().map(|token| format!("Bearer {token}"));
            let headers: Vec<_> = bearer.iter().map(|value| ("authorization", value.as_str())).collect();
            return self.browser.send(line.method, &path, &headers, "");
        }
        match line.method {
            "GET" => self.browser.get(&path),
            _ => self.browser.post(&path, &[]),
        }
    }
}

struct Ids {
    store: i64,
    item: i64,
    tag: i64,
}

fn stock(site: &Site) -> Ids {
    let store = site.add_store("North dock");
    let item = site.add_item(store, &[("name", "Lamp"), ("add_tags", "used")]);
    let tag = site.get("/tags").attr("tbody th a", "href").rsplit('/').next().and_then(|id| id.parse().ok());
    Ids { store, item, tag: tag.expect("a tag") }
}

fn every_request_is_answered_to_each_role_as_the_table_says(site: Site) {
    let store = stock(&site).store;
    let some = Scope::Stores([store].into());
    for line in table() {
        for (column, says) in line.says.iter().enumerate() {
            // A request that may be done is done: each has its own item, and its own session to end.
            let item = site.stock_items(store, vec![("Lamp".to_owned(), 1, 1)])[0];
            let tag = site.write(move |change| {
                let name = format!("tag of {item}");
                Ok(stockroom::tags::Tag::ensure(change, store, &[name])?[0].id)
            });
            let ids = Ids { store, item, tag };
            let visitor = match column {
                0 => Visitor { browser: site.stranger(), token: None },
                1 => Visitor::new(&site, "viewer", Role::Viewer, Scope::All),
                2 => Visitor::new(&site, "some", Role::Editor, some.clone()),
                3 => Visitor::new(&site, "editor", Role::Editor, Scope::All),
                _ => Visitor::new(&site, "somebody", Role::Administrator, Scope::All),
            };
            // The one store stays for the others.
            if *says == "yes" && line.path == "/store/{id}" && line.method == "DELETE" {
                continue;
            }
            let answer = visitor.send(&line, &ids);
            let what = format!("{} {} in column {column}: {}", line.method, line.path, answer.status);
            let asks_to_sign_in = answer.status == 401
                || (answer.status == 303
                    && answer.location().starts_with("/session/new")
                    && !line.path.starts_with("/session")
                    && line.path != "/setup"); // which says there that somebody has come in before
            match *says {
                "sign in" => assert!(asks_to_sign_in, "{what}"),
                "no" => assert_eq!(answer.status, 403, "{what}"),
                "yes" => assert!(!asks_to_sign_in && answer.status != 403 && answer.status < 500, "{what}"),
                other => panic!("{other} is no answer"),
            }
        }
        let clean = site.database().open().keep_now(|conn| {
            for statement in ["DELETE FROM api_tokens", "DELETE FROM sessions WHERE browser = ''"] {
                diesel::sql_query(statement).execute(conn)?;
            }
            Ok(())
        });
        clean.expect("what was signed in is signed out");
    }
}

fn what_a_role_may_not_do_is_not_offered(site: Site) {
    let ids = stock(&site);
    let (viewer, some) =
        (site.signed_in("viewer", Role::Viewer, None), site.signed_in("some", Role::Editor, Some(&[ids.store])));
    let pages = ["/", "/stores", "/items", "/tags", "/stores/1", "/items/1", "/tags/1", "/items/1/history", "/account"];
    for path in pages.iter().copied().chain(["/items?q=nothing", "/stores?q=nothing"]) {
        let page = viewer.get(path);
        assert_eq!(page.status, 200, "{path}");
        for link in page.html().attrs("[href]", "href").iter().chain(&page.html().attrs("form", "action")) {
            let refused = ["/new", "/edit", "/deletion", "copy="].iter().any(|word| link.contains(word));
            let own = link.starts_with("/account") || link.starts_with("/session");
            assert!(own || !refused, "{path} offers {link} to a viewer");
            assert!(!["/users", "/audit", "/invitations"].iter().any(|word| link.starts_with(word)), "{path}: {link}");
        }
    }
    for path in pages {
        for link in some.get(path).html().attrs("[href]", "href") {
            assert!(
                link != "/stores/new" && link != "/stores/1/deletion",
                "{path} offers {link} to an editor of one store"
            );
        }
    }
}
