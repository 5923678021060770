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
    /// Whether it is to be theirs unless the person says otherwise: they changed it alone.
    is_theirs: bool,
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
    /// Whether the version that both began with had it, if that is known.
    pub before: Option<bool>,
}

impl TagTick {
    /// Whether it is ticked: who has changed it decides.
    fn is_ticked(&self) -> bool {
        self.before != Some(true) || self.yours == self.theirs
    }
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

    /// Adds fields that are shown as they are sent; `before` is the version that both began with, if it is known.
    pub fn fields<'a, const N: usize>(
        &mut self,
        yours: [(&'static str, &'a str); N],
        theirs: [(&'static str, &'a str); N],
        before: Option<[(&'static str, &'a str); N]>,
    ) {
        let trimmed = |text: &str| text.replace("\r\n", "\n").trim().to_owned();
        for (at, ((name, yours), (_, theirs))) in yours.into_iter().zip(theirs).enumerate() {
            let before = before.map(|before| trimmed(before[at].1));
            self.field(name, (trimmed(yours), trimmed(yours)), (trimmed(theirs), trimmed(theirs)), before.as_deref());
        }
    }

    /// Adds a field, each version as it is sent and as it is shown; `before` as it was sent in the version that both began
    /// with, if that is known.
    pub fn field(
        &mut self,
        name: &'static str,
        yours: (String, String),
        theirs: (String, String),
        before: Option<&str>,
    ) {
        if yours.0 == theirs.0 {
            self.same.push((name, yours.0));
        } else {
            let is_theirs = before == Some(yours.0.as_str());
            let value = |(sent, shown)| Value { sent, shown };
            let (yours, theirs) = (value(yours), value(theirs));
            self.choices.push(Choice { name, label: label(name), yours, theirs, is_theirs });
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
