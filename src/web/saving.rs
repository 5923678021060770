use serde::Serialize;
use serde::de::DeserializeOwned;

use super::form_data::new_token;
use super::{Conflict, FormData, Page, Sending};
use crate::db::Conn;
use crate::error::AppError;
use crate::history::{Former, LastSave, Record, last_save};
use crate::users::Scope;

/// A form on its way to be saved over the version that it shows.
#[derive(Debug, Clone)]
pub struct Saving<F> {
    /// The version.
    pub version: i64,
    /// What is typed.
    pub form: F,
    /// What there is to say beside: what somebody else changed meanwhile and is in it, too.
    pub said: String,
    over: Over,
    /// The change set that the same form made when it was sent before.
    made_before: Option<i64>,
}

/// What a form is saved over.
#[derive(Debug, Clone, Copy)]
enum Over {
    /// The version that it was shown with.
    Shown,
    /// A version that somebody else saved: it is in the form now, and not in what its sender has before them.
    Theirs,
    /// What the same form saved before, under this change set.
    Itself(i64),
}

impl<F> Saving<F> {
    /// A form as it was sent.
    #[must_use]
    pub fn new(version: i64, form: F) -> Self {
        Self { version, form, said: String::new(), over: Over::Shown, made_before: None }
    }

    /// The token for the form if it has to be shown again: another one if it has more in it than its sender had before them,
    /// so that the page that they had is not taken for it.
    #[must_use]
    pub fn token(&self, data: &FormData) -> String {
        if matches!(self.over, Over::Theirs) { new_token() } else { data.token() }
    }

    /// What its sender began with, if the journal leads there: the version that it shows, or what the same form made of it
    /// before; and what was done last to the record, which is `row` now and has these tags. What it was in a store that they do
    /// not see is not told.
    ///
    /// # Errors
    /// Those of the database.
    pub fn between<T: Serialize + DeserializeOwned>(
        &self,
        conn: &mut Conn,
        record: Record,
        row: &T,
        tags: impl IntoIterator<Item = i64> + Clone,
        scope: &Scope,
    ) -> Result<(Option<Former<T>>, LastSave), AppError> {
        let made = self.made_before.map(|made| record.version_made(conn, made)).transpose()?;
        let version = made.flatten().unwrap_or(self.version);
        Ok((record.former(conn, row, tags.clone(), version, scope)?, last_save(conn, record, tags)?))
    }

    /// What is to be done once.
    #[must_use]
    pub fn sending(&self, data: &FormData) -> Sending {
        let sending = Sending::from(data);
        match self.over {
            Over::Shown => sending,
            Over::Theirs => sending.for_good(),
            Over::Itself(change_set_id) => sending.correcting(change_set_id),
        }
    }
}

/// Saves a form. Where somebody else saved meanwhile, both are merged if that leaves nothing to ask, or shown to choose
/// from. Where only the same form did, its sender went back to correct it. Gives what came of it, and what was saved at
/// last, or was to be.
pub async fn save_or_merge<F: Clone>(
    mut saving: Saving<F>,
    read: impl Fn(&FormData) -> F,
    save: impl AsyncFn(Saving<F>) -> Page,
    conflict: impl AsyncFn(&Saving<F>) -> Result<Conflict, AppError>,
) -> (Page, Saving<F>) {
    let made_before = match save(saving.clone()).await {
        Err(AppError::Stale) => None,
        Err(AppError::AlreadySent { change_set_id, .. }) => Some(change_set_id),
        saved => return (saved, saving),
    };
    // Beside the version that the form shows.
    let between = match conflict(&saving).await {
        Ok(between) => between,
        Err(error) => return (Err(error), saving),
    };
    saving = match made_before {
        None => match between.merge() {
            Some(merge) => {
                let saving = Saving::new(merge.version, read(&merge.form));
                Saving { said: merge.said, over: Over::Theirs, ..saving }
            }
            None => return (between.answer(), saving),
        },
        Some(_) if between.is_none() => return (Ok(between.already_saved()), saving),
        // Nobody saved since, if that changed anything at all.
        Some(Some(made)) if between.version == saving.version || between.last_save.change_set_id == Some(made) => {
            if between.takes_back() {
                return (between.with_itself().answer(), saving);
            }
            Saving { version: between.version, over: Over::Itself(made), ..saving }
        }
        // Somebody saved over what the form had made: it is shown beside that.
        Some(made) => {
            saving.made_before = made;
            return (conflict(&saving).await.and_then(Conflict::answer), saving);
        }
    };
    let saved = match save(saving.clone()).await {
        Err(AppError::Stale | AppError::AlreadySent { .. }) => conflict(&saving).await.and_then(Conflict::answer),
        saved => saved,
    };
    (saved, saving)
}
