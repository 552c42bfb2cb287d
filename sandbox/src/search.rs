//! Answers a search: which items match, in which order, one page at a time.

use std::borrow::Cow;

use super::catalog::{COLLECTION, Catalog, Entry};
use super::search_request::{Comparison, Filter, Order, Period, Plain, SearchRequest};

/// One page of a search.
#[derive(Debug)]
pub(super) struct Page<'a, T> {
    pub(super) entries: Vec<&'a T>,
    /// The token of the next page, where there is one.
    pub(super) next: Option<String>,
    /// How many items match in all.
    pub(super) matched: usize,
}

/// A paging token that belongs to no item of the search.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("token: expected one that this search has given, found one for '{id}'")]
pub(super) struct TokenError {
    id: String,
}

/// Finds a page.
pub(super) fn search<'a>(
    catalog: &'a Catalog,
    request: &SearchRequest,
) -> Result<Page<'a, Entry>, TokenError> {
    let known =
        request.collections.as_ref().is_none_or(|names| names.iter().any(|n| n == COLLECTION));
    let candidates = if known { &catalog.entries[..] } else { &[] };
    let matches = candidates.iter().filter(|entry| fits(catalog, entry, request)).collect();
    page(matches, request, |entry| &entry.id, COLLECTION)
}

/// The page of all that match, newest first, that a request asks for.
pub(super) fn page<'a, T>(
    mut matches: Vec<&'a T>,
    request: &SearchRequest,
    id: impl Fn(&T) -> &String,
    collection: &str,
) -> Result<Page<'a, T>, TokenError> {
    match request.order {
        Order::Newest => {}
        Order::Oldest => matches.reverse(),
        Order::IdAscending => matches.sort_by(|a, b| id(a).cmp(id(b))),
        Order::IdDescending => matches.sort_by(|a, b| id(b).cmp(id(a))),
    }
    let start = match &request.after {
        None => 0,
        Some(after) => {
            let place = matches.iter().position(|entry| id(entry) == after);
            place.ok_or_else(|| TokenError { id: after.clone() })? + 1
        }
    };
    let end = matches.len().min(start + request.limit);
    let next = (end < matches.len()).then(|| format!("next:{collection}:{}", id(matches[end - 1])));
    Ok(Page { entries: matches[start..end].to_vec(), next, matched: matches.len() })
}

fn fits(catalog: &Catalog, entry: &Entry, request: &SearchRequest) -> bool {
    catalog.shows(entry)
        && request.ids.as_ref().is_none_or(|ids| ids.contains(&entry.id))
        && overlaps(entry, request.period)
        && request.filters.iter().all(|filter| satisfies(property(entry, &filter.property), filter))
        && request
            .area
            .as_ref()
            .is_none_or(|boxes| boxes.iter().any(|&area| catalog.footprint(entry).intersects(area)))
}

fn overlaps(entry: &Entry, period: Period) -> bool {
    period.start.is_none_or(|start| entry.name.end_time() >= start)
        && period.end.is_none_or(|end| entry.name.start_time() <= end)
}

/// Whether a property passes a filter; one that is missing passes none.
pub(super) fn satisfies(property: Option<Plain<'_>>, filter: &Filter) -> bool {
    let Some(value) = property else { return false };
    let operand = &filter.operand;
    match filter.comparison {
        Comparison::Equal => value == *operand,
        Comparison::NotEqual => value != *operand,
        Comparison::Less => value < *operand,
        Comparison::LessOrEqual => value <= *operand,
        Comparison::Greater => value > *operand,
        Comparison::GreaterOrEqual => value >= *operand,
    }
}

