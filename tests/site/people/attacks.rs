use std::collections::{BTreeSet, VecDeque};

use stockroom::users::Role;

use crate::support::{Answer, Browser, PASSWORD, Page, Site};

on_both!(
    hostile_text_in_every_field_of_every_form_is_text_on_every_page,
    fields_that_a_form_does_not_have_change_nothing,
    line_ends_in_names_get_into_no_header,
    tricks_with_paths_open_nothing,
    a_notice_that_another_site_planted_leads_nowhere_else,
    a_form_of_somebody_else_s_tells_nothing_of_one_s_password,
    where_a_form_led_is_text_on_the_page_that_says_so,
    a_form_that_changed_the_password_tells_no_guesser_the_new_one,
    a_request_that_is_held_back_outlasts_no_rights,
);

fn a_form_that_changed_the_password_tells_no_guesser_the_new_one(site: Site) {
    let form = site.get("/account").form();
    let new = "violet cargo 77 moon";
    let sent = form.filled(&[("password", PASSWORD), ("new_password", new)]);
    assert_eq!(site.submit(sent.clone()).status, 303);
    assert_eq!(site.submit(sent.clone()).status, 303, "sent twice it is done once");
    let guess = |typed: &str| site.submit(sent.clone().filled(&[("password", ""), ("new_password", typed)])).status;
    let guesses: Vec<_> = (0..6).map(|number| guess(&format!("violet cargo {number} moon"))).collect();
    assert!(guesses.contains(&429), "{guesses:?}");
    assert_eq!(guess(new), 429, "nor is a right one told apart");
}

