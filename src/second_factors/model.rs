use std::time::{SystemTime, UNIX_EPOCH};

use data_encoding::BASE32_NOPAD;
use diesel::prelude::*;
use qrcode::QrCode;
use qrcode::render::svg;
use totp_rs::{Builder, Totp};

use crate::db::Conn;
use crate::error::AppError;
use crate::schema::{recovery_codes, users};
use crate::sessions::hash_of;
use crate::users::User;

/// How many recovery codes are made at once.
const RECOVERY_CODES: usize = 10;

/// How far ahead of a code that is right another one can be that was right before: the phone's clock may be a step off.
const STEPS_AHEAD: i64 = 2;

/// What is said to who turns on what is on.
const IS_ON: &str = "The second factor is on already. If you have not seen your recovery codes, make new ones. To use another phone, turn it off first.";

/// By what somebody came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepted {
    /// A code from the phone.
    Code,
    /// A recovery code; so many are left.
    RecoveryCode {
        /// How many.
        left: i64,
    },
}

/// How long a secret for a phone is: 160 bits (RFC 4226, 4, R6).
const SECRET_BYTES: usize = 20;

/// A new secret for a phone, in Base32: random bits.
#[must_use]
pub fn new_secret() -> String {
    BASE32_NOPAD.encode(&rand::random::<[u8; SECRET_BYTES]>())
}

/// Time-based codes (RFC 6238) from this secret: six digits, each good for 30 seconds and its neighbours'.
fn totp(secret: &str, email: &str) -> Result<Totp, AppError> {
    let secret = BASE32_NOPAD.decode(secret.as_bytes()).ok().filter(|secret| secret.len() == SECRET_BYTES);
    let secret = secret.ok_or_else(|| AppError::BadRequest("the form's secret is none of ours".to_owned()))?;
    // An authenticator's link has the two separated by a colon.
    let account = email.replace(':', "");
    let totp = Builder::new().with_secret(secret).with_account_name(account).with_issuer(Some("Stockroom")).build();
    totp.map_err(|error| AppError::BadRequest(format!("the form's secret: {error:?}")))
}

/// What a phone reads with its camera: a picture in SVG.
///
/// # Errors
/// `BadRequest` if the secret is none.
pub fn picture(secret: &str, email: &str) -> Result<String, AppError> {
    let url = totp(secret, email)?.to_url().map_err(|error| AppError::Internal(format!("{error:?}")))?;
    let code = QrCode::new(url).map_err(|error| AppError::Internal(error.to_string()))?;
    let svg = code.render::<svg::Color<'_>>().min_dimensions(220, 220).build();
    // Inside a page it has no declaration of its own.
    Ok(svg.find("<svg").map_or(String::new(), |start| svg[start..].to_owned()))
}

/// The step at which the phone shows this code, if it does now.
///
/// # Errors
/// `BadRequest` if the secret is none.
pub fn step_of(secret: &str, email: &str, typed: &str) -> Result<Option<i64>, AppError> {
    let digits: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let is_code = digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_digit());
    let step = if is_code { totp(secret, email)?.check(&digits, now) } else { None };
    Ok(step.and_then(|step| i64::try_from(step).ok()))
}

/// Whether this is the second factor of the user. What was accepted is spent.
///
/// # Errors
/// Those of the database.
pub fn accept(conn: &mut Conn, user: &User, typed: &str) -> Result<Option<Accepted>, AppError> {
    let Some(secret) = &user.totp_secret else { return Ok(None) };
    if let Some(step) = step_of(secret, &user.email, typed)? {
        // One far ahead was spent while the clock was: it keeps nobody out until that is there again.
        let is_fresh = users::totp_last_step.lt(step).or(users::totp_last_step.gt(step + STEPS_AHEAD));
        let fresh = users::table.find(user.id).filter(is_fresh);
        let spent = diesel::update(fresh).set(users::totp_last_step.eq(step)).execute(conn)?;
        return Ok((spent == 1).then_some(Accepted::Code));
    }
    let mine = recovery_codes::table.filter(recovery_codes::user_id.eq(user.id));
    let spent = diesel::delete(mine.filter(recovery_codes::code_hash.eq(hash_of(&plain(typed))))).execute(conn)?;
    if spent == 0 {
        return Ok(None);
    }
    Ok(Some(Accepted::RecoveryCode { left: left(conn, user.id)? }))
}

/// How many recovery codes a user has left.
///
/// # Errors
/// Those of the database.
pub fn left(conn: &mut Conn, user_id: i64) -> Result<i64, AppError> {
    Ok(recovery_codes::table.filter(recovery_codes::user_id.eq(user_id)).count().get_result(conn)?)
}

/// Turns the second factor on. `step` is that of the code which showed that the phone has it: it is spent.
///
/// # Errors
/// `Refused` if it is on already: one takes the place of another only for who shows a code of that.
pub fn turn_on(conn: &mut Conn, user_id: i64, secret: &str, step: i64) -> Result<(), AppError> {
    let off = users::table.find(user_id).filter(users::totp_secret.is_null());
    let turned = (users::totp_secret.eq(secret), users::totp_last_step.eq(step));
    if diesel::update(off).set(turned).execute(conn)? == 1 { Ok(()) } else { Err(AppError::Refused(IS_ON.to_owned())) }
}

/// Turns it off, and forgets the recovery codes.
///
/// # Errors
/// Those of the database.
pub fn turn_off(conn: &mut Conn, user_id: i64) -> Result<(), AppError> {
    diesel::update(users::table.find(user_id)).set(users::totp_secret.eq(None::<String>)).execute(conn)?;
    diesel::delete(recovery_codes::table.filter(recovery_codes::user_id.eq(user_id))).execute(conn)?;
    Ok(())
}

/// Makes new recovery codes in place of the old ones: 80 random bits each.
///
/// # Errors
/// Those of the database.
pub fn make_recovery_codes(conn: &mut Conn, user_id: i64) -> Result<Vec<String>, AppError> {
    diesel::delete(recovery_codes::table.filter(recovery_codes::user_id.eq(user_id))).execute(conn)?;
    let mut codes = Vec::with_capacity(RECOVERY_CODES);
    for _ in 0..RECOVERY_CODES {
        let code = BASE32_NOPAD.encode(&rand::random::<[u8; 10]>()).to_lowercase();
        diesel::insert_into(recovery_codes::table)
            .values((recovery_codes::user_id.eq(user_id), recovery_codes::code_hash.eq(hash_of(&code))))
            .execute(conn)?;
        let groups: Vec<&str> = [0, 4, 8, 12].map(|at| &code[at..at + 4]).into();
        codes.push(groups.join("-"));
    }
    Ok(codes)
}

/// A recovery code as it is kept: without the hyphens that make it easy to copy.
fn plain(typed: &str) -> String {
    typed.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
}
