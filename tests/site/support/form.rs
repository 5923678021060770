use scraper::ElementRef;

use super::Page;

/// A form as a browser holds it: what it would send, were its first button pressed.
#[derive(Debug, Clone)]
pub struct Form {
    /// `get` or `post`.
    pub method: String,
    /// The path it is sent to.
    pub action: String,
    /// What is sent, in the order of the page.
    pub fields: Vec<(String, String)>,
    /// The names of all controls, of unticked boxes and other buttons too.
    names: Vec<String>,
}

impl Form {
    /// Reads a form off a page, with the controls elsewhere that name it as theirs.
    pub(super) fn read(page: &Page, form: ElementRef<'_>) -> Self {
        let attr = |name: &str| form.value().attr(name).unwrap_or_default();
        let mut read = Self {
            method: attr("method").to_lowercase(),
            action: attr("action").to_owned(),
            fields: Vec::new(),
            names: Vec::new(),
        };
        let mut pressed = false;
        for control in page.all("input, select, textarea, button") {
            let inside = control.ancestors().any(|node| node == *form);
            let mine = control.value().attr("form").map_or(inside, |id| id == attr("id"));
            if mine && !is_disabled(control) {
                read.take(control, &mut pressed);
            }
        }
        read
    }

    fn take(&mut self, control: ElementRef<'_>, pressed: &mut bool) {
        let attr = |name: &str| control.value().attr(name);
        let element = control.value().name();
        let kind = attr("type").unwrap_or(if element == "button" { "submit" } else { "text" });
        let is_button = matches!(kind, "submit" | "image" | "button" | "reset");
        let first_submit = matches!(kind, "submit" | "image") && !*pressed;
        *pressed |= first_submit;
        let Some(name) = attr("name").filter(|name| !name.is_empty()) else { return };
        self.names.push(name.to_owned());
        let values = match (element, kind) {
            ("select", _) => chosen(control),
            ("textarea", _) => vec![control.text().collect::<String>().replace('\n', "\r\n")],
            (_, "checkbox" | "radio") if attr("checked").is_none() => Vec::new(),
            (_, "checkbox" | "radio") => vec![attr("value").unwrap_or("on").to_owned()],
            _ if is_button && !first_submit => Vec::new(),
            _ => vec![attr("value").unwrap_or_default().to_owned()],
        };
        self.fields.extend(values.into_iter().map(|value| (name.to_owned(), value)));
    }

    /// The form with these fields filled in anew. A field named several times gets all of the values.
    #[must_use]
    pub fn filled(mut self, fields: &[(&str, &str)]) -> Self {
        for (name, _) in fields {
            assert!(self.names.iter().any(|known| known == name), "the form has {:?}, not {name}", self.names);
            self.fields.retain(|(known, _)| known != name);
        }
        self.fields.extend(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        self
    }

    /// The form without this field: a box no longer ticked.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.fields.retain(|(known, _)| known != name);
        self
    }

    /// What a field holds.
    pub fn value(&self, name: &str) -> &str {
        let found = self.fields.iter().find(|(known, _)| known == name);
        found.map_or_else(|| panic!("the form sends {:?}, no {name}", self.fields), |(_, value)| value)
    }
}

fn is_disabled(control: ElementRef<'_>) -> bool {
    let mut around = control.ancestors().filter_map(ElementRef::wrap);
    control.value().attr("disabled").is_some()
        || around.any(|element| element.value().name() == "fieldset" && element.value().attr("disabled").is_some())
}

/// What is chosen in a list: its selected options, else the first one, as browsers show it.
fn chosen(select: ElementRef<'_>) -> Vec<String> {
    let options = || select.descendent_elements().filter(|element| element.value().name() == "option");
    let value = |option: ElementRef<'_>| {
        let text = || option.text().collect::<String>().trim().to_owned();
        option.value().attr("value").map_or_else(text, str::to_owned)
    };
    let selected: Vec<_> = options().filter(|option| option.value().attr("selected").is_some()).map(value).collect();
    if selected.is_empty() && select.value().attr("multiple").is_none() {
        options().next().map(value).into_iter().collect()
    } else {
        selected
    }
}
