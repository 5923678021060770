use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Conn, Db, Stamp};
use crate::error::AppError;

/// How many answers are remembered, before all are forgotten and it begins anew.
const LENGTH_MAX: usize = 1_000;

/// Answers that are asked for again and again, remembered as long as nothing is committed that they depend on.
pub struct Remembered<T>(Mutex<HashMap<String, (Stamp, Arc<T>)>>);

impl<T> Default for Remembered<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Send + Sync + 'static> Remembered<T> {
    /// What `query` answers, under a key that stands for all that it depends on but the database. `stamp` is that of
    /// now, of all that the query reads. What is not there is not remembered: whoever tries keys at random fills no memory.
    ///
    /// # Errors
    /// Those of `query`.
    pub async fn get(
        &self,
        db: &Db,
        stamp: Option<&Stamp>,
        key: String,
        query: impl FnOnce(&mut Conn) -> Result<Option<T>, AppError> + Send + 'static,
    ) -> Result<Option<Arc<T>>, AppError> {
        let known = self.lock().get(&key).filter(|(taken, _)| Some(taken) == stamp).map(|(_, answer)| answer.clone());
        if known.is_some() {
            return Ok(known);
        }
        let answer = db.read(query).await?.map(Arc::new);
        if let (Some(stamp), Some(answer)) = (stamp, &answer) {
            let mut answers = self.lock();
            if answers.len() >= LENGTH_MAX {
                answers.clear();
            }
            answers.insert(key, (stamp.clone(), answer.clone()));
        }
        Ok(answer)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, (Stamp, Arc<T>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
