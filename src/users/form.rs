use super::{Role, Scope};
use crate::fields::{FormErrors, check_password, fold};

/// A person as typed: who they are, and the password they chose.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs)]
pub struct UserForm {
    pub name: String,
    pub email: String,
    pub password: String,
}

/// A person, checked.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct UserDraft {
    pub name: String,
    pub email: String,
    /// The address, case-folded.
    pub email_key: String,
    pub role: Role,
    pub scope: Scope,
}

impl UserForm {
    /// What was typed, as far as it can be taken; faults are added to `errors`. The password is checked, and stays here.
    #[must_use]
    pub fn check(&self, role: Role, scope: Scope, errors: &mut FormErrors) -> UserDraft {
        let name = errors.text("name", &self.name, 1..=100);
        let email = errors.email("email", &self.email);
        if let Err(fault) = check_password(&self.password, &[&self.name, &self.email]) {
            errors.add("password", fault);
        }
        UserDraft { name, email_key: fold(&email), email, role, scope }
    }
}
