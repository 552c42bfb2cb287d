//! How long to wait after a lost commit race.
//!
//! Claims (`claim.rs`) keep races from happening; this is for what they cannot prevent: writers that do
//! not claim, and stores that keep no claims. One branch takes one commit at a time, so `n` writers
//! that try at once lose all but one try. The wait is drawn flat from a width that follows the writers
//! which are in the way: exponential backoff would starve those that have lost before.

use std::time::Duration;

/// Never wait longer than this for one more try.
const LONGEST: Duration = Duration::from_mins(1);

/// What one writer has seen of the others.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Observed {
    /// Commits of others that landed between our first try and now.
    pub foreign_commits: u32,
    /// Tries of ours that were lost.
    pub lost: u32,
    /// How long one try takes, from the look at the branch to its answer.
    pub attempt: Duration,
}

/// The width of the wait. Each loss shows at least one more competitor, and every commit of others
/// since we began is one that competes again only if its writer has more tiles; so the width is the
/// time in which as many writers as were seen could commit one after the other.
pub fn width(observed: Observed) -> Duration {
    let writers = observed.foreign_commits.max(observed.lost).max(1) + 1;
    (observed.attempt * writers).min(LONGEST)
}

/// The wait: `share` (0 to 1, drawn at random) of the width.
pub fn wait(observed: Observed, share: f64) -> Duration {
    width(observed).mul_f64(share.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_competitors_mean_a_wider_wait_up_to_a_bound() {
        let attempt = Duration::from_millis(100);
        let observed = |foreign_commits, lost| Observed { foreign_commits, lost, attempt };
        assert_eq!(width(observed(0, 1)), Duration::from_millis(200));
        assert_eq!(width(observed(20, 1)), Duration::from_millis(2100));
        assert_eq!(width(observed(100_000, 1)), LONGEST);
        assert_eq!(wait(observed(20, 1), 0.0), Duration::ZERO);
        assert_eq!(wait(observed(20, 1), 0.5), Duration::from_millis(1050));
    }
}
