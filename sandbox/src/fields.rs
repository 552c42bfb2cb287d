//! The STAC fields extension: which members of an item a search gives.

use serde_json::{Map, Value};

/// The members to give, as dotted paths; both lists empty: all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct FieldSelection {
    pub(super) include: Vec<String>,
    pub(super) exclude: Vec<String>,
}

impl FieldSelection {
    /// An item with only the selected members; `id` and `collection` always remain.
    pub(super) fn apply(&self, item: Value) -> Value {
        let mut selected = if self.include.is_empty() {
            item
        } else {
            let mut selected = Value::Object(Map::new());
            let always = ["id", "collection"];
            for path in always.into_iter().chain(self.include.iter().map(String::as_str)) {
                copy(&item, &mut selected, path);
            }
            selected
        };
        for path in self.exclude.iter().filter(|path| *path != "id" && *path != "collection") {
            remove(&mut selected, path);
        }
        selected
    }
}

fn copy(from: &Value, to: &mut Value, path: &str) {
    let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
    let (Some(value), Some(members)) = (from.get(name), to.as_object_mut()) else { return };
    match rest {
        None => {
            members.insert(name.to_owned(), value.clone());
        }
        Some(rest) => {
            let below = members.entry(name).or_insert_with(|| Value::Object(Map::new()));
            copy(value, below, rest);
        }
    }
}

fn remove(from: &mut Value, path: &str) {
    let Some(members) = from.as_object_mut() else { return };
    match path.split_once('.') {
        None => {
            members.remove(path);
        }
        Some((name, rest)) => {
            if let Some(below) = members.get_mut(name) {
                remove(below, rest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn select(include: &[&str], exclude: &[&str]) -> Value {
        let owned = |list: &[&str]| list.iter().map(|&path| path.to_owned()).collect();
        let item = json!({
            "id": "i", "collection": "c", "bbox": [0],
            "properties": {"platform": "terra", "created": "now"},
            "assets": {"a": {"href": "x", "title": "t"}},
        });
        FieldSelection { include: owned(include), exclude: owned(exclude) }.apply(item)
    }

    #[test]
    fn included_members_and_the_names_remain() {
        assert_eq!(
            select(&["properties.platform", "assets.a.href", "nothing"], &[]),
            json!({
                "id": "i", "collection": "c",
                "properties": {"platform": "terra"}, "assets": {"a": {"href": "x"}},
            })
        );
    }

    #[test]
    fn excluded_members_go() {
        let selected = select(&[], &["assets", "properties.created", "id"]);
        let expected = json!({
            "id": "i", "collection": "c", "bbox": [0], "properties": {"platform": "terra"}
        });
        assert_eq!(selected, expected);
    }
}
