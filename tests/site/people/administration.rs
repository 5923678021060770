use stockroom::users::Role;

use crate::support::{PASSWORD, Site};

on_both!(
    disabling_a_person_ends_their_sessions_at_once_and_keeps_them_out,
    a_role_that_is_lowered_holds_from_the_next_click,
    the_last_administrator_can_be_neither_disabled_nor_demoted,
    of_two_administrators_who_take_each_other_s_role_at_once_one_stays,
    of_two_changes_of_one_person_s_role_the_second_is_told,
    a_person_s_page_that_is_sent_twice_says_so_and_can_be_corrected,
    of_many_stores_of_a_person_the_list_of_people_names_a_few,
);

fn of_many_stores_of_a_person_the_list_of_people_names_a_few(site: Site) {
    let ids = site.stock_stores(["A", "B", "C", "D", "E", "F", "G"].map(str::to_owned).to_vec());
    site.signed_in("eddy", Role::Editor, Some(&ids[..5]));
    site.signed_in("vera", Role::Viewer, Some(&ids));
    let told = site.get("/users").texts("td[data-label=Stores]");
    let expected = ["A (A), B (B), C (C), D (D), E (E)", "all", "A (A), B (B), C (C), D (D), E (E) and 2 more"];
    assert_eq!(told, expected, "of eddy, somebody and vera");
}

fn disabling_a_person_ends_their_sessions_at_once_and_keeps_them_out(site: Site) {
    let eddy = site.signed_in("eddy", Role::Editor, None);
    let page = format!("/users/{}", site.person("eddy"));
    let form = eddy.get("/stores/new").form().filled(&[("name", "North dock")]);
    let button = site.get(&page).form_at("form[action$='/disablement']");
    assert_eq!(site.submit(button).status, 303);
    assert_eq!(eddy.submit(form).status, 401);
    assert!(!eddy.is_in());
    assert_eq!(site.number("SELECT count(*) FROM stores"), 0);
    assert_eq!(site.stranger().sign_in("eddy", PASSWORD).status, 422);
    let back = site.get(&page).form_at("form[action$='/disablement/deletion']");
    assert_eq!(site.submit(back).status, 303);
    assert!(!eddy.is_in(), "what was ended stays ended");
    assert_eq!(site.stranger().sign_in("eddy", PASSWORD).status, 303);
}

fn a_role_that_is_lowered_holds_from_the_next_click(site: Site) {
    let ada = site.signed_in("ada", Role::Administrator, None);
    let form = ada.get("/stores/new").form().filled(&[("name", "North dock")]);
    assert_eq!(site.fill(&format!("/users/{}", site.person("ada")), &[("role", "viewer")]).status, 303);
    let refused = ada.submit(form);
    assert_eq!((ada.get("/users").status, refused.status, ada.get("/stores").status), (403, 403, 200));
    assert!(refused.text("main").contains("North dock"), "what was typed is not lost: {}", refused.text("main"));
}

fn the_last_administrator_can_be_neither_disabled_nor_demoted(site: Site) {
    let page = format!("/users/{}", site.person("somebody"));
    let dora = site.signed_in("dora", Role::Administrator, None);
    assert!(dora.is_in());
    assert_eq!(site.post(&format!("/users/{}/disablement", site.person("dora")), &[]).status, 303);
    for role in ["editor", "viewer"] {
        let refused = site.fill(&page, &[("role", role)]);
        assert!(refused.status == 422 && refused.body.contains("only administrator"), "{}", refused.body);
    }
    let refused = site.post(&format!("{page}/disablement"), &[]);
    assert!(refused.status == 422 && refused.body.contains("only administrator"), "{}", refused.body);
    assert_eq!(site.get("/users").status, 200);
}

fn of_two_administrators_who_take_each_other_s_role_at_once_one_stays(site: Site) {
    let ada = site.signed_in("ada", Role::Administrator, None);
    let (somebody, other) = (site.person("somebody"), site.person("ada"));
    for way in ["", "/disablement"] {
        site.sql("UPDATE users SET role = 'administrator', disabled_at = NULL, version = 1");
        let browsers = [site.signed_in_again("somebody"), site.signed_in_again("ada")];
        let statuses = ada.at_once(move |_, number| {
            let victim = if number % 2 == 0 { other } else { somebody };
            let fields = [("version", "1"), ("role", "viewer"), ("reach", "all")];
            browsers[number % 2].post(&format!("/users/{victim}{way}"), &fields).status
        });
        assert!(statuses.iter().all(|status| *status < 500), "{statuses:?}");
        let left = site.number("SELECT count(*) FROM users WHERE role = 'administrator' AND disabled_at IS NULL");
        assert_eq!(left, 1, "{statuses:?}");
    }
}

fn of_two_changes_of_one_person_s_role_the_second_is_told(site: Site) {
    site.signed_in("eddy", Role::Editor, None);
    let page = format!("/users/{}", site.person("eddy"));
    let (first, second) = (site.get(&page).form(), site.get(&page).form());
    assert_eq!(site.submit(first.filled(&[("role", "viewer")])).status, 303);
    let late = site.submit(second.filled(&[("role", "administrator")]));
    assert!(
        late.status == 409 && late.text("[role=alert]").contains("it is “viewer, all stores” now"),
        "{}",
        late.body
    );
    assert_eq!(site.number("SELECT count(*) FROM users WHERE name = 'eddy' AND role = 'viewer'"), 1);
}

fn a_person_s_page_that_is_sent_twice_says_so_and_can_be_corrected(site: Site) {
    site.signed_in("eddy", Role::Editor, None);
    let page = format!("/users/{}", site.person("eddy"));
    let form = site.get(&page).form().filled(&[("role", "viewer")]);
    assert_eq!(site.submit(form.clone()).status, 303);
    let again = site.submit(form.clone()).follow();
    assert!(again.text("[role=status]").contains("Nothing is changed"), "{}", again.body);
    let corrected = site.submit(form.clone().filled(&[("role", "administrator")]));
    assert_eq!((corrected.status, corrected.form().value("role")), (409, "administrator"));
    assert_eq!(site.submit(corrected.form()).status, 303);
    // What was decided since is not undone by sending it once more.
    assert_eq!(site.submit(form).status, 409);
    assert_eq!(site.number("SELECT count(*) FROM users WHERE name = 'eddy' AND role = 'administrator'"), 1);
    assert_eq!(site.number("SELECT count(*) FROM audit_events WHERE event = 'role changed'"), 2);
}
