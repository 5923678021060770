use std::cell::Cell;
use std::rc::Rc;

/// Whether a connection has a request here that is being answered. Its time is not counted meanwhile.
#[derive(Debug, Clone, Default)]
pub struct Exchange(Rc<Cell<bool>>);

impl Exchange {
    /// A request has come in, and is ours to answer.
    pub fn begin(&self) {
        self.0.set(true);
    }

    /// Its answer goes out.
    pub(super) fn end(&self) {
        self.0.set(false);
    }

    pub(super) fn is_ours(&self) -> bool {
        self.0.get()
    }
}
