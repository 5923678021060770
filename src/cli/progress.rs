use std::borrow::Cow;
use std::io::{IsTerminal, stderr};

use indicatif::{ProgressBar, ProgressStyle};

/// How far long work has come: a bar where a person looks on, a line at the start elsewhere.
#[derive(Clone)]
pub struct Progress(ProgressBar);

impl Progress {
    /// Work in `total` steps, called `what`.
    pub fn start(what: impl Into<Cow<'static, str>>, total: u64) -> Self {
        let what = what.into();
        if !stderr().is_terminal() {
            eprintln!("{what} …");
            return Self(ProgressBar::hidden());
        }
        let style = ProgressStyle::with_template("{msg} {wide_bar} {human_pos} of {human_len}, {eta} left")
            .unwrap_or_else(|_| ProgressStyle::default_bar());
        Self(ProgressBar::new(total).with_style(style).with_message(what))
    }

    /// So many steps more are done.
    pub fn advance(&self, steps: usize) {
        self.0.inc(steps as u64);
    }

    /// All is done: the bar goes.
    pub fn end(&self) {
        self.0.finish_and_clear();
    }
}
