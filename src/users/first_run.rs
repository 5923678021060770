use std::sync::atomic::{AtomicBool, Ordering};

use actix_web::HttpRequest;
use actix_web::http::{StatusCode, Version};
use actix_web::web::Data;
use askama::Template;

use super::{Role, Scope, User, UserForm, password, same_user};
use crate::audit::{self, Event};
use crate::db::{Db, Lock};
use crate::error::AppError;
use crate::fields::FormErrors;
use crate::samples;
use crate::sessions::sign_in_as;
use crate::stores::Store;
use crate::web::{Client, FormData, Layout, Notice, Page, page};

/// The time before there is anybody: one page then makes the first administrator.
///
/// It is safe on a shared machine and behind a proxy: whoever has started the program may use it at this machine, anybody
/// else needs the code that stands in the log.
#[derive(Debug)]
pub struct FirstRun {
    code: String,
    is_over: AtomicBool,
}

impl FirstRun {
    /// Begins it, with a new code.
    #[must_use]
    pub fn new() -> Self {
        Self { code: format!("{:016x}", rand::random::<u64>()), is_over: AtomicBool::new(false) }
    }

    /// The code that lets somebody in from elsewhere.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.code
    }

    /// Whether there is nobody yet.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn is_pending(&self, db: &Db) -> Result<bool, AppError> {
        if self.is_over.load(Ordering::Relaxed) {
            return Ok(false);
        }
        let is_pending = db.read(User::is_nobody).await?;
        self.is_over.store(!is_pending, Ordering::Relaxed);
        Ok(is_pending)
    }

    fn is_code(&self, typed: &str) -> bool {
        // Compared as digests: how long it takes tells nothing about where the code differs.
        crate::sessions::hash_of(typed.trim()) == crate::sessions::hash_of(&self.code)
    }
}

impl Default for FirstRun {
    fn default() -> Self {
        Self::new()
    }
}

/// Whether whoever asks sits at this machine and has started the program: no proxy in between, and no name by which another
/// site could have led the browser here (DNS rebinding).
fn is_at_this_machine(request: &HttpRequest) -> bool {
    let client = Client::of(request);
    is_direct(request)
        && client.address.to_canonical().is_loopback()
        && client.names_this_machine()
        && request.peer_addr().is_some_and(same_user::runs)
}

/// Whether no proxy says that it stands in between. One that says nothing, like nginx with a bare `proxy_pass`, is known
/// by the older HTTP that it speaks: no browser does.
fn is_direct(request: &HttpRequest) -> bool {
    let said = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via"];
    request.version() >= Version::HTTP_11 && !said.iter().any(|name| request.headers().contains_key(*name))
}

#[derive(Template)]
#[template(path = "users/setup.html")]
struct Setup {
    layout: Layout,
    form: UserForm,
    needs_code: bool,
    samples: bool,
    errors: FormErrors,
    token: String,
}

pub async fn new(request: HttpRequest, db: Db, first_run: Data<FirstRun>, layout: Layout) -> Page {
    if !first_run.is_pending(&db).await? {
        return Ok(page::redirect("/"));
    }
    let needs_code = !is_at_this_machine(&request);
    let (form, errors, token) = (UserForm::default(), FormErrors::default(), crate::web::new_token());
    page::ok(&Setup { layout, form, needs_code, samples: false, errors, token })
}

pub async fn create(request: HttpRequest, db: Db, first_run: Data<FirstRun>, layout: Layout, data: FormData) -> Page {
    let is_done = || {
        Ok(page::see_other("/session/new", &Notice::plain("This Stockroom has its first account already. Sign in.")))
    };
    if !first_run.is_pending(&db).await? {
        return is_done();
    }
    let needs_code = !is_at_this_machine(&request);
    let form = UserForm { name: data.text("name"), email: data.text("email"), password: data.text("password") };
    let samples = !data.text("samples").is_empty();
    let mut errors = FormErrors::default();
    let draft = form.check(Role::Administrator, Scope::All, &mut errors);
    if needs_code && !first_run.is_code(&data.text("code")) {
        errors.add("code", "This is not the code that stands in the log of the program.");
    }
    if !errors.is_empty() {
        let form = UserForm { password: String::new(), ..form };
        let again = Setup { layout, form, needs_code, samples, errors, token: data.token() };
        return page::with_status(StatusCode::UNPROCESSABLE_ENTITY, &again);
    }
    let hash = password::hash(form.password).await?;
    let address = Client::of(&request).address.to_string();
    let made = db
        .keep(move |conn| {
            conn.lock(Lock::Administrators)?;
            // Of two who send the page at once, one is the first.
            if !User::is_nobody(conn)? {
                return Err(AppError::NotFound);
            }
            let user = User::create(conn, &draft, &hash)?;
            audit::record(conn, &user.name, Event::UserAdded, "the first administrator", &address)?;
            Ok(user)
        })
        .await;
    let Some(user) = made.map(Some).or_else(AppError::none_if_missing)? else { return is_done() };
    let mut notice = match db.read(Store::count).await? {
        0 => Notice::plain(format!("Welcome, {}. Add the first store, and put items in it.", user.name)),
        _ => Notice::plain(format!("Welcome, {}.", user.name)),
    };
    if samples {
        let actor = super::Person {
            user_id: Some(user.id),
            name: user.name.clone(),
            email: user.email.clone(),
            role: Role::Administrator,
            scope: Scope::All,
            means: super::Means::Session(0),
        }
        .actor();
        db.write(actor, samples::add).await?;
        notice = Notice::plain(format!("Welcome, {}. Look around: everything here is sample data.", user.name));
    }
    sign_in_as(&request, &db, user, "/", &notice).await
}
