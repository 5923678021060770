use actix_web::http::StatusCode;
use askama::Template;

use super::form_data::new_token;
use super::{Layout, Page, page};
use crate::fields::label;

/// Two versions of one record, field by field, to choose from: the one being saved, and the one
/// that somebody else saved meanwhile.
#[derive(Template)]
#[template(path = "web/conflict.html")]
pub struct Conflict {
    layout: Layout,
    title: String,
    action: String,
    token: String,
    version: i64,
    saved_by: String,
    choices: Vec<Choice>,
    same: Vec<(&'static str, String)>,
    tags: Option<Vec<TagTick>>,
    add_tags: String,
}

/// A field in which the two versions differ.
pub struct Choice {
    name: &'static str,
    label: &'static str,
    yours: Value,
    theirs: Value,
}

/// A value as forms send it and as people read it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Value {
    sent: String,
    shown: String,
}

/// A tag that one of the versions has, or both.
pub struct TagTick {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// Whether the version being saved has it.
    pub yours: bool,
    /// Whether the version saved meanwhile has it.
    pub theirs: bool,
}

impl Conflict {
    /// The conflict over the record called `title`, whose form is sent to `action` and whose saved version is `version`.
    #[must_use]
    pub fn new(layout: Layout, title: String, action: String, version: i64, saved_by: String) -> Self {
        Self {
            layout,
            title,
            action,
            token: new_token(),
            version,
            saved_by,
            choices: Vec::new(),
            same: Vec::new(),
            tags: None,
            add_tags: String::new(),
        }
    }

    /// Adds fields that are shown as they are sent.
    pub fn fields<'a>(
        &mut self,
        yours: impl IntoIterator<Item = (&'static str, &'a str)>,
        theirs: impl IntoIterator<Item = (&'static str, &'a str)>,
    ) {
        for ((name, yours), (_, theirs)) in yours.into_iter().zip(theirs) {
            let trimmed = |text: &str| text.replace("\r\n", "\n").trim().to_owned();
            self.field(name, (trimmed(yours), trimmed(yours)), (trimmed(theirs), trimmed(theirs)));
        }
    }

    /// Adds a field, each version as it is sent and as it is shown.
    pub fn field(&mut self, name: &'static str, yours: (String, String), theirs: (String, String)) {
        if yours.0 == theirs.0 {
            self.same.push((name, yours.0));
        } else {
            let value = |(sent, shown)| Value { sent, shown };
            self.choices.push(Choice { name, label: label(name), yours: value(yours), theirs: value(theirs) });
        }
    }

    /// Adds the tags of both versions, and the names of tags typed in.
    pub fn tags(&mut self, tags: Vec<TagTick>, add_tags: String) {
        self.tags = Some(tags);
        self.add_tags = add_tags;
    }

    /// The page, with 409.
    ///
    /// # Errors
    /// `Internal` if it cannot be rendered.
    pub fn answer(self) -> Page {
        page::with_status(StatusCode::CONFLICT, &self)
    }
}
