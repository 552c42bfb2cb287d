//! What a STAC search asks for, from a POST body or a query string.

use std::borrow::Cow;

use chrono::{DateTime, NaiveDateTime};
use serde_json::{Map, Value, json};

use super::fields::FieldSelection;
use super::footprint::LonLatBox;

/// Items of a page where the request does not say.
const DEFAULT_LIMIT: u64 = 250;
/// Most items of a page.
const MAX_LIMIT: u64 = 1000;

/// A search.
#[derive(Clone, Debug)]
pub(super) struct SearchRequest {
    /// None: all.
    pub(super) collections: Option<Vec<String>>,
    /// None: all.
    pub(super) ids: Option<Vec<String>>,
    /// One box, or two where the one asked for crosses the antimeridian; none: everywhere.
    pub(super) area: Option<Vec<LonLatBox>>,
    pub(super) period: Period,
    pub(super) limit: usize,
    pub(super) fields: FieldSelection,
    pub(super) filters: Vec<Filter>,
    pub(super) order: Order,
    /// Id of the item after which the page begins.
    pub(super) after: Option<String>,
}

/// A span of time, both ends included; an end that is not given is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Period {
    pub(super) start: Option<NaiveDateTime>,
    pub(super) end: Option<NaiveDateTime>,
}

/// The order of the items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Newest,
    Oldest,
    IdAscending,
    IdDescending,
}

/// A condition on a property.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Filter {
    pub(super) property: String,
    pub(super) comparison: Comparison,
    pub(super) operand: Plain<'static>,
}

/// How a property compares with the operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A property's value or an operand.
#[derive(Clone, Debug, PartialEq, PartialOrd)]
pub(super) enum Plain<'a> {
    Number(f64),
    Text(Cow<'a, str>),
}

/// A search that the catalogue cannot make sense of; the text says which part and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{part}: expected {expected}, found {found}")]
pub(super) struct SearchError {
    part: &'static str,
    expected: &'static str,
    found: String,
}

fn wrong(part: &'static str, expected: &'static str, found: &Value) -> SearchError {
    SearchError { part, expected, found: found.to_string() }
}

impl SearchRequest {
    /// From the body of a POST.
    pub(super) fn from_body(body: &Value) -> Result<Self, SearchError> {
        let Some(members) = body.as_object() else {
            return Err(wrong("body", "a JSON object", body));
        };
        let member = |name: &str| members.get(name).filter(|value| !value.is_null());
        for name in ["filter", "intersects"] {
            if let Some(found) = member(name) {
                let expected = "nothing: the sandbox knows neither 'filter' nor 'intersects'";
                return Err(wrong("body", expected, found));
            }
        }
        Ok(Self {
            collections: member("collections").map(|v| texts("collections", v)).transpose()?,
            ids: member("ids").map(|v| texts("ids", v)).transpose()?,
            area: member("bbox").map(area).transpose()?,
            period: member("datetime").map_or_else(|| Ok(Period::default()), period)?,
            limit: member("limit").map_or(Ok(DEFAULT_LIMIT as usize), limit)?,
            fields: member("fields").map_or_else(|| Ok(FieldSelection::default()), fields)?,
            filters: member("query").map_or_else(|| Ok(Vec::new()), filters)?,
            order: member("sortby").map_or(Ok(Order::Newest), order)?,
            after: member("token").map(after).transpose()?,
        })
    }

    /// The body that says the same as a query string.
    pub(super) fn body_of_query(query: &str) -> Value {
        let mut body = Map::new();
        for (name, text) in url::form_urlencoded::parse(query.as_bytes()) {
            let list = || text.split(',').map(Value::from).collect::<Vec<_>>();
            let number = |text: &str| text.trim().parse::<f64>().map_or(json!(text), |n| json!(n));
            let value = match &*name {
                "collections" | "ids" => list().into(),
                "bbox" => text.split(',').map(number).collect::<Vec<_>>().into(),
                "limit" => text.parse::<i64>().map_or_else(|_| json!(text), |n| json!(n)),
                "query" => serde_json::from_str(&text).unwrap_or_else(|_| json!(text)),
                "fields" => {
                    let (mut include, mut exclude) = (Vec::new(), Vec::new());
                    for field in text.split(',') {
                        match field.strip_prefix('-') {
                            Some(field) => exclude.push(field),
                            None => include.push(field.trim_start_matches(['+', ' '])),
                        }
                    }
                    json!({"include": include, "exclude": exclude})
                }
                "sortby" => text
                    .split(',')
                    .map(|field| match field.strip_prefix('-') {
                        Some(field) => json!({"field": field, "direction": "desc"}),
                        None => json!({
                            "field": field.trim_start_matches(['+', ' ']), "direction": "asc"
                        }),
                    })
                    .collect::<Vec<_>>()
                    .into(),
                _ => Value::from(&*text),
            };
            body.insert(name.into_owned(), value);
        }
        Value::Object(body)
    }
}

