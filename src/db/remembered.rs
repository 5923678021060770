use std::collections::{HashMap, HashSet};
use std::future::{Ready, ready};
use std::hash::Hash;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use actix_web::dev::Payload;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpMessage, HttpRequest};

use super::{Conn, Db, Marks, Stamp};
use crate::error::AppError;

/// Answers that are asked for again and again, remembered as long as nothing is committed that they depend on. A key
/// stands for all else that an answer depends on.
pub struct Remembered<K, T> {
    answers: Mutex<Answers<K, T>>,
    length_max: usize,
}

/// Each with the stamp that was taken before it was asked for.
type Answers<K, T> = HashMap<K, (Stamp, Arc<T>)>;

impl<K: Eq + Hash, T: Send + Sync + 'static> Remembered<K, T> {
    /// Nothing yet. When so many answers are remembered, all are forgotten, and it begins anew.
    #[must_use]
    pub fn at_most(length_max: usize) -> Self {
        Self { answers: Mutex::default(), length_max }
    }

    /// What `query` answers. `stamp` is that of now, of all that the query reads. What is not there is not remembered:
    /// whoever tries keys at random fills no memory with it.
    ///
    /// # Errors
    /// Those of `query`.
    pub async fn get(
        &self,
        db: &Db,
        stamp: Option<&Stamp>,
        key: K,
        query: impl FnOnce(&mut Conn) -> Result<Option<T>, AppError> + Send + 'static,
    ) -> Result<Option<Arc<T>>, AppError> {
        if let Some(known) = self.known(stamp, &key) {
            return Ok(Some(known));
        }
        let answer = db.read(query).await?;
        Ok(answer.map(|answer| self.remember(stamp, key, answer)))
    }

    fn known(&self, stamp: Option<&Stamp>, key: &K) -> Option<Arc<T>> {
        known(&self.lock(), stamp, key)
    }

    fn known_each(&self, stamp: Option<&Stamp>, keys: &[K]) -> Vec<Option<Arc<T>>> {
        let answers = self.lock();
        keys.iter().map(|key| known(&answers, stamp, key)).collect()
    }

    fn remember(&self, stamp: Option<&Stamp>, key: K, answer: T) -> Arc<T> {
        let answer = Arc::new(answer);
        self.remember_each(stamp, [(key, answer.clone())]);
        answer
    }

    fn remember_each(&self, stamp: Option<&Stamp>, new: impl IntoIterator<Item = (K, Arc<T>)>) {
        let Some(stamp) = stamp else { return };
        let mut full = Vec::new();
        let mut answers = self.lock();
        for (key, answer) in new {
            if answers.len() >= self.length_max && !answers.contains_key(&key) {
                full.push(mem::take(&mut *answers));
            }
            answers.insert(key, (stamp.clone(), answer));
        }
        // What is forgotten is given back when nobody waits for it.
        drop(answers);
    }

    fn lock(&self) -> MutexGuard<'_, Answers<K, T>> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn known<K: Eq + Hash, T>(answers: &Answers<K, T>, stamp: Option<&Stamp>, key: &K) -> Option<Arc<T>> {
    answers.get(key).filter(|(taken, _)| Some(taken) == stamp).map(|(_, answer)| answer.clone())
}

/// What is remembered, for those who answer one request.
pub struct Known<K, T> {
    stamp: Option<Stamp>,
    answers: Data<Remembered<K, T>>,
}

/// Nothing.
impl<K: Eq + Hash, T: Send + Sync + 'static> Default for Known<K, T> {
    fn default() -> Self {
        Self { stamp: None, answers: Data::new(Remembered::at_most(0)) }
    }
}

impl<K: Eq + Hash + Clone, T: Send + Sync + 'static> Known<K, T> {
    /// What is remembered of what depends on nothing but what `stamp` stands for.
    ///
    /// # Panics
    /// If no [`Remembered`] of these is registered in app.rs.
    #[must_use]
    pub fn of(request: &HttpRequest, stamp: fn(&Marks) -> &Stamp) -> Self
    where
        K: 'static,
    {
        let answers = request.app_data::<Data<Remembered<K, T>>>().expect("it is registered in app.rs").clone();
        // Taken when the request came in, and so before anything is read.
        Self { stamp: request.extensions().get::<Marks>().map(stamp).cloned(), answers }
    }

    /// What `query` answers, if it is not known.
    ///
    /// # Errors
    /// Those of `query`.
    pub fn get(&self, key: &K, query: impl FnOnce() -> Result<T, AppError>) -> Result<Arc<T>, AppError> {
        match self.answers.known(self.stamp.as_ref(), key) {
            Some(known) => Ok(known),
            None => Ok(self.answers.remember(self.stamp.as_ref(), key.clone(), query()?)),
        }
    }

    /// The answers to all of `keys`, in their order. `query` answers those that are not known, each once; what it has no answer to
    /// has none.
    ///
    /// # Errors
    /// Those of `query`.
    pub fn get_each(
        &self,
        keys: &[K],
        query: impl FnOnce(&[K]) -> Result<HashMap<K, T>, AppError>,
    ) -> Result<Vec<Option<Arc<T>>>, AppError> {
        let mut each = self.answers.known_each(self.stamp.as_ref(), keys);
        let unknown = keys.iter().zip(&each).filter(|(_, known)| known.is_none()).map(|(key, _)| key.clone());
        let unknown: HashSet<K> = unknown.collect();
        if !unknown.is_empty() {
            let answers = query(&Vec::from_iter(unknown))?.into_iter().map(|(key, answer)| (key, Arc::new(answer)));
            let answers: HashMap<K, Arc<T>> = answers.collect();
            let new = answers.iter().map(|(key, answer)| (key.clone(), answer.clone()));
            self.answers.remember_each(self.stamp.as_ref(), new);
            for (key, known) in keys.iter().zip(&mut each) {
                if known.is_none() {
                    *known = answers.get(key).cloned();
                }
            }
        }
        Ok(each)
    }
}

/// Of what depends on anything that is committed.
impl<K: Eq + Hash + Clone + 'static, T: Send + Sync + 'static> FromRequest for Known<K, T> {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self::of(request, |marks| &marks.all)))
    }
}
