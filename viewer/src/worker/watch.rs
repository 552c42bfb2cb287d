//! Whether the workers still answer: a browser may end those of a tab that slept, and tells nobody. Pure; time is
//! counted in ticks of the page, which stand still while the machine sleeps.

use std::collections::HashSet;
use std::time::Duration;

/// The length of a tick.
pub(super) const TICK: Duration = Duration::from_secs(2);
/// How many ticks an answer may take: a worker that decodes comes back between two chunks.
const SILENCE: u32 = 4;
/// How many ticks a worker may take to come up; each time it is started anew it has as many more.
const START: u32 = 8;
/// How often workers are started anew before that is given up, with nothing heard of them in between.
const MOST_RESTARTS: u32 = 3;

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing.
    Wait,
    /// Ask the workers whether they are there.
    Ask,
    /// Start them anew.
    Restart,
    /// Nothing will help.
    GiveUp,
}

/// What is known of the workers.
#[derive(Debug, Default)]
pub(super) struct Watch {
    is_ready: bool,
    /// Numbers of those that have been asked and have said nothing since.
    silent: HashSet<usize>,
    ticks: u32,
    restarts: u32,
}

impl Watch {
    /// A tick has passed; `is_awaited` if somebody waits for an answer.
    pub(super) fn tick(&mut self, is_awaited: bool) -> Verdict {
        if !self.is_ready {
            self.ticks += 1;
            let is_late = self.ticks > START * (self.restarts + 1);
            return if is_late { self.end() } else { Verdict::Wait };
        }
        if !self.silent.is_empty() {
            self.ticks += 1;
            return if self.ticks >= SILENCE { self.end() } else { Verdict::Wait };
        }
        self.ticks = 0;
        if is_awaited { Verdict::Ask } else { Verdict::Wait }
    }

    /// These have been asked.
    pub(super) fn asked(&mut self, workers: impl Iterator<Item = usize>) {
        self.silent.extend(workers);
    }

    /// A worker has said something.
    pub(super) fn heard(&mut self, worker: usize) {
        self.silent.remove(&worker);
    }

    /// The reader listens.
    pub(super) fn ready(&mut self) {
        self.is_ready = true;
        self.ticks = 0;
    }

    /// The workers do what they are there for.
    pub(super) fn answered(&mut self) {
        self.restarts = 0;
    }

    /// Whether the workers have been started anew, and nothing has come of it yet.
    pub(super) fn is_anew(&self) -> bool {
        self.restarts > 0
    }

    /// A worker has ended: what is to be done.
    pub(super) fn end(&mut self) -> Verdict {
        if self.restarts >= MOST_RESTARTS {
            return Verdict::GiveUp;
        }
        *self = Self { restarts: self.restarts + 1, ..Self::default() };
        Verdict::Restart
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ready() -> Watch {
        let mut watch = Watch::default();
        watch.ready();
        watch
    }

    #[test]
    fn workers_are_asked_only_while_somebody_waits() {
        let mut watch = ready();
        assert_eq!(watch.tick(false), Verdict::Wait);
        assert_eq!(watch.tick(true), Verdict::Ask);
    }

    #[test]
    fn one_that_says_nothing_is_started_anew_and_one_that_speaks_is_not() {
        let mut watch = ready();
        watch.tick(true);
        watch.asked([0, 1].into_iter());
        watch.heard(0);
        assert_eq!([0; 3].map(|_| watch.tick(true)), [Verdict::Wait; 3]);
        assert_eq!(watch.tick(true), Verdict::Restart);
        watch.ready();
        watch.tick(true);
        watch.asked([0, 1].into_iter());
        watch.heard(1);
        watch.heard(0);
        assert_eq!([0; 6].map(|_| watch.tick(true)), [Verdict::Ask; 6]);
    }

    #[test]
    fn one_that_does_not_come_up_is_started_anew_a_few_times() {
        let mut watch = Watch::default();
        let mut verdicts = Vec::new();
        for tick in 0..200 {
            let verdict = watch.tick(false);
            if verdict != Verdict::Wait {
                verdicts.push((tick, verdict));
            }
            if verdict == Verdict::GiveUp {
                break;
            }
        }
        assert_eq!(
            verdicts,
            [
                (8, Verdict::Restart),
                (25, Verdict::Restart),
                (50, Verdict::Restart),
                (83, Verdict::GiveUp)
            ]
        );
    }

    #[test]
    fn what_works_in_between_does_not_count() {
        let mut watch = ready();
        for _ in 0..9 {
            assert_eq!(watch.end(), Verdict::Restart);
            watch.ready();
            watch.answered();
        }
    }
}
