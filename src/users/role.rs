use std::fmt;
use std::str::FromStr;

/// What a person may do. Each role may do what the one before it may, and more: docs/roles.md tells what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Role {
    /// Looks at things.
    Viewer,
    /// Changes stores, items and tags.
    Editor,
    /// Decides who may come in, too.
    Administrator,
}

impl Role {
    /// All of them, the least first.
    pub const ALL: [Self; 3] = [Self::Viewer, Self::Editor, Self::Administrator];

    /// As it stands in the database, in forms and at the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Editor => "editor",
            Self::Administrator => "administrator",
        }
    }

    /// What it is, in a sentence for the person who grants it.
    #[must_use]
    pub fn described(self) -> &'static str {
        match self {
            Self::Viewer => "looks at everything and changes nothing",
            Self::Editor => {
                "adds, changes and deletes items and tags, and changes stores; in all stores, adds and deletes these, too"
            }
            Self::Administrator => "an editor of all stores who also decides who may come in",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|role| role.name() == text)
            .ok_or_else(|| "give viewer, editor or administrator".to_owned())
    }
}
