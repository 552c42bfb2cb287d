//! Trying again after failures that may pass.

use std::time::Duration;

use super::transport::{Failure, Freshness, Request, Transport, TransportError};

/// How often a request is made before its failure counts.
const ATTEMPTS: u32 = 4;
/// The same where nothing came: each takes long, and somebody wants to know why the map is not there.
const SILENT_ATTEMPTS: u32 = 2;
/// The first wait; each next one is three times as long.
const FIRST_WAIT: Duration = Duration::from_millis(250);
/// No wait is longer, whatever a server asks for: somebody looks at the map.
const LONGEST_WAIT: Duration = Duration::from_secs(20);

/// Reads, and tries again after transient failures.
///
/// Browsers keep refusals as well, and give them for an answer where any copy will do: whatever has failed is asked of
/// the server itself the next time, and what counts as lasting at once.
pub(super) async fn get_patiently<T: Transport>(
    transport: &T,
    mut request: Request,
) -> Result<Vec<u8>, TransportError> {
    let mut attempt = 1;
    loop {
        let error = match transport.get(&request).await {
            Err(error) => error,
            result => return result,
        };
        if error.is_transient() && attempt < attempts(&error) {
            transport.pause(wait(attempt, error.retry_after())).await;
            attempt += 1;
        } else if error.is_transient() || request.freshness != Freshness::Immutable {
            return Err(error);
        }
        request.freshness = Freshness::Anew;
    }
}

fn attempts(error: &TransportError) -> u32 {
    if matches!(error.failure, Failure::Silent(_)) { SILENT_ATTEMPTS } else { ATTEMPTS }
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

    struct Script {
        failures: RefCell<Vec<Failure>>,
        waits: RefCell<Vec<u128>>,
        asked: RefCell<Vec<Freshness>>,
    }

    impl Transport for Script {
        async fn get(&self, request: &Request) -> Result<Vec<u8>, TransportError> {
            self.asked.borrow_mut().push(request.freshness);
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

    type Outcome = (Result<Vec<u8>, TransportError>, Vec<u128>, Vec<Freshness>);

    fn ask(failures: Vec<Failure>, freshness: Freshness) -> Outcome {
        let failures = RefCell::new(failures);
        let script = Script { failures, waits: RefCell::default(), asked: RefCell::default() };
        let request = Request::object("repo", 100, freshness);
        let result = block_on(get_patiently(&script, request));
        (result, script.waits.into_inner(), script.asked.into_inner())
    }

    fn run(failures: Vec<Failure>) -> (Result<Vec<u8>, TransportError>, Vec<u128>) {
        let (result, waits, _) = ask(failures, Freshness::Latest);
        (result, waits)
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
    fn a_silent_line_is_tried_once_more_so_that_it_is_said_soon() {
        let silent = || Failure::Silent(Duration::from_secs(7));
        assert_eq!(run(vec![silent()]), (Ok(vec![7]), vec![250]));
        let (result, waits) = run(vec![silent(), silent()]);
        assert_eq!(
            result.unwrap_err().to_string(),
            "cannot read repo: nothing has come for 7 seconds"
        );
        assert_eq!(waits, [250]);
    }

    #[test]
    fn a_lasting_failure_is_not_tried_again() {
        let (result, waits) = run(vec![Failure::NotFound]);
        assert_eq!(result.unwrap_err().to_string(), "cannot read repo: there is no such object");
        assert!(waits.is_empty());
    }
    #[test]
    fn a_refusal_that_a_browser_may_have_kept_is_asked_of_the_server_itself() {
        use Freshness::{Anew, Immutable};
        for lasting in [Failure::Denied(403), Failure::NotFound, Failure::BeyondEnd(3)] {
            let (result, waits, asked) = ask(vec![lasting.clone()], Immutable);
            assert_eq!((result, waits, asked), (Ok(vec![7]), vec![], vec![Immutable, Anew]));
            let (result, _, asked) = ask(vec![lasting.clone(), lasting], Immutable);
            assert!(result.is_err());
            assert_eq!(asked, [Immutable, Anew]);
        }
        let busy = Failure::Status { status: 503, retry_after: None };
        let (result, waits, asked) = ask(vec![busy.clone(), busy], Immutable);
        assert_eq!((result, waits.len(), asked), (Ok(vec![7]), 2, vec![Immutable, Anew, Anew]));
    }
}
