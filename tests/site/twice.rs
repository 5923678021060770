//! Forms sent twice: by a double click, a reload, or going back and sending again.
use diesel::connection::SimpleConnection;

use crate::journal::lines;
use crate::support::{Form, Site};

on_both!(
    a_form_sent_again_creates_nothing_more_and_leads_to_the_same_page,
    a_form_sent_eight_times_at_once_creates_one_row,
    a_form_that_was_refused_can_be_sent_until_it_is_saved,
    a_form_sent_again_with_other_text_loses_nothing,
    an_edit_sent_again_changes_nothing_more,
    an_edit_that_somebody_goes_back_to_and_corrects_is_saved,
    an_edit_corrected_after_somebody_else_saved_offers_both,
    an_edit_sent_from_two_tabs_that_show_the_same_form_takes_nothing_back,
    an_edit_that_took_in_somebody_elses_is_not_corrected_without_them,
    an_edit_that_changed_nothing_can_be_corrected,
    a_correction_with_a_fault_says_which,
    a_correction_to_what_is_there_is_saved_already,
    a_correction_beside_somebody_else_s_change_is_not_taken_for_theirs,
    a_correction_undoes_nothing_that_was_done_to_a_tag,
    a_page_from_before_a_merge_was_refused_overwrites_nothing,
    an_edit_sent_again_after_a_deletion_keeps_its_text,
    a_deletion_sent_again_leads_to_the_same_page,
    add_another_sent_again_says_what_it_saved,
    two_forms_opened_one_after_the_other_are_two,
    a_form_is_remembered_for_a_week_after_it_was_sent,
);

fn new_store(site: &Site) -> Form {
    site.get("/stores/new").form().filled(&[("name", "North dock"), ("code", "N1")])
}

fn a_form_sent_again_creates_nothing_more_and_leads_to_the_same_page(site: Site) {
    let store = site.add_store("South dock").to_string();
    let item = [("name", "Lamp"), ("price", "1"), ("store", &store), ("add_tags", "used")];
    let forms = [
        new_store(&site),
        site.get("/items/new").form().filled(&item),
        site.get("/tags/new").form().filled(&[("name", "rare"), ("store", &store)]),
    ];
    for form in forms {
        let (first, again) = (site.submit(form.clone()), site.submit(form.clone()));
        assert_eq!((first.status, again.status), (303, 303));
        assert_eq!(first.location(), again.location());
        assert!(again.follow().text(".notice").contains("already saved"));
        let anybody = site.browser().submit(form);
        assert_eq!(anybody.location(), first.location());
    }
    let counts = ["/stores", "/items", "/tags"].map(|list| site.get(list).text(".pager__count"));
    assert_eq!(counts, ["2 stores", "1 item", "2 tags"]);
}

fn a_form_sent_eight_times_at_once_creates_one_row(site: Site) {
    let store = site.add_store("South dock").to_string();
    for round in 0..3 {
        let name = format!("Lamp {round}");
        let form = site.get("/items/new").form();
        let form = form.filled(&[("name", &name), ("price", "1"), ("store", &store), ("add_tags", "used")]);
        let answers = site.at_once(move |browser, _| browser.submit(form.clone()));
        let first = answers[0].location();
        for answer in answers {
            assert_eq!((answer.status, answer.location()), (303, first.clone()));
        }
    }
    assert_eq!(site.get("/items").texts("tbody th"), ["Lamp 0", "Lamp 1", "Lamp 2"]);
}

fn a_form_that_was_refused_can_be_sent_until_it_is_saved(site: Site) {
    let form = new_store(&site);
    let refused = site.submit(form.clone().filled(&[("name", "")]));
    assert_eq!((refused.status, refused.form().value("token")), (422, form.value("token")));
    assert_eq!(site.submit(form.clone()).status, 303);
    assert_eq!(site.submit(form).status, 303);
    assert_eq!(site.get("/stores").text(".pager__count"), "1 store");
}

fn a_form_sent_again_with_other_text_loses_nothing(site: Site) {
    let form = new_store(&site);
    let first = site.submit(form.clone());
    let other = site.submit(form.filled(&[("name", "South dock"), ("notes", "Ring twice.")]));
    assert_eq!(other.status, 409);
    assert_eq!(other.attr(".faults a", "href"), first.location());
    assert_eq!((other.form().value("name"), other.form().value("notes")), ("South dock", "Ring twice."));
    let second = site.submit(other.form().filled(&[("code", "S1")]));
    assert_eq!(second.follow().text("h1"), "South dock");
    assert_eq!(site.get("/stores").texts("tbody th"), ["North dock", "South dock"]);
}