/// Sends a request but for the last byte of its body, and that when something was done meanwhile. Gives the status.
fn held_back(site: &Site, who: &str, target: &str, kind: &str, body: &str, meanwhile: impl FnOnce()) -> u16 {
    use std::io::{Read, Write};
    let address = site.origin().strip_prefix("http://").expect("an origin").to_owned();
    let mut stream = std::net::TcpStream::connect(&address).expect("it listens");
    let (start, last) = body.split_at(body.len() - 1);
    write!(
        stream,
        "POST {target} HTTP/1.1\r\nHost: {address}\r\n{who}\r\nSec-Fetch-Site: same-origin\r\nConnection: close\r\n\
         Content-Type: {kind}\r\nContent-Length: {}\r\n\r\n{start}",
        body.len()
    )
    .expect("it is sent");
    std::thread::sleep(std::time::Duration::from_millis(700));
    meanwhile();
    stream.write_all(last.as_bytes()).expect("it is sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer.split(' ').nth(1).expect("a status").parse().expect("a number")
}

fn a_request_that_is_held_back_outlasts_no_rights(site: Site) {
    const FORM: &str = "application/x-www-form-urlencoded";
    let store = site.add_store("North dock");
    site.signed_in("vera", Role::Viewer, None);
    let vera = format!("/users/{}", site.person("vera"));
    let mallory = site.signed_in("mallory", Role::Administrator, None);
    let cookie = format!("Cookie: {}", mallory.cookie_header());
    let token = format!("Authorization: Bearer {}", mallory.make_token("till", "editor"));
    let item = format!(r#"{{"name": "Lamp", "price": 1, "store_id": {store}}}"#);
    let add = |meanwhile: &dyn Fn()| held_back(&site, &token, "/item", "application/json", &item, meanwhile);
    assert_eq!(add(&|| drop(site.signed_in("eddy", Role::Editor, None))), 201, "whatever changes of others");
    let page = format!("/users/{}", site.person("mallory"));
    assert_eq!(add(&|| assert_eq!(site.fill(&page, &[("role", "viewer")]).status, 303)), 403);
    assert_eq!(site.number("SELECT count(*) FROM items"), 1);
    assert_eq!(site.fill(&page, &[("role", "administrator")]).status, 303);

    let raise =
        || serde_urlencoded::to_string(site.get(&vera).form().filled(&[("role", "editor")]).fields).expect("texts");
    assert_eq!(held_back(&site, &cookie, &vera, FORM, &raise(), || ()), 303, "who is slow is not refused for that");
    let disabled = || assert_eq!(site.post(&format!("{page}/disablement"), &[]).status, 303);
    let raised = raise().replace("editor", "administrator");
    assert_eq!(held_back(&site, &cookie, &vera, FORM, &raised, disabled), 403);
    assert_eq!(site.lines("SELECT role AS line FROM users WHERE name = 'vera'"), ["editor"]);
}

fn a_form_of_somebody_else_s_tells_nothing_of_one_s_password(site: Site) {
    let (token, other) = (("token", "A".repeat(32)), "violet cargo 77 moon");
    let change = |browser: &Browser, old: &str, new: &str| {
        browser.post("/account/password", &[(token.0, &token.1), ("password", old), ("new_password", new)]).status
    };
    let eve = site.signed_in("eve", Role::Viewer, None);
    assert_eq!(change(&eve, PASSWORD, other), 303);
    for guess in [PASSWORD, other] {
        assert_eq!(change(&site, "", guess), 422, "whether {guess} is right");
    }
    assert_eq!(change(&eve, "", other), 303, "her own, sent twice");
    assert_eq!(change(&site, PASSWORD, other), 303);
}

fn where_a_form_led_is_text_on_the_page_that_says_so(site: Site) {
    let item = site.add_item(site.add_store("North"), &[("name", "Lamp")]);
    let token = "B".repeat(32);
    let list = "?\"></a><h1>planted</h1>";
    let deletion = [("token", token.as_str()), ("version", "1"), ("list", list)];
    assert_eq!(site.post(&format!("/items/{item}/deletion"), &deletion).status, 303);
    let again = site.post("/stores", &[("token", token.as_str()), ("name", "South")]);
    assert!(again.status == 409 && !again.body.contains("<h1>planted"), "{}", again.body);
}

const HOSTILE: &str = "\"><script>x</script>' OR 1=1 --";

/// Every page that links lead to from these, signed in.
fn pages(site: &Site, from: &[&str]) -> Vec<Answer> {
    let (mut seen, mut found) = (BTreeSet::new(), Vec::new());
    let mut queue: VecDeque<String> = from.iter().map(|path| (*path).to_owned()).collect();
    while let Some(path) = queue.pop_front() {
        let path = path.split('#').next().unwrap_or_default().to_owned();
        let leads_here = path.starts_with('/') && !path.starts_with("/static") && !path.starts_with("/swagger");
        // Lists sorted and filtered otherwise are the same pages.
        if !leads_here || path.matches('&').count() > 1 || !seen.insert(path.clone()) || seen.len() > 150 {
            continue;
        }
        let answer = site.get(&path);
        assert!(answer.status < 500, "{path}: {}", answer.body);
        queue.extend(answer.html().attrs("a[href]", "href").into_iter().map(|link| {
            link.strip_prefix('?')
                .map_or(link.clone(), |query| format!("{}?{query}", path.split('?').next().unwrap_or_default()))
        }));
        found.push(answer);
    }
    found
}

/// The names of the fields of a form that text can be typed into.
fn text_fields(page: &Page, number: usize) -> Vec<String> {
    let form = page.all("main form[method=post]")[number];
    let fields = form.descendent_elements().filter(|element| {
        let kind = element.value().attr("type").unwrap_or("text");
        match element.value().name() {
            "textarea" => true,
            "input" => matches!(kind, "text" | "email" | "search" | "password"),
            _ => false,
        }
    });
    fields.filter_map(|element| element.value().attr("name")).map(str::to_owned).collect()
}

fn assert_harmless(answer: &Answer) {
    assert!(answer.status < 500, "{}: {}", answer.path, answer.body);
    assert!(!answer.body.contains("<script>x"), "{}: {}", answer.path, answer.body);
    let page = answer.html();
    assert!(page.all("script").iter().all(|script| script.value().attr("src").is_some()), "{}", answer.path);
}

fn hostile_text_in_every_field_of_every_form_is_text_on_every_page(site: Site) {
    let store = site.add_store("North dock");
    site.add_item(store, &[("name", "Lamp"), ("add_tags", "used")]);
    site.signed_in("eddy", Role::Editor, None);
    let link = site.invite("Anna", "viewer");
    let (mut sent, mut saved) = (BTreeSet::new(), 0);
    for answer in pages(&site, &["/", "/users", "/account", "/account/second-factor", "/tags/new"]) {
        let page = answer.html();
        for number in 0..page.all("main form[method=post]").len() {
            let fields = text_fields(&page, number);
            let mut form = answer.form_at("main form[method=post]");
            if number > 0 {
                form = nth_form(&answer, number);
            }
            if fields.is_empty() || !sent.insert((form.action.clone(), fields.clone())) {
                continue;
            }
            // All at once, and each alone among what fits: what is refused shows the text again, too.
            let all: Vec<_> = fields.iter().map(|name| (name.as_str(), HOSTILE)).collect();
            assert_harmless(&site.submit(form.clone().filled(&all)));
            for name in &fields {
                let good =
                    fields.iter().map(|field| (field.as_str(), if field == name { HOSTILE } else { good_text(field) }));
                let fresh = form.clone().filled(&good.collect::<Vec<_>>());
                let answer = site.submit(fresh);
                saved += i32::from(answer.status == 303);
                assert_harmless(&answer);
            }
        }
    }
    assert!(sent.len() >= 9 && saved >= 5, "{saved} saved of {sent:?}");
    assert_harmless(&site.stranger().post(&link, &[("name", HOSTILE), ("email", HOSTILE), ("password", "x")]));
    let anna = [("name", HOSTILE), ("email", "anna@example.com"), ("password", PASSWORD)];
    assert_eq!(site.stranger().fill(&link, &anna).status, 303, "it is a name like any other");
    for (path, name) in [
        ("/items", "q"),
        ("/stores", "q"),
        ("/tags", "q"),
        ("/items", "sort"),
        ("/items", "store_name"),
        ("/items", "tag"),
        ("/items", "after"),
        ("/audit", "before"),
    ] {
        let query = serde_urlencoded::to_string([(name, HOSTILE)]).expect("a query");
        assert_harmless(&site.get(&format!("{path}?{query}")));
    }
    pages(&site, &["/", "/users", "/account", "/audit"]).iter().for_each(assert_harmless);
    assert_eq!(site.stranger().sign_in("' OR 1=1 --", PASSWORD).status, 422);
    assert!(site.number("SELECT count(*) FROM users") >= 3);
}

fn nth_form(answer: &Answer, number: usize) -> crate::support::Form {
    let action = answer.html().attrs("main form[method=post]", "action")[number].clone();
    answer.form_at(&format!("main form[action='{action}']"))
}

fn good_text(field: &str) -> &'static str {
    match field {
        "price" | "quantity" => "1",
        "email" => "anna@example.com",
        "password" => PASSWORD,
        "name" | "label" => "Anna",
        "store_name" => "North dock",
        _ => "",
    }
}

fn fields_that_a_form_does_not_have_change_nothing(site: Site) {
    let eddy = site.signed_in("eddy", Role::Editor, None);
    let before = site.lines("SELECT name || role || CAST(all_stores AS TEXT) AS line FROM users ORDER BY id");
    let more = [
        ("role", "administrator"),
        ("all_stores", "1"),
        ("reach", "all"),
        ("id", "1"),
        ("user_id", "1"),
        ("email", "somebody@example.com"),
        ("disabled_at", "2020-01-01"),
        ("created_at", "2020-01-01"),
        ("totp_secret", "AAAA"),
    ];
    let password = [("password", PASSWORD), ("new_password", super::OTHER)];
    assert_eq!(eddy.post("/account/password", &[&password[..], &more].concat()).status, 303);
    assert_eq!(eddy.post("/stores", &[&[("name", "North dock")], &more[3..]].concat()).status, 303);
    let store = site.number("SELECT max(id) FROM stores").to_string();
    let item = [("name", "Lamp"), ("price", "1"), ("store", store.as_str()), ("version", "99"), ("added_by", "x")];
    assert_eq!(eddy.post("/items", &[&item[..], &more[3..]].concat()).status, 303);
    assert_eq!(site.lines("SELECT name || role || CAST(all_stores AS TEXT) AS line FROM users ORDER BY id"), before);
    assert_eq!(site.number("SELECT count(*) FROM items WHERE version = 1 AND created_at > '2025-01-01'"), 1);
    assert_eq!(site.stranger().sign_in("somebody", PASSWORD).status, 303, "it was one's own password");
    assert_eq!(site.stranger().sign_in("eddy", super::OTHER).status, 303);
    assert_eq!(eddy.post("/users/1", &more).status, 403);
    assert_eq!(eddy.post("/invitations", &more).status, 403);
}

fn line_ends_in_names_get_into_no_header(site: Site) {
    let name = "x\r\nset-cookie: planted=1\r\n\r\n<b>";
    for (path, fields) in [
        ("/stores", vec![("name", name)]),
        ("/tags", vec![("name", name)]),
        ("/account/tokens", vec![("name", name), ("role", "viewer"), ("days", "30")]),
        ("/session", vec![("email", name), ("password", "x"), ("next", name)]),
    ] {
        let answer = site.post(path, &fields);
        assert!(answer.status < 500, "{path}: {}", answer.status);
        assert!(
            !answer.headers.values().any(|value| value.to_str().is_ok_and(|value| value.starts_with("planted"))),
            "{path}"
        );
        assert!(site.cookie("planted").is_none(), "{path}");
    }
    for path in [
        "/items?store_name=x%0d%0aset-cookie:+planted=1",
        "/session/new?next=/%0d%0aset-cookie:+planted=1",
        "/%0d%0aset-cookie:%20planted=1",
    ] {
        for browser in [site.browser(), site.stranger()] {
            let answer = browser.get(path);
            assert!(answer.status < 500 && browser.cookie("planted").is_none(), "{path}: {}", answer.status);
        }
    }
}

fn tricks_with_paths_open_nothing(site: Site) {
    site.add_store("North dock");
    for path in [
        "/static/../stores",
        "/static/..%2fstores",
        "/static/%2e%2e/stores",
        "/swagger-ui/../stores",
        "/swagger-uix",
        "//stores",
        "/stores/",
        "/stores;/session/new",
        "/STORES",
        "/stores%00",
        "/./stores",
        "/session/new/../../stores",
        "/invitations/../stores/acceptance",
        "/invitations/x/y/acceptance",
        "/static/..%2f..%2f..%2fetc%2fpasswd",
        "/healthz/../stores",
        "/%73tores",
    ] {
        for method in ["GET", "HEAD"] {
            let answer = site.stranger().send(method, path, &[], "");
            assert!(matches!(answer.status, 303 | 400 | 404), "{method} {path}: {}", answer.status);
            assert!(!answer.body.contains("North dock") && !answer.body.contains("root:"), "{path}");
        }
    }
    for header in [("x-original-url", "/healthz"), ("x-rewrite-url", "/healthz"), ("x-http-method-override", "GET")] {
        assert_eq!(site.stranger().send("GET", "/stores", &[header], "").status, 303, "{header:?}");
    }
}

fn a_notice_that_another_site_planted_leads_nowhere_else(site: Site) {
    let links = |path: &str| {
        let planted = format!("Sign%20in%20again%3Cb%3E.%0A{path}%0AHere");
        let answer = site.browser().with_cookie("notice", &planted).get("/stores");
        assert!(answer.text(".notice").starts_with("Sign in again<b>."), "{}", answer.body);
        answer.html().attrs(".notice a", "href")
    };
    assert_eq!(links("/stores/new"), ["/stores/new"]);
    for path in [
        "https://evil.example",
        "//evil.example",
        "/%5Cevil.example",
        "/%09/evil.example",
        "%09//evil.example",
        "/%0D/evil.example",
        "%5C%5Cevil.example",
        "javascript:alert(1)",
        "evil.example",
        "",
    ] {
        assert_eq!(links(path), [""; 0], "{path}");
    }
}
