use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::web::Path;
use askama::Template;

use super::model::{DAYS, Invitation};
use crate::audit::{self, Event};
use crate::db::{Conn, Db};
use crate::error::AppError;
use crate::fields::FormErrors;
use crate::sessions::sign_in_as;
use crate::users::{Administrator, GrantForm, Role, User, UserForm, password};
use crate::web::{Client, FormData, Layout, Notice, Page, claim_form, new_token, page};

#[derive(Template)]
#[template(path = "invitations/new.html")]
struct New {
    layout: Layout,
    label: String,
    form: GrantForm,
    errors: FormErrors,
    token: String,
}

/// The link, shown once.
#[derive(Template)]
#[template(path = "invitations/created.html")]
struct Created {
    layout: Layout,
    label: String,
    link: String,
}

#[derive(Template)]
#[template(path = "invitations/acceptance.html")]
struct Acceptance {
    layout: Layout,
    secret: String,
    role: Role,
    form: UserForm,
    errors: FormErrors,
    token: String,
}

pub async fn new(_: Administrator, layout: Layout) -> Page {
    let form = GrantForm { role: Role::Editor.name().to_owned(), reach: "all".to_owned(), ..GrantForm::default() };
    page::ok(&New { layout, label: String::new(), form, errors: FormErrors::default(), token: new_token() })
}

pub async fn create(
    administrator: Administrator,
    request: HttpRequest,
    db: Db,
    layout: Layout,
    data: FormData,
) -> Page {
    let (label, form) = (data.text("label"), GrantForm::read(&data));
    let (sent, typed, label_typed) = (data.clone(), form.clone(), label.clone());
    let (user_id, who, address) =
        (administrator.user_id(), administrator.name.clone(), Client::of(&request).address.to_string());
    let made = db.keep(move |conn| {
        let mut errors = FormErrors::default();
        let label = errors.text("label", &label_typed, 1..=100);
        let (role, scope) = typed.check(conn, &mut errors)?;
        errors.or(())?;
        if claim_form(conn, &sent, "/users")?.is_some() {
            return Ok(None);
        }
        let granted = format!("{label}: {}", typed.described(role, &scope));
        audit::record(conn, &who, Event::InvitationMade, &granted, &address)?;
        Invitation::create(conn, &label, role, &scope, user_id).map(Some)
    });
    match made.await {
        Ok(Some(secret)) => {
            let link = format!("{}/invitations/{secret}/acceptance", Client::of(&request).origin());
            page::secret(&Created { layout, label, link })
        }
        Ok(None) => {
            let notice = "This invitation was made already, and its link is shown once only. If you did not see it, withdraw it and make another.";
            Ok(page::see_other("/users", &Notice::plain(notice)))
        }
        Err(AppError::Invalid(errors)) => {
            let again = New { layout, label, form, errors, token: data.token() };
            page::with_status(StatusCode::UNPROCESSABLE_ENTITY, &again)
        }
        Err(error) => Err(error),
    }
}

pub async fn delete(administrator: Administrator, request: HttpRequest, db: Db, id: Path<i64>) -> Page {
    let (who, address) = (administrator.name.clone(), Client::of(&request).address.to_string());
    let label = db
        .keep(move |conn| {
            let label = Invitation::withdraw(conn, id.into_inner())?;
            audit::record(conn, &who, Event::InvitationWithdrawn, &label, &address)?;
            Ok(label)
        })
        .await?;
    Ok(page::see_other("/users", &Notice::plain(format!("The invitation for {label} is withdrawn."))))
}

pub async fn show(db: Db, layout: Layout, secret: Path<String>) -> Page {
    let secret = secret.into_inner();
    let (role, secret) = db.read(move |conn| Ok((role_of(conn, &secret)?, secret))).await?;
    let (form, errors, token) = (UserForm::default(), FormErrors::default(), new_token());
    page::secret(&Acceptance { layout, secret, role, form, errors, token })
}

fn role_of(conn: &mut Conn, secret: &str) -> Result<Role, AppError> {
    Ok(Invitation::find(conn, secret)?.grant(conn)?.0)
}

pub async fn accept(request: HttpRequest, db: Db, layout: Layout, secret: Path<String>, data: FormData) -> Page {
    let secret = secret.into_inner();
    let form = UserForm { name: data.text("name"), email: data.text("email"), password: data.text("password") };
    let found = secret.clone();
    let (role, scope) = db.read(move |conn| Invitation::find(conn, &found)?.grant(conn)).await?;
    let mut errors = FormErrors::default();
    let draft = form.check(role, scope, &mut errors);
    let again = |errors| {
        let form = UserForm { password: String::new(), ..form.clone() };
        let (layout, secret, token) = (layout.clone(), secret.clone(), data.token());
        page::secret_with_status(
            StatusCode::UNPROCESSABLE_ENTITY,
            &Acceptance { layout, secret, role, form, errors, token },
        )
    };
    if !errors.is_empty() {
        return again(errors);
    }
    let hash = password::hash(form.password.clone()).await?;
    let (spent, address) = (secret.clone(), Client::of(&request).address.to_string());
    let accepted = db.keep(move |conn| {
        let invitation = Invitation::find(conn, &spent)?;
        invitation.spend(conn)?;
        let user = User::create(conn, &draft, &hash)?;
        audit::record(conn, &user.name, Event::InvitationAccepted, &invitation.label, &address)?;
        Ok(user)
    });
    match accepted.await {
        Ok(user) => {
            let notice = Notice::plain(format!("Welcome, {}.", user.name));
            sign_in_as(&request, &db, user, "/", &notice).await
        }
        Err(AppError::Invalid(errors)) => again(errors),
        Err(error) => Err(error),
    }
}