fn an_edit_sent_again_changes_nothing_more(site: Site) {
    let id = site.submit(new_store(&site)).new_id();
    let form = site.get(&format!("/stores/{id}/edit")).form().filled(&[("name", "East dock")]);
    assert_eq!(site.submit(form.clone()).status, 303);
    site.fill(&format!("/stores/{id}/edit"), &[("name", "West dock")]);
    let again = site.submit(form);
    assert_eq!((again.status, again.location()), (303, format!("/stores/{id}")));
    assert_eq!(again.follow().text("h1"), "West dock", "what came after is not undone");
}

fn an_edit_that_somebody_goes_back_to_and_corrects_is_saved(site: Site) {
    let store = site.submit(new_store(&site)).new_id();
    let item = site.add_item(store, &[("name", "Lamp"), ("add_tags", "used")]);
    let tag = site.get("/tags").attr("tbody th a", "href");
    for path in [tag, format!("/items/{item}"), format!("/stores/{store}")] {
        let form = site.get(&format!("{path}/edit")).form();
        for name in ["Frist", "First", "The first"] {
            let saved = site.submit(form.clone().filled(&[("name", name)]));
            assert_eq!((saved.status, saved.location().as_str()), (303, path.as_str()));
            assert!(saved.follow().text("h1").contains(name));
        }
        let again = site.submit(form.filled(&[("name", "The first")]));
        assert!(again.follow().text(".notice").contains("already saved"));
        assert_eq!(site.get(&format!("{path}/history")).texts(".history > li").len(), 4, "{path}");
    }
}

fn an_edit_corrected_after_somebody_else_saved_offers_both(site: Site) {
    let id = site.submit(new_store(&site)).new_id();
    let edit = format!("/stores/{id}/edit");
    let form = site.get(&edit).form().filled(&[("name", "East dock")]);
    site.submit(form.clone());
    site.fill(&edit, &[("name", "South dock")]);
    let other = site.submit(form.filled(&[("name", "West dock")]));
    assert_eq!(
        (other.status, other.texts(".choice__value")),
        (409, vec!["West dock".to_owned(), "South dock".to_owned()])
    );
    assert_eq!(site.submit(other.form()).follow().text("h1"), "West dock");
}

fn an_edit_sent_from_two_tabs_that_show_the_same_form_takes_nothing_back(site: Site) {
    let store = site.add_store("North dock");
    let item = site.add_item(store, &[("name", "Lamp"), ("price", "5"), ("add_tags", "used")]);
    let edit = format!("/items/{item}/edit");
    // A browser copies a tab with its form, its token too.
    let form = site.get(&edit).form();
    site.submit(form.clone().filled(&[("description", "Brass"), ("add_tags", "rare")]));
    let asked = site.submit(form.clone().filled(&[("price", "6")]));
    assert_eq!(asked.status, 409);
    assert!(asked.text(".faults").contains("You have saved this already"), "{}", asked.text(".faults"));
    assert_eq!(
        asked.texts(".choice__whose"),
        ["Typed now", "Saved before", "Typed now", "Saved before", "only saved before"]
    );
    assert_eq!(
        asked.html().attrs("input[required]", "name"),
        ["description"],
        "of what would be taken back nothing is chosen"
    );
    let saved = site.submit(asked.form().filled(&[("description", "Brass")])).follow();
    assert_eq!(saved.text(".text"), "Brass");
    assert_eq!(
        (saved.texts("dd")[0].as_str(), saved.texts(".tag")),
        ("6.00 USD", vec!["rare".to_owned(), "used".to_owned()])
    );
    // Nor are tags that came along to another store.
    let other = site.add_store("South dock").to_string();
    let form = site.get(&edit).form().filled(&[("store", &other), ("price", "5")]);
    site.submit(form.clone());
    assert_eq!(site.submit(form.filled(&[("price", "4")])).follow().texts("dd")[0], "4.00 USD");
    // What was changed both times is corrected, and names that the form has added are no tags that it takes off.
    let form = site.get(&edit).form().filled(&[("add_tags", "brass"), ("price", "7")]);
    site.submit(form.clone());
    assert_eq!(site.submit(form.filled(&[("price", "8")])).follow().texts("dd")[0], "8.00 USD");
}

