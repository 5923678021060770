use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;

use super::form_data::new_token;
use super::{FormData, Layout, Notice, Page, page};
use crate::fields::{label, name_key, split_names};
use crate::history::LastSave;

/// Two versions of one record, field by field, to choose from: the one being saved, and the one
/// that somebody else saved meanwhile.
#[derive(Template)]
#[template(path = "web/conflict.html")]
pub struct Conflict {
    layout: Layout,
    title: String,
    action: String,
    token: String,
    pub(super) version: i64,
    pub(super) last_save: LastSave,
    choices: Vec<Choice>,
    same: Vec<(&'static str, String)>,
    tags: Option<Vec<TagTick>>,
    add_tags: String,
    asks: bool,
    /// Whether the same form made the version that is there.
    is_with_itself: bool,
}

/// A field in which the two versions differ.
pub struct Choice {
    name: &'static str,
    label: &'static str,
    yours: Value,
    theirs: Value,
    /// Whether it is to be theirs unless the person says otherwise: they changed it alone.
    is_theirs: bool,
    /// Whether both changed it, or nobody knows who did.
    clashes: bool,
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

/// Two versions in one, where no field was changed by both: the form to save over the version that is there, and what is
/// said of it.
pub(super) struct Merge {
    pub form: FormData,
    pub version: i64,
    pub said: String,
}

impl TagTick {
    /// Whether it is ticked: who has changed it decides.
    fn is_ticked(&self) -> bool {
        self.before != Some(true) || self.yours == self.theirs
    }

    /// Whether they alone changed it.
    fn is_theirs(&self) -> bool {
        self.yours != self.theirs && self.before == Some(self.yours)
    }
}

impl Choice {
    fn chosen(&self) -> &str {
        if self.is_theirs { &self.theirs.sent } else { &self.yours.sent }
    }
}

impl Conflict {
    /// The conflict over the record called `title`, whose form is sent to `action` and whose saved version is `version`.
    #[must_use]
    pub fn new(layout: Layout, title: String, action: String, version: i64, last_save: LastSave) -> Self {
        Self {
            layout,
            title,
            action,
            token: new_token(),
            version,
            last_save,
            choices: Vec::new(),
            same: Vec::new(),
            tags: None,
            add_tags: String::new(),
            asks: false,
            is_with_itself: false,
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
            let clashes = !is_theirs && before != Some(theirs.0.as_str());
            let value = |(sent, shown)| Value { sent, shown };
            let (yours, theirs) = (value(yours), value(theirs));
            self.choices.push(Choice { name, label: label(name), yours, theirs, is_theirs, clashes });
        }
    }

    /// Says that the person has to be asked whatever is known.
    pub fn ask(&mut self) {
        self.asks = true;
    }

    /// Adds the tags of both versions, and the names of tags typed in. Those of an item that has moved are told by their names.
    pub fn tags(&mut self, tags: Vec<TagTick>, add_tags: String) {
        let mut told: Vec<TagTick> = Vec::new();
        for tag in tags {
            match told.iter_mut().find(|known| name_key(&known.name) == name_key(&tag.name)) {
                None => told.push(tag),
                Some(known) => {
                    known.id = if tag.theirs { tag.id } else { known.id };
                    (known.yours, known.theirs) = (known.yours || tag.yours, known.theirs || tag.theirs);
                    known.before = known.before.zip(tag.before).map(|(one, other)| one || other);
                }
            }
        }
        told.retain(|tag| tag.yours || tag.theirs);
        self.tags = Some(told);
        self.add_tags = add_tags;
    }

    /// Both versions in one, if it is clear for every field and every tag who changed it: what the form would be sent as if
    /// the person agreed to what is chosen already.
    pub(super) fn merge(&self) -> Option<Merge> {
        let tags = self.tags.iter().flatten();
        if self.asks || self.choices.iter().any(|choice| choice.clashes) || tags.clone().any(|tag| tag.before.is_none())
        {
            return None;
        }
        let same = self.same.iter().map(|(name, value)| (*name, value.clone()));
        let chosen = self.choices.iter().map(|choice| (choice.name, choice.chosen().to_owned()));
        let ticked = tags.clone().filter(|tag| tag.is_ticked()).map(|tag| ("tag", tag.id.to_string()));
        let added = [("add_tags", self.add_tags.clone())];
        let theirs = self.choices.iter().filter(|choice| choice.is_theirs).map(|choice| choice.label);
        let theirs: Vec<&str> = theirs.chain(tags.clone().any(TagTick::is_theirs).then(|| label("tags"))).collect();
        let said = if theirs.is_empty() {
            String::new()
        } else {
            format!(
                "{} saved it while you had it open; what was changed then is kept too: {}.",
                self.last_save.by,
                theirs.join(", ")
            )
        };
        Some(Merge { form: FormData::of(same.chain(chosen).chain(ticked).chain(added)), version: self.version, said })
    }

    /// Whether both versions are the same.
    pub(super) fn is_none(&self) -> bool {
        let is_same = |tag: &TagTick| tag.yours == tag.theirs;
        !self.asks && self.choices.is_empty() && self.tags.iter().flatten().all(is_same) && self.add_tags.is_empty()
    }

    /// Whether something is to be as it was before the other version was saved. Where the same form made that, its sender may
    /// have gone back and mean it so; or it stands in another tab, which knows nothing of what was saved.
    pub(super) fn takes_back(&self) -> bool {
        let added: Vec<String> = split_names(&self.add_tags).iter().map(|name| name_key(name)).collect();
        let is_yours = |tag: &TagTick| tag.yours || added.contains(&name_key(&tag.name));
        let is_back = |tag: &TagTick| is_yours(tag) != tag.theirs && is_yours(tag) == tag.before.unwrap_or_default();
        self.choices.iter().any(|choice| choice.is_theirs) || self.tags.iter().flatten().any(is_back)
    }

    /// The same, where the same form made the other version: what would be taken back is asked.
    pub(super) fn with_itself(mut self) -> Self {
        for choice in &mut self.choices {
            choice.clashes |= std::mem::take(&mut choice.is_theirs);
        }
        Self { is_with_itself: true, ..self }
    }

    /// What the version that is sent is called on the page, and the one that is saved: by whom, the same person may be.
    fn sides(&self) -> [&'static str; 2] {
        if self.is_with_itself { ["Typed now", "Saved before"] } else { ["Yours", "Saved meanwhile"] }
    }

    /// Leads to the record, which is as the form would have it.
    pub(super) fn already_saved(&self) -> HttpResponse {
        let path = self.action.trim_end_matches("/edit");
        page::see_other(path, &Notice::already_saved())
    }

    /// The page, with 409.
    ///
    /// # Errors
    /// `Internal` if it cannot be rendered.
    pub fn answer(self) -> Page {
        page::with_status(StatusCode::CONFLICT, &self)
    }
}