fn texts(part: &'static str, value: &Value) -> Result<Vec<String>, SearchError> {
    serde_json::from_value(value.clone()).map_err(|_| wrong(part, "a list of texts", value))
}

fn limit(value: &Value) -> Result<usize, SearchError> {
    match value.as_u64() {
        Some(limit @ 1..=MAX_LIMIT) => Ok(limit as usize),
        _ => Err(wrong("limit", "a whole number from 1 to 1000", value)),
    }
}

fn area(value: &Value) -> Result<Vec<LonLatBox>, SearchError> {
    let error = || {
        let expected = "[west, south, east, north] in degrees (or six numbers with heights)";
        wrong("bbox", expected, value)
    };
    let numbers: Vec<f64> = serde_json::from_value(value.clone()).map_err(|_| error())?;
    let ([west, south, east, north] | [west, south, _, east, north, _]) = numbers[..] else {
        return Err(error());
    };
    let longitudes = [west, east].iter().all(|lon| (-180.0..=180.0).contains(lon));
    if !longitudes || south < -90.0 || north > 90.0 || south > north {
        return Err(error());
    }
    Ok(if west <= east {
        vec![LonLatBox { west, south, east, north }]
    } else {
        vec![
            LonLatBox { west, south, east: 180.0, north },
            LonLatBox { west: -180.0, south, east, north },
        ]
    })
}

fn period(value: &Value) -> Result<Period, SearchError> {
    let error = || {
        let expected = "an RFC 3339 time, or START/END of which one may be '..'";
        wrong("datetime", expected, value)
    };
    let time = |text: &str| match text {
        "" | ".." => Ok(None),
        _ => DateTime::parse_from_rfc3339(text)
            .map(|time| Some(time.naive_utc()))
            .map_err(|_| error()),
    };
    let text = value.as_str().ok_or_else(error)?;
    let period = match text.split_once('/') {
        Some((start, end)) => Period { start: time(start)?, end: time(end)? },
        None => Period { start: time(text)?, end: time(text)? },
    };
    let backwards = matches!(period, Period { start: Some(start), end: Some(end) } if start > end);
    if period == Period::default() || backwards { Err(error()) } else { Ok(period) }
}

fn fields(value: &Value) -> Result<FieldSelection, SearchError> {
    let list = |name: &str| match value.get(name) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(list) => texts("fields", list),
    };
    if !value.is_object() {
        return Err(wrong("fields", "an object with 'include' and 'exclude'", value));
    }
    Ok(FieldSelection { include: list("include")?, exclude: list("exclude")? })
}

fn filters(value: &Value) -> Result<Vec<Filter>, SearchError> {
    let error = |found: &Value| {
        let expected = "{property: {eq|neq|lt|lte|gt|gte: value}}";
        wrong("query", expected, found)
    };
    let plain = |operand: &Value| match operand {
        Value::Number(number) => number.as_f64().map(Plain::Number).ok_or_else(|| error(operand)),
        Value::String(text) => Ok(Plain::Text(Cow::Owned(text.clone()))),
        _ => Err(error(operand)),
    };
    let mut filters = Vec::new();
    for (property, conditions) in value.as_object().ok_or_else(|| error(value))? {
        for (operator, operand) in conditions.as_object().ok_or_else(|| error(conditions))? {
            let comparison = match operator.as_str() {
                "eq" => Comparison::Equal,
                "neq" => Comparison::NotEqual,
                "lt" => Comparison::Less,
                "lte" => Comparison::LessOrEqual,
                "gt" => Comparison::Greater,
                "gte" => Comparison::GreaterOrEqual,
                // What stac-fastapi-pgstac refuses ("in", "startsWith", ...) is refused here too.
                _ => return Err(error(conditions)),
            };
            let operand = plain(operand)?;
            let property = property.strip_prefix("properties.").unwrap_or(property).to_owned();
            filters.push(Filter { property, comparison, operand });
        }
    }
    Ok(filters)
}