fn an_edit_that_took_in_somebody_elses_is_not_corrected_without_them(site: Site) {
    let id = site.submit(new_store(&site)).new_id();
    let edit = format!("/stores/{id}/edit");
    let form = site.get(&edit).form().filled(&[("name", "East dock")]);
    site.fill(&edit, &[("city", "Rome")]);
    assert!(site.submit(form.clone()).follow().text(".notice").contains("kept too: City"));
    let other = site.submit(form.filled(&[("name", "West dock")]));
    assert_eq!(
        (other.status, other.texts(".choice__value")),
        (409, vec!["West dock".to_owned(), "East dock".to_owned(), "empty".to_owned(), "Rome".to_owned()])
    );
}

fn a_correction_with_a_fault_says_which(site: Site) {
    let store = site.add_store("North dock");
    let item = site.add_item(store, &[("name", "Lamp")]);
    let form = site.get(&format!("/items/{item}/edit")).form();
    site.submit(form.clone().filled(&[("price", "6")]));
    let refused = site.submit(form.filled(&[("price", "abc"), ("name", "Lantern")]));
    assert_eq!((refused.status, refused.html().has("#price-fault")), (422, true), "{}", refused.text("main"));
    let saved = site.submit(refused.form().filled(&[("price", "7")])).follow();
    assert_eq!((saved.text("h1").as_str(), saved.texts("dd")[0].as_str()), ("Lantern", "7.00 USD"));
}

fn a_correction_to_what_is_there_is_saved_already(site: Site) {
    let edit = format!("/stores/{}/edit", site.add_store("North dock"));
    let form = site.get(&edit).form();
    site.submit(form.clone().filled(&[("name", "East dock")]));
    site.fill(&edit, &[("name", "West dock")]);
    let same = site.submit(form.filled(&[("name", "West dock")]));
    assert!(same.follow().text(".notice").contains("already saved"), "{}", same.text("main"));
}

fn a_correction_beside_somebody_else_s_change_is_not_taken_for_theirs(site: Site) {
    let store = site.add_store("North dock");
    let edit = format!("/stores/{store}/edit");
    let form = site.get(&edit).form();
    site.submit(form.clone().filled(&[("name", "Nroth dock"), ("notes", "Ring")]));
    site.fill(&edit, &[("city", "Rome")]);
    let asked = site.submit(form.filled(&[("name", "North dock"), ("notes", "Ring twice")]));
    assert_eq!(asked.status, 409);
    let saved = site.submit(asked.form()).follow();
    assert_eq!(saved.text("h1"), "North dock");
    assert!(saved.text(".facts").contains("Rome") && saved.text(".facts").contains("Ring twice"));
}

fn a_correction_undoes_nothing_that_was_done_to_a_tag(site: Site) {
    let store = site.add_store("North dock");
    let item = site.add_item(store, &[("name", "Lamp")]);
    let edit = format!("/items/{item}/edit");
    for change in ["edit", "deletion"] {
        let form = site.get(&edit).form().without("tag").filled(&[("add_tags", "old"), ("name", change)]);
        site.submit(form.clone());
        let tag = site.get("/tags?q=old").attr("tbody th a", "href");
        site.fill(&format!("{tag}/{change}"), if change == "edit" { &[("name", "renamed")][..] } else { &[] });
        assert_eq!(site.submit(form.filled(&[("name", "Lantern")])).status, 409, "{change}");
    }
}

fn a_page_from_before_a_merge_was_refused_overwrites_nothing(site: Site) {
    site.fill("/stores/new", &[("name", "South dock"), ("code", "S1")]);
    let edit = format!("/stores/{}/edit", site.add_store("North dock"));
    let first = site.get(&edit).form().filled(&[("notes", "Ring")]);
    site.fill(&edit, &[("city", "Rome")]);
    let refused = site.submit(first.clone().filled(&[("code", "S1")]));
    assert!(refused.status == 422 && refused.text(".faults").contains("kept too: City"), "{}", refused.text("main"));
    assert_eq!(site.submit(refused.form().filled(&[("code", "N1")])).status, 303);
    let asked = site.submit(first.filled(&[("notes", "Ring twice")]));
    assert_eq!(asked.status, 409, "{}", asked.text("main"));
    assert!(site.submit(asked.form()).follow().text(".facts").contains("Rome"));
}

