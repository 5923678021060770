use std::sync::LazyLock;

use actix_web::web;
use tokio::sync::Semaphore;

use crate::error::AppError;

/// How many passwords are hashed at once. Each takes a core for some 20 ms and 19 MiB: sign-ins must not starve the site.
const AT_ONCE: usize = 2;
/// How many more may wait for their turn.
const WAITING: usize = 32;

static TURNS: Semaphore = Semaphore::const_new(AT_ONCE);
static QUEUE: Semaphore = Semaphore::const_new(AT_ONCE + WAITING);

/// What a password is compared with where there is no such account, so that it takes as long as where there is one.
static NOBODYS: LazyLock<String> = LazyLock::new(|| password_auth::generate_hash("a password that nobody has"));

/// The password as it is kept: hashed with Argon2id, 19 MiB, 2 passes, 1 lane (OWASP Password Storage Cheat Sheet).
/// Takes its time: not to be called on a thread that answers requests.
#[must_use]
pub fn hash_now(password: &str) -> String {
    password_auth::generate_hash(crate::fields::normal_password(password))
}

/// The same, when it is its turn, away from the threads that answer requests.
///
/// # Errors
/// `TooMany` if too many others wait.
pub async fn hash(password: String) -> Result<String, AppError> {
    in_turn(move || hash_now(&password)).await
}

/// Whether this is the password. Without an account to compare with, it is not, after the same time.
///
/// # Errors
/// `TooMany` if too many others wait.
pub async fn verify(password: String, hash: Option<String>) -> Result<bool, AppError> {
    in_turn(move || {
        let is_known = hash.is_some();
        let hash = hash.as_deref().unwrap_or(&NOBODYS);
        password_auth::verify_password(crate::fields::normal_password(&password), hash).is_ok() && is_known
    })
    .await
}

/// Whether a hash was made with other parameters than are recommended by now.
#[must_use]
pub fn is_outdated(hash: &str) -> bool {
    password_auth::is_hash_obsolete(hash).unwrap_or(true)
}

async fn in_turn<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, AppError> {
    let _place = QUEUE.try_acquire().map_err(|_| AppError::TooMany { retry_after_seconds: 5 })?;
    let _turn = TURNS.acquire().await.map_err(|error| AppError::Internal(error.to_string()))?;
    web::block(work).await.map_err(|error| AppError::Internal(error.to_string()))
}
