use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use askama::Template;

use super::model::{Accepted, accept, left, make_recovery_codes, new_secret, picture, step_of, turn_off, turn_on};
use crate::audit::{self, Event};
use crate::db::{Conn, Db};
use crate::error::AppError;
use crate::fields::FormErrors;
use crate::users::{User, Viewer, check_own_password, record_not_confirmed, try_own_password};
use crate::web::{Client, FormData, Layout, Notice, Page, claim_form, form_led, new_token, page};

/// What is said where the code that changes the second factor is none of its.
const WRONG_CODE: &str = "This code is not right any more, or not at all. Type the newest one that your phone shows, or a recovery code that you have not used.";

/// What is said where the form that makes recovery codes is sent twice.
const MADE_BEFORE: &str = "New recovery codes were made a moment ago, and are shown once only. The ones from before are good no more. If you did not see the new ones, make others, with the next code that your phone shows.";

const OFF: &str = "The second factor is off. Your password alone lets you in.";
/// What is said where the form that turned it off is sent again, after it was turned on.
const OFF_BEFORE: &str = "This form was sent before. Type your password and a new code to turn it off.";

#[derive(Template)]
#[template(path = "second_factors/new.html")]
struct New {
    layout: Layout,
    /// Whether it is on already, and how many recovery codes are left.
    is_on: Option<i64>,
    secret: String,
    picture: String,
    errors: FormErrors,
    message: String,
    token: String,
}

impl New {
    async fn new(
        db: &Db,
        viewer: &Viewer,
        layout: Layout,
        secret: String,
        errors: FormErrors,
    ) -> Result<Self, AppError> {
        let user_id = viewer.user_id();
        let is_on = db
            .read(move |conn| {
                let is_on = User::find(conn, user_id)?.totp_secret.is_some();
                is_on.then(|| left(conn, user_id)).transpose()
            })
            .await?;
        let picture = picture(&secret, &viewer.email)?;
        Ok(Self { layout, is_on, secret, picture, errors, message: String::new(), token: new_token() })
    }
}

#[derive(Template)]
#[template(path = "second_factors/recovery_codes.html")]
struct RecoveryCodes {
    layout: Layout,
    codes: Vec<String>,
}

pub async fn new(viewer: Viewer, db: Db, layout: Layout) -> Page {
    page::secret(&New::new(&db, &viewer, layout, new_secret(), FormErrors::default()).await?)
}

pub async fn create(viewer: Viewer, request: HttpRequest, db: Db, layout: Layout, data: FormData) -> Page {
    let (secret, mut errors) = (data.text("secret"), FormErrors::default());
    let step = step_of(&secret, &viewer.email, &data.text("code"))?;
    if step.is_none() {
        errors.add("code", "This is not what your phone should show now. Wait for the next code, and type that.");
    }
    check_own_password(&db, &request, &viewer, &data, &mut errors).await?;
    let (Some(step), true) = (step, errors.is_empty()) else {
        let again = New::new(&db, &viewer, layout, secret, errors).await?;
        return page::secret_with_status(StatusCode::UNPROCESSABLE_ENTITY, &again);
    };
    let (user_id, name, address) = (viewer.user_id(), viewer.name.clone(), Client::of(&request).address.to_string());
    let turned = db.keep(move |conn| {
        turn_on(conn, user_id, &secret, step)?;
        audit::record(conn, &name, Event::SecondFactorOn, "", &address)?;
        make_recovery_codes(conn, user_id)
    });
    match turned.await {
        Err(AppError::Refused(message)) => {
            let again = New::new(&db, &viewer, layout, new_secret(), FormErrors::default()).await?;
            page::secret_with_status(StatusCode::CONFLICT, &New { message, ..again })
        }
        codes => page::secret(&RecoveryCodes { layout, codes: codes? }),
    }
}