fn order(value: &Value) -> Result<Order, SearchError> {
    let error = || {
        let expected = "one of [{field: datetime|start_datetime|id, direction: asc|desc}]";
        wrong("sortby", expected, value)
    };
    let Some([rule]) = value.as_array().map(Vec::as_slice) else { return Err(error()) };
    let field = rule.get("field").and_then(Value::as_str).ok_or_else(error)?;
    let direction = rule.get("direction").and_then(Value::as_str).unwrap_or("asc");
    match (field.strip_prefix("properties.").unwrap_or(field), direction) {
        ("datetime" | "start_datetime", "desc") => Ok(Order::Newest),
        ("datetime" | "start_datetime", "asc") => Ok(Order::Oldest),
        ("id", "asc") => Ok(Order::IdAscending),
        ("id", "desc") => Ok(Order::IdDescending),
        _ => Err(error()),
    }
}

/// The id within a paging token, `next:<collection>:<id>`.
fn after(value: &Value) -> Result<String, SearchError> {
    value
        .as_str()
        .and_then(|token| token.strip_prefix("next:")?.split_once(':'))
        .map(|(_, id)| id.to_owned())
        .ok_or_else(|| wrong("token", "the token of a 'next' link", value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nonsense_is_refused_with_its_name() {
        for (body, part) in [
            (json!([]), "body"),
            (json!({"filter": {"op": "="}}), "body"),
            (json!({"collections": "modis"}), "collections"),
            (json!({"bbox": [1, 2, 3]}), "bbox"),
            (json!({"bbox": [1, 20, 3, 4]}), "bbox"),
            (json!({"bbox": [-190, 2, 3, 4]}), "bbox"),
            (json!({"datetime": "2020"}), "datetime"),
            (json!({"datetime": "../.."}), "datetime"),
            (json!({"datetime": "2021-01-01T00:00:00Z/2020-01-01T00:00:00Z"}), "datetime"),
            (json!({"limit": 0}), "limit"),
            (json!({"limit": 1001}), "limit"),
            (json!({"query": {"platform": "terra"}}), "query"),
            (json!({"query": {"platform": {"like": "t%"}}}), "query"),
            (json!({"query": {"modis:vertical-tile": {"in": [4, 5]}}}), "query"),
            (json!({"sortby": [{"field": "bbox"}]}), "sortby"),
            (json!({"fields": ["id"]}), "fields"),
            (json!({"token": "prev"}), "token"),
        ] {
            let error = SearchRequest::from_body(&body).unwrap_err();
            assert!(error.to_string().starts_with(part), "{body}: {error}");
        }
    }

    #[test]
    fn a_box_across_the_antimeridian_is_two_boxes() {
        let body = json!({"bbox": [170, -10, -170, 10]});
        let area = SearchRequest::from_body(&body).unwrap().area.unwrap();
        assert_eq!((area[0].west, area[0].east), (170.0, 180.0));
        assert_eq!((area[1].west, area[1].east), (-180.0, -170.0));
    }

    #[test]
    fn a_query_string_says_the_same_as_a_body() {
        let query = "collections=a,b&bbox=1,2,3,4&limit=7&datetime=2020-01-01T00:00:00Z/..\
                     &fields=id,-assets&sortby=-datetime&query=%7B%22platform%22:%7B%22eq%22:%22terra%22%7D%7D";
        assert_eq!(
            SearchRequest::body_of_query(query),
            json!({
                "collections": ["a", "b"],
                "bbox": [1.0, 2.0, 3.0, 4.0],
                "limit": 7,
                "datetime": "2020-01-01T00:00:00Z/..",
                "fields": {"include": ["id"], "exclude": ["assets"]},
                "sortby": [{"field": "datetime", "direction": "desc"}],
                "query": {"platform": {"eq": "terra"}},
            })
        );
    }
}