fn an_edit_that_changed_nothing_can_be_corrected(site: Site) {
    let id = site.submit(new_store(&site)).new_id();
    let form = site.get(&format!("/stores/{id}/edit")).form();
    assert_eq!(site.submit(form.clone()).status, 303);
    assert_eq!(site.submit(form.filled(&[("name", "East dock")])).follow().text("h1"), "East dock");
}

fn an_edit_sent_again_after_a_deletion_keeps_its_text(site: Site) {
    let store = site.submit(new_store(&site)).new_id();
    let item = site.add_item(store, &[("name", "Lamp"), ("add_tags", "used")]);
    let tag = site.get("/tags").attr("tbody th a", "href");
    for path in [tag, format!("/items/{item}"), format!("/stores/{store}")] {
        let form = site.get(&format!("{path}/edit")).form();
        assert_eq!(site.submit(form.clone().filled(&[("name", "First")])).status, 303);
        site.delete(&path);
        let again = site.submit(form.filled(&[("name", "Second")]));
        assert_eq!((again.status, again.form().value("name")), (409, "Second"), "{path}");
    }
}

fn a_deletion_sent_again_leads_to_the_same_page(site: Site) {
    let id = site.submit(new_store(&site)).new_id();
    let form = site.get(&format!("/stores/{id}/deletion")).form();
    let stale = site.get(&format!("/stores/{id}/deletion")).form();
    assert_eq!(site.submit(form.clone()).location(), site.submit(form).location());
    let gone = site.submit(stale);
    assert_eq!((gone.status, gone.attr("main a[href$=history]", "href")), (404, format!("/stores/{id}/history")));
}

fn add_another_sent_again_says_what_it_saved(site: Site) {
    let store = site.add_store("South dock").to_string();
    let form = site.get("/items/new").form();
    let form = form.filled(&[("name", "Lamp"), ("price", "1"), ("store", &store), ("add_another", "yes")]);
    let first = site.submit(form.clone());
    let item = first.follow().attr(".notice a", "href");
    assert_eq!(site.submit(form.clone()).location(), first.location());
    let other = site.submit(form.filled(&[("name", "Table")]));
    assert_eq!((other.status, other.attr(".faults a", "href")), (409, item));
    assert_eq!(site.get("/items").texts("tbody th"), ["Lamp"]);
}

fn two_forms_opened_one_after_the_other_are_two(site: Site) {
    let store = site.add_store("South dock");
    for _ in 0..2 {
        site.add_item(store, &[("name", "Lamp")]);
    }
    assert_eq!(site.get("/items").texts("tbody th"), ["Lamp", "Lamp"]);
}

fn a_form_is_remembered_for_a_week_after_it_was_sent(site: Site) {
    let new = |name: &str| site.get("/stores/new").form().filled(&[("name", name)]);
    let own = new("North dock");
    let of_ours = own.value("token").to_owned();
    // A page that stood open for months before it was sent, one that was sent long ago, and three of a script that made its tokens up.
    let sent = [
        ("0050000000left0open0for0months", 6),
        ("0050000001sent0long0ago", 8),
        ("0f60000000made0up0long0ago0too", 8),
        ("8b60000000made0up0yesterday", 1),
        ("9b60000001made0up0long0ago", 8),
    ];
    assert_eq!(site.submit(own).status, 303);
    let mut conn = site.database().connect();
    for (token, days) in sent {
        let at = (chrono::Utc::now() - chrono::TimeDelta::days(days)).format("%Y-%m-%d %H:%M:%S.%6f");
        conn.batch_execute(&format!(
            "INSERT INTO form_tokens (token, body_hash, location, created_at) VALUES ('{token}', '', '/stores', '{at}')"
        ))
        .expect("a form that was sent");
    }
    let mut kept = Vec::new();
    // One in 256 that save looks for old ones.
    for number in 0..4_000 {
        kept = lines(&mut conn, "SELECT token AS line FROM form_tokens WHERE location = '/stores' ORDER BY token");
        if kept.len() < sent.len() - 2 {
            break;
        }
        assert_eq!(site.submit(new(&format!("Store {number}"))).status, 303);
    }
    assert_eq!(kept, [sent[0].0, sent[3].0]);
    let remembered = format!("SELECT token AS line FROM form_tokens WHERE token = '{of_ours}'");
    assert_eq!(lines(&mut conn, &remembered).len(), 1);
}
