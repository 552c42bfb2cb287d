//! What a store says of itself, made ready for the page.

/// Words that say how or when the values of a title were summed up, which a heading can do without.
const SUMS: &str =
    "annual yearly seasonal monthly weekly daily hourly mean average global daytime nighttime";

/// What a title is about: without the words at its beginning that say how its values were summed up, for which there is no
/// room; a title of nothing else as it is.
pub fn subject(title: &str) -> &str {
    let is_sum = |word: &&str| SUMS.split(' ').any(|sum| word.eq_ignore_ascii_case(sum));
    let passed: usize = title.split(' ').take_while(is_sum).map(|word| word.len() + 1).sum();
    title.get(passed..).filter(|rest| !rest.is_empty()).unwrap_or(title)
}

/// The same as a heading.
pub fn heading(title: &str) -> String {
    let mut heading = subject(title).to_owned();
    if let Some(first) = heading.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    heading
}

/// The first words of a source, as they fit beside the map: up to a colon or comma, or as many as have room.
pub fn credit(source: &str) -> &str {
    const ROOM: usize = 40;
    let said = source.split([':', ',', ';', '(']).next().unwrap_or_default().trim();
    match said.char_indices().nth(ROOM) {
        None => said,
        Some((end, _)) => said[..end].rsplit_once(' ').map_or(&said[..end], |(words, _)| words),
    }
}

/// The first address in a text.
pub fn first_address(text: &str) -> Option<String> {
    linked(text).into_iter().find_map(|(_, address)| address)
}

/// The pieces of a text, each with the address that it can be followed to, if it is one: of the web, or a DOI.
pub fn linked(text: &str) -> Vec<(String, Option<String>)> {
    let mut pieces: Vec<(String, Option<String>)> = Vec::new();
    for word in text.split_inclusive([' ', '\n']) {
        let end = word.trim_end_matches([' ', '\n', '.', ',', ';', ')']).len();
        let (shown, rest) = word.split_at(end);
        match address(shown) {
            Some((name, address)) => {
                pieces.push((name, Some(address)));
                pieces.push((rest.to_owned(), None));
            }
            None => match pieces.last_mut() {
                Some((before, None)) => before.push_str(word),
                _ => pieces.push((word.to_owned(), None)),
            },
        }
    }
    pieces.retain(|(text, _)| !text.is_empty());
    pieces
}

/// The name of an address, and the address.
fn address(word: &str) -> Option<(String, String)> {
    let resolved = |word: &str| {
        let start = word.find("doi.org/10.").filter(|_| word.starts_with("http"))?;
        Some(word[start + 8..].to_owned())
    };
    let named = || word.strip_prefix("doi:").or(Some(word)).filter(|doi| doi.starts_with("10."));
    let doi = resolved(word).or_else(|| named().filter(|doi| doi.contains('/')).map(str::to_owned));
    if let Some(doi) = doi {
        return Some((format!("doi:{doi}"), format!("https://doi.org/{doi}")));
    }
    let is_web = word.starts_with("https://") || word.starts_with("http://");
    is_web.then(|| (word.to_owned(), word.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heading_leaves_off_how_values_were_summed_up() {
        let title = "Annual daytime land surface temperature";
        assert_eq!(subject(title), "land surface temperature");
        assert_eq!(heading(title), "Land surface temperature");
        assert_eq!(heading("Monthly mean"), "Monthly mean");
        assert_eq!(heading("étendue de neige"), "étendue de neige");
        assert_eq!(heading("ERA5 monthly means"), "ERA5 monthly means");
        assert_eq!(heading(""), "");
    }

    #[test]
    fn a_credit_is_the_first_words_of_a_source() {
        let own = "MODIS MOD11A2 collection 6.1: 8-day daytime land surface temperature, 1 km";
        assert_eq!(credit(own), "MODIS MOD11A2 collection 6.1");
        assert_eq!(credit(&"words ".repeat(20)), "words words words words words words");
        assert_eq!(credit(""), "");
        let text = "see 10.1/a and https://b.org";
        assert_eq!(first_address(text).as_deref(), Some("https://doi.org/10.1/a"));
    }

    #[test]
    fn addresses_and_dois_can_be_followed_and_nothing_else() {
        let text = "See https://example.org/a, doi:10.5067/X.061 (javascript:alert) and 10.1/b.";
        let pieces = linked(text);
        let said: String = pieces.iter().map(|(text, _)| text.as_str()).collect();
        assert_eq!(said, text.replace("10.1/b", "doi:10.1/b"));
        let addresses: Vec<&str> =
            pieces.iter().filter_map(|(_, address)| address.as_deref()).collect();
        assert_eq!(
            addresses,
            ["https://example.org/a", "https://doi.org/10.5067/X.061", "https://doi.org/10.1/b"]
        );
        let own = linked("https://doi.org/10.5067/MODIS/MOD11A2.061");
        assert_eq!(own[0].0, "doi:10.5067/MODIS/MOD11A2.061");
    }
}