pub async fn delete(viewer: Viewer, request: HttpRequest, db: Db, layout: Layout, data: FormData) -> Page {
    match changed(&db, &request, &viewer, &data, Event::SecondFactorOff, turn_off).await {
        Err(AppError::Invalid(errors)) => again(&db, &viewer, layout, errors).await,
        // Whoever presses the button twice finds it off, unless it is on again since.
        Err(AppError::AlreadySent { .. }) => {
            let page = New::new(&db, &viewer, layout, new_secret(), FormErrors::default()).await?;
            if page.is_on.is_none() {
                return Ok(page::see_other("/account", &Notice::plain(OFF)));
            }
            page::secret_with_status(StatusCode::CONFLICT, &New { message: OFF_BEFORE.to_owned(), ..page })
        }
        Ok(()) | Err(AppError::NotFound) => Ok(page::see_other("/account", &Notice::plain(OFF))),
        Err(error) => Err(error),
    }
}

pub async fn recovery_codes(viewer: Viewer, request: HttpRequest, db: Db, layout: Layout, data: FormData) -> Page {
    let sent = data.token_alone(viewer.user_id());
    let made = match db.read(move |conn| form_led(conn, &sent)).await? {
        Some(location) => Err(AppError::AlreadySent { location, change_set_id: None }),
        None => changed(&db, &request, &viewer, &data, Event::RecoveryCodesMade, make_recovery_codes).await,
    };
    match made {
        Err(AppError::Invalid(errors)) => again(&db, &viewer, layout, errors).await,
        Err(AppError::AlreadySent { .. }) => {
            let page = New::new(&db, &viewer, layout, new_secret(), FormErrors::default()).await?;
            page::secret_with_status(StatusCode::CONFLICT, &New { message: MADE_BEFORE.to_owned(), ..page })
        }
        codes => page::secret(&RecoveryCodes { layout, codes: codes? }),
    }
}

async fn again(db: &Db, viewer: &Viewer, layout: Layout, errors: FormErrors) -> Page {
    let again = New::new(db, viewer, layout, new_secret(), errors).await?;
    page::secret_with_status(StatusCode::UNPROCESSABLE_ENTITY, &again)
}

/// Changes the second factor of who shows the password and a code of it: a thief of the password has no such code.
///
/// # Errors
/// `Invalid` if one of them is wrong; `NotFound` if there is no second factor; `TooMany` after too many attempts;
/// `AlreadySent` if the form was sent before.
async fn changed<T: Send + 'static>(
    db: &Db,
    request: &HttpRequest,
    viewer: &Viewer,
    data: &FormData,
    event: Event,
    work: fn(&mut Conn, i64) -> Result<T, AppError>,
) -> Result<T, AppError> {
    let tries = try_own_password(db, request, viewer, data).await?;
    let (user_id, name, address) = (viewer.user_id(), viewer.name.clone(), Client::of(request).address.to_string());
    let (code, form) = (data.text("code"), data.token_alone(user_id));
    let begun = tries.clone();
    db.keep(move |conn| begun.begin_code(conn)).await?;
    let changed = db.keep(move |conn| {
        if let Some(location) = claim_form(conn, &form, "/account/second-factor")? {
            return Err(AppError::AlreadySent { location, change_set_id: None });
        }
        let user = User::find(conn, user_id)?;
        if user.totp_secret.is_none() {
            return Err(AppError::NotFound);
        }
        match accept(conn, &user, &code)? {
            None => return Err(FormErrors::one("code", WRONG_CODE).into()),
            Some(Accepted::RecoveryCode { left }) => {
                audit::record(conn, &name, Event::RecoveryCodeUsed, &format!("{left} left"), &address)?;
            }
            Some(Accepted::Code) => {}
        }
        tries.succeed(conn)?;
        audit::record(conn, &name, event, "", &address)?;
        work(conn, user_id)
    });
    let changed = changed.await;
    if matches!(changed, Err(AppError::Invalid(_))) {
        record_not_confirmed(db, request, viewer, "wrong code").await?;
    }
    changed
}
