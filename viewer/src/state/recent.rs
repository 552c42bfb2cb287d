//! The stores that were opened last, as the browser keeps them: an address a line, the newest first.

/// How many are kept.
const MOST: usize = 8;

/// The addresses of a text.
pub fn parse(text: &str) -> Vec<String> {
    text.lines().filter(|line| !line.is_empty()).take(MOST).map(str::to_owned).collect()
}

/// The text with another address in front. One with a query is not kept, where a token may stand.
pub fn with(text: &str, address: &str) -> String {
    if address.contains(['?', '\n']) {
        return text.to_owned();
    }
    let mut list = parse(text);
    list.retain(|other| other != address);
    list.insert(0, address.to_owned());
    list.truncate(MOST);
    list.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_comes_first_and_each_stands_once() {
        let text = with(&with(&with("", "a"), "b"), "a");
        assert_eq!(parse(&text), ["a", "b"]);
        let many = (0..20).fold(String::new(), |text, index| with(&text, &index.to_string()));
        assert_eq!(parse(&many), ["19", "18", "17", "16", "15", "14", "13", "12"]);
    }

    #[test]
    fn what_may_hold_a_token_is_not_kept() {
        assert_eq!(with("a", "https://host/b?sig=secret"), "a");
    }
}