/// The properties that a search can ask for.
fn property<'a>(entry: &'a Entry, name: &str) -> Option<Plain<'a>> {
    let position = entry.name.position;
    Some(match name {
        "platform" => Plain::Text(Cow::Borrowed(entry.name.platform.name())),
        "modis:horizontal-tile" => Plain::Number(f64::from(position.h)),
        "modis:vertical-tile" => Plain::Number(f64::from(position.v)),
        "modis:tile-id" => Plain::Text(Cow::Owned(format!("51{:03}{:03}", position.h, position.v))),
        "eo:cloud_cover" => Plain::Number(f64::from(entry.cloud_cover())),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::{Value, json};

    use super::super::record::{Holdings, granules};
    use super::*;
    use floe_raster::sinusoidal::Position;

    fn catalog() -> Catalog {
        let positions: Vec<_> = (0..36).flat_map(|h| [8, 9].map(|v| Position { h, v })).collect();
        Catalog::of_made(1, granules(1, &positions, &Holdings::default()))
    }

    fn ids(catalog: &Catalog, body: &Value) -> Vec<String> {
        let request = SearchRequest::from_body(body).unwrap();
        let page = search(catalog, &request).unwrap();
        page.entries.iter().map(|entry| entry.id.clone()).collect()
    }

    #[test]
    fn pages_follow_each_other_without_loss_or_repetition() {
        let catalog = catalog();
        let mut body = json!({
            "limit": 90,
            "datetime": "2020-06-01T00:00:00Z/2020-09-01T00:00:00Z",
            "query": {"modis:horizontal-tile": {"gte": 4, "lt": 9}, "platform": {"eq": "terra"}},
        });
        let (mut all, mut pages) = (Vec::new(), 0);
        loop {
            let request = SearchRequest::from_body(&body).unwrap();
            let page = search(&catalog, &request).unwrap();
            all.extend(page.entries.iter().map(|entry| entry.id.clone()));
            pages += 1;
            let Some(token) = page.next else { break };
            body["token"] = token.into();
        }
        body["token"] = Value::Null;
        body["limit"] = 1000.into();
        assert_eq!(all, ids(&catalog, &body));
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
        assert!(pages == 2 && all.len() > 110, "{pages} pages, {} items", all.len());
    }

    #[test]
    fn intervals_meet_composites_by_their_whole_span() {
        let catalog = catalog();
        let first_days = |datetime: &str| -> BTreeSet<String> {
            let body = json!({"datetime": datetime, "limit": 1000, "query": {
                "modis:horizontal-tile": {"eq": 5}
            }});
            ids(&catalog, &body).iter().map(|id| id[9..16].to_owned()).collect()
        };
        let days = |list: &[&str]| list.iter().map(|&day| day.to_owned()).collect::<BTreeSet<_>>();
        assert_eq!(
            first_days("2020-01-08T23:59:59Z/2020-01-09T00:00:00Z"),
            days(&["2020001", "2020009"])
        );
        assert_eq!(first_days("2020-01-12T12:00:00Z"), days(&["2020009"]));
        // The year's last composite reaches into the next year.
        assert_eq!(
            first_days("2021-01-01T00:00:00Z/2021-01-01T01:00:00Z"),
            days(&["2020361", "2021001"])
        );
        assert_eq!(first_days("2022-12-28T00:00:00Z/.."), days(&["2022361"]));
        assert_eq!(first_days("../2020-01-03T00:00:00Z"), days(&["2020001"]));
    }

    #[test]
    fn a_box_search_misses_granules_whose_footprint_is_too_small() {
        let catalog = catalog();
        // Inside position h20v08 (x from 20 to 30 degrees at the equator), near its western edge.
        let body = json!({"bbox": [20.4, 1.0, 20.6, 2.0], "limit": 1000,
            "query": {"modis:horizontal-tile": {"eq": 20}, "modis:vertical-tile": {"eq": 8}}});
        let found = ids(&catalog, &body).len();
        let all = json!({"limit": 1000,
            "query": {"modis:horizontal-tile": {"eq": 20}, "modis:vertical-tile": {"eq": 8}}});
        let all = ids(&catalog, &all).len();
        assert!(found > all / 3 && found < all * 3 / 4, "{found} of {all}");
    }

    #[test]
    fn a_box_across_the_antimeridian_finds_both_sides() {
        let catalog = catalog();
        let body = json!({"bbox": [179.0, 1.0, -179.0, 2.0], "limit": 1000,
            "datetime": "2020-03-01T00:00:00Z/2020-04-01T00:00:00Z"});
        let positions: BTreeSet<_> =
            ids(&catalog, &body).iter().map(|id| id[17..23].to_owned()).collect();
        assert!(positions.contains("h00v08") && positions.contains("h35v08"), "{positions:?}");
    }

    #[test]
    fn unknown_collections_and_properties_match_nothing() {
        let catalog = catalog();
        assert!(ids(&catalog, &json!({"collections": ["modis-13A1-061"]})).is_empty());
        assert!(ids(&catalog, &json!({"query": {"colour": {"eq": "red"}}})).is_empty());
        assert_eq!(ids(&catalog, &json!({"collections": [COLLECTION]})).len(), 250);
        let request = json!({"token": "next:modis-11A2-061:nowhere"});
        assert!(search(&catalog, &SearchRequest::from_body(&request).unwrap()).is_err());
    }
}
