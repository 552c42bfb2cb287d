//! Trying again after failures that may pass.

use std::time::Duration;

use super::transport::{Request, Transport, TransportError};

/// How often a request is made before its failure counts.
const ATTEMPTS: u32 = 4;
/// The first wait; each next one is three times as long.
const FIRST_WAIT: Duration = Duration::from_millis(250);
/// No wait is longer, whatever a server asks for: somebody looks at the map.
const LONGEST_WAIT: Duration = Duration::from_secs(20);

/// Reads, and tries again after transient failures.
pub(super) async fn get_patiently<T: Transport>(
    transport: &T,
    request: &Request,
) -> Result<Vec<u8>, TransportError> {
    let mut attempt = 1;
    loop {
        match transport.get(request).await {
            Err(error) if error.is_transient() && attempt < ATTEMPTS => {
                transport.pause(wait(attempt, error.retry_after())).await;
                attempt += 1;
            }
            result => return result,
        }
    }
}

/// The wait after the given failed attempt (the first is 1).
fn wait(attempt: u32, asked: Option<Duration>) -> Duration {
    let own = FIRST_WAIT * 3_u32.pow(attempt - 1);
    own.max(asked.unwrap_or_default()).min(LONGEST_WAIT)
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use futures::executor::block_on;

    use super::*;
    use crate::store::transport::{Failure, Freshness};

    struct Script {
        failures: RefCell<Vec<Failure>>,
        waits: RefCell<Vec<u128>>,
    }

    impl Transport for Script {
        async fn get(&self, request: &Request) -> Result<Vec<u8>, TransportError> {
            match self.failures.borrow_mut().pop() {
                Some(failure) => {
                    Err(TransportError { url: request.target.name().to_owned(), failure })
                }
                None => Ok(vec![7]),
            }
        }

        async fn pause(&self, duration: Duration) {
            self.waits.borrow_mut().push(duration.as_millis());
        }
    }

    fn run(failures: Vec<Failure>) -> (Result<Vec<u8>, TransportError>, Vec<u128>) {
        let script = Script { failures: RefCell::new(failures), waits: RefCell::default() };
        let request = Request::object("repo", Freshness::Latest);
        let result = block_on(get_patiently(&script, &request));
        (result, script.waits.into_inner())
    }

    #[test]
    fn a_transient_failure_is_tried_again_after_a_growing_wait() {
        let lost = || Failure::Network("lost".to_owned());
        assert_eq!(run(vec![lost(), lost(), lost()]), (Ok(vec![7]), vec![250, 750, 2250]));
        let (result, waits) = run(vec![lost(), lost(), lost(), lost()]);
        assert!(result.unwrap_err().is_transient());
        assert_eq!(waits.len(), 3);
    }

    #[test]
    fn the_server_may_ask_for_a_longer_wait_but_not_for_ever() {
        let busy = |seconds| Failure::Status {
            status: 429,
            retry_after: Some(Duration::from_secs(seconds)),
        };
        assert_eq!(run(vec![busy(3600), busy(2)]), (Ok(vec![7]), vec![2000, 20_000]));
    }

    #[test]
    fn a_lasting_failure_is_not_tried_again() {
        let (result, waits) = run(vec![Failure::NotFound]);
        assert_eq!(result.unwrap_err().to_string(), "cannot read repo: there is no such object");
        assert!(waits.is_empty());
    }
}
