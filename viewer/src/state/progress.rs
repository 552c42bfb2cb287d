//! How far a part of the base map has got that is read once it is of use.

use std::cell::Cell;

/// How long what could not be had is not asked for again, in milliseconds.
const ASK_AGAIN: f64 = 20e3;

/// How far it has got.
#[derive(Debug, Default)]
pub struct Progress(Cell<Step>);

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Step {
    /// It has not been of use yet.
    #[default]
    Unread,
    /// On its way.
    Underway,
    /// It could not be had, at this time.
    Missing(f64),
    /// In use.
    Read,
}

impl Progress {
    /// Begins to read, at a time in milliseconds; `false` if there is no need to, or if it could not be had just
    /// now.
    pub fn begin(&self, now: f64) -> bool {
        let begins = match self.0.get() {
            Step::Unread => true,
            Step::Missing(since) => now - since > ASK_AGAIN,
            Step::Underway | Step::Read => false,
        };
        if begins {
            self.0.set(Step::Underway);
        }
        begins
    }

    /// Says whether it could be had, at a time in milliseconds.
    pub fn end(&self, is_read: bool, now: f64) {
        self.0.set(if is_read { Step::Read } else { Step::Missing(now) });
    }

    /// Lets what could not be had be asked for again at once.
    pub fn forgive(&self) {
        if let Step::Missing(_) = self.0.get() {
            self.0.set(Step::Unread);
        }
    }

    /// Whether it is on its way.
    pub fn is_underway(&self) -> bool {
        self.0.get() == Step::Underway
    }

    /// Whether it is in use.
    pub fn is_read(&self) -> bool {
        self.0.get() == Step::Read
    }

    /// Whether it could not be had.
    pub fn is_missing(&self) -> bool {
        matches!(self.0.get(), Step::Missing(_))
    }

    /// Whether it has not been of use yet.
    pub fn is_unread(&self) -> bool {
        self.0.get() == Step::Unread
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_not_be_had_is_asked_for_again_only_after_a_while() {
        let progress = Progress::default();
        assert!(progress.is_unread());
        assert!(progress.begin(0.0));
        assert!(progress.is_underway() && !progress.begin(60e3), "it is on its way");
        progress.end(false, 60e3);
        assert!(!progress.is_underway() && !progress.begin(79e3));
        assert!(progress.begin(81e3));
        progress.end(false, 82e3);
        progress.forgive();
        assert!(progress.begin(83e3));
        progress.end(true, 84e3);
        progress.forgive();
        assert!(progress.is_read() && !progress.begin(900e3), "it is there");
    }
}
