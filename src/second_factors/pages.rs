use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use askama::Template;

use super::model::{left, make_recovery_codes, new_secret, picture, step_of, turn_off, turn_on};
use crate::audit::{self, Event};
use crate::db::Db;
use crate::error::AppError;
use crate::fields::FormErrors;
use crate::users::{User, Viewer, check_own_password};
use crate::web::{Client, FormData, Layout, Notice, Page, new_token, page};

#[derive(Template)]
#[template(path = "second_factors/new.html")]
struct New {
    layout: Layout,
    /// Whether it is on already, and how many recovery codes are left.
    is_on: Option<i64>,
    secret: String,
    picture: String,
    errors: FormErrors,
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
        Ok(Self { layout, is_on, secret, picture, errors, token: new_token() })
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
    let codes = db
        .keep(move |conn| {
            turn_on(conn, user_id, &secret, step)?;
            audit::record(conn, &name, Event::SecondFactorOn, "", &address)?;
            make_recovery_codes(conn, user_id)
        })
        .await?;
    page::secret(&RecoveryCodes { layout, codes })
}

pub async fn delete(viewer: Viewer, request: HttpRequest, db: Db, layout: Layout, data: FormData) -> Page {
    let mut errors = FormErrors::default();
    check_own_password(&db, &request, &viewer, &data, &mut errors).await?;
    if !errors.is_empty() {
        let again = New::new(&db, &viewer, layout, new_secret(), errors).await?;
        return page::secret_with_status(StatusCode::UNPROCESSABLE_ENTITY, &again);
    }
    let (user_id, name, address) = (viewer.user_id(), viewer.name.clone(), Client::of(&request).address.to_string());
    db.keep(move |conn| {
        audit::record(conn, &name, Event::SecondFactorOff, "", &address)?;
        turn_off(conn, user_id)
    })
    .await?;
    Ok(page::see_other("/account", &Notice::plain("The second factor is off. Your password alone lets you in.")))
}

pub async fn recovery_codes(viewer: Viewer, request: HttpRequest, db: Db, layout: Layout, data: FormData) -> Page {
    let mut errors = FormErrors::default();
    check_own_password(&db, &request, &viewer, &data, &mut errors).await?;
    if !errors.is_empty() {
        let again = New::new(&db, &viewer, layout, new_secret(), errors).await?;
        return page::secret_with_status(StatusCode::UNPROCESSABLE_ENTITY, &again);
    }
    let (user_id, name, address) = (viewer.user_id(), viewer.name.clone(), Client::of(&request).address.to_string());
    let codes = db
        .keep(move |conn| {
            if User::find(conn, user_id)?.totp_secret.is_none() {
                return Err(AppError::NotFound);
            }
            audit::record(conn, &name, Event::RecoveryCodesMade, "", &address)?;
            make_recovery_codes(conn, user_id)
        })
        .await?;
    page::secret(&RecoveryCodes { layout, codes })
}
