//! Media queries that are followed, in old browsers as well.

use js_sys::Function;
use web_sys::MediaQueryList;

/// Calls back whenever a query begins or ceases to hold.
pub(crate) fn follow(list: &MediaQueryList, changed: &Function) {
    if list.add_event_listener_with_callback("change", changed).is_err() {
        // Safari before 14. A browser that knows neither keeps its first answer.
        let _ = list.add_listener_with_opt_callback(Some(changed));
    }
}

/// Calls back no more.
pub(crate) fn leave(list: &MediaQueryList, changed: &Function) {
    if list.remove_event_listener_with_callback("change", changed).is_err() {
        let _ = list.remove_listener_with_opt_callback(Some(changed));
    }
}
