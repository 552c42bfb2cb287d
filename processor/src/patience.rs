//! How long a request is tried again, and with which pauses. Pure.
//!
//! Outages of public services last minutes. The pauses grow from a third of a second to half a minute,
//! each lengthened by chance so that many jobs do not come back at the same moment, and the last one ends
//! where patience does.

use std::time::Duration;

/// The pause after the first failure.
const FIRST_PAUSE: Duration = Duration::from_millis(300);
/// Pauses grow up to this, not counting what chance adds.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);

/// How long one request is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// From the first try to the last.
    pub lasts: Duration,
    /// The most tries; 0 is no bound.
    pub attempts: usize,
}

impl Patience {
    /// The pause before the next try, or `None` where patience has ended: after `failures` tries, `elapsed`
    /// after the first one began, where the server asked to wait for `asked`. `chance` lies in 0..1.
    pub fn pause(
        self,
        failures: usize,
        elapsed: Duration,
        asked: Option<Duration>,
        chance: f64,
    ) -> Option<Duration> {
        let left = self.lasts.checked_sub(elapsed).filter(|left| !left.is_zero())?;
        if (self.attempts > 0 && failures >= self.attempts)
            || asked.is_some_and(|asked| asked > left)
        {
            return None;
        }
        let doublings = u32::try_from(failures.saturating_sub(1)).unwrap_or(u32::MAX).min(16);
        let pause = (FIRST_PAUSE * 2_u32.pow(doublings)).min(LONGEST_PAUSE).mul_f64(1.0 + chance);
        Some(pause.max(asked.unwrap_or_default()).min(left))
    }

    /// The same, where others have just waited in vain: one more try, soon.
    #[must_use]
    pub fn exhausted(self) -> Self {
        Self { lasts: self.lasts.min(FIRST_PAUSE), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTES: Patience = Patience { lasts: Duration::from_mins(10), attempts: 0 };

    /// Seconds from the first try to each of the others, where tries take no time.
    fn tries(patience: Patience, asked: Option<Duration>, chance: f64) -> Vec<f64> {
        let (mut elapsed, mut tries) = (Duration::ZERO, Vec::new());
        while let Some(pause) = patience.pause(tries.len() + 1, elapsed, asked, chance) {
            elapsed += pause;
            tries.push(elapsed.as_secs_f64());
        }
        tries
    }

    #[test]
    fn pauses_grow_and_the_last_try_comes_when_patience_ends() {
        for chance in [0.0, 0.5, 0.99] {
            let tries = tries(MINUTES, None, chance);
            assert!((tries.last().unwrap() - 600.0).abs() < 1e-9, "{tries:?}");
            assert!((15..45).contains(&tries.len()), "{tries:?}");
            assert!(tries[0] < 0.6 && tries[3] > 4.0, "{tries:?}");
            assert!(tries.windows(2).all(|pair| pair[1] - pair[0] <= 40.0), "{tries:?}");
        }
    }

    #[test]
    fn a_bound_on_the_tries_ends_them_earlier() {
        assert_eq!(tries(Patience { attempts: 2, ..MINUTES }, None, 0.0).len(), 1);
        assert_eq!(tries(Patience { attempts: 1, ..MINUTES }, None, 0.0).len(), 0);
        assert_eq!(tries(Patience { lasts: Duration::ZERO, attempts: 0 }, None, 0.0).len(), 0);
    }

    #[test]
    fn what_the_server_asks_for_is_waited_for_or_is_too_much() {
        let asked = Some(Duration::from_secs(100));
        assert_eq!(tries(MINUTES, asked, 0.0), [100.0, 200.0, 300.0, 400.0, 500.0, 600.0]);
        assert_eq!(MINUTES.pause(1, Duration::ZERO, Some(Duration::from_hours(1)), 0.0), None);
    }
}
