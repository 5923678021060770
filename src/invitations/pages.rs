use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::web::Path;
use askama::Template;

use super::model::{DAYS, Invitation};
use crate::audit::{self, Event};
use crate::db::{Conn, Db, Lock};
use crate::error::AppError;
use crate::fields::FormErrors;
use crate::sessions::sign_in_as;
use crate::users::{
    Administrator, GrantForm, Role, User, UserForm, check_email_free, check_name_free, described, password,
};
use crate::web::{Client, FormData, Layout, Notice, Page, claim_form, new_token, page};

#[derive(Template)]
#[template(path = "invitations/new.html")]
struct New {
    layout: Layout,
    label: String,
    form: GrantForm,
    errors: FormErrors,
    message: &'static str,
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

/// A link that lets nobody in.
#[derive(Template)]
#[template(path = "invitations/over.html")]
struct Over {
    layout: Layout,
}

pub async fn new(_: Administrator, layout: Layout) -> Page {
    let form = GrantForm { role: Role::Editor.name().to_owned(), reach: "all".to_owned(), ..GrantForm::default() };
    let (label, errors, message, token) = (String::new(), FormErrors::default(), "", new_token());
    page::ok(&New { layout, label, form, errors, message, token })
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
        let granted = format!("{label}: {}", described(conn, role, &scope)?);
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
            let again = New { layout, label, form, errors, message: "", token: data.token() };
            page::with_status(StatusCode::UNPROCESSABLE_ENTITY, &again)
        }
        Err(AppError::AlreadySent { .. }) => {
            let message = "An invitation was made by this form already. What you see here is typed since: make it, and there are two.";
            let again = New { layout, label, form, errors: FormErrors::default(), message, token: new_token() };
            page::with_status(StatusCode::CONFLICT, &again)
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
        .await;
    let said = match label.map(Some).or_else(AppError::none_if_missing)? {
        Some(label) => format!("The invitation for {label} is withdrawn."),
        None => "That invitation is not open any more.".to_owned(),
    };
    Ok(page::see_other("/users", &Notice::plain(said)))
}

pub async fn show(db: Db, layout: Layout, secret: Path<String>) -> Page {
    let secret = secret.into_inner();
    let found = db.read(move |conn| Ok((role_of(conn, &secret)?, secret))).await;
    let Some((role, secret)) = found.map(Some).or_else(AppError::none_if_missing)? else { return over(layout) };
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
    let granted = db.read(move |conn| Invitation::find(conn, &found)?.grant(conn)).await;
    let Some((role, scope)) = granted.map(Some).or_else(AppError::none_if_missing)? else { return over(layout) };
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
    // Before the password is hashed, for which others may have to wait.
    let wanted = draft.clone();
    let is_free = db.read(move |conn| {
        check_name_free(conn, &wanted.name)?;
        check_email_free(conn, &wanted)
    });
    match is_free.await {
        Err(AppError::Invalid(errors)) => return again(errors),
        is_free => is_free?,
    }
    let hash = password::hash(form.password.clone()).await?;
    let (spent, address) = (secret.clone(), Client::of(&request).address.to_string());
    let accepted = db.keep(move |conn| {
        let invitation = Invitation::find(conn, &spent)?;
        invitation.spend(conn)?;
        conn.lock(Lock::Administrators)?; // of two who take one name at once, one has it
        check_name_free(conn, &draft.name)?;
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
        Err(AppError::NotFound) => over(layout.clone()),
        Err(error) => Err(error),
    }
}

/// What is answered to a link that lets nobody in any more, or never did: which of them it is, strangers need not know.
fn over(layout: Layout) -> Page {
    page::secret_with_status(StatusCode::NOT_FOUND, &Over { layout })
}
