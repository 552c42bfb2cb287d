//! Compares the schema that a repository holds with the one that its configuration and edition ask for.
//!
//! Opening a dataset compares what decides where its numbers are and what they mean. [`Dataset::schema_faults`]
//! compares everything.

use std::collections::BTreeMap;

use floe_shared::cf_time::Calendar;
use floe_shared::period::{Cadence, PeriodName};
use floe_shared::schema::{DECISIVE_ATTRIBUTES, Edition, VariableId};
use icechunk::format::Path;
use icechunk::session::Session;
use serde_json::{Value, json};
use zarrs::array::ArrayBuilder;

use super::error::{StoreError, classify, of_session};
use super::layout::{self, Coordinate, Layout};
use super::repository::Dataset;

/// The members of an array's metadata that decide where its numbers are.
const DECISIVE_MEMBERS: [&str; 6] =
    ["shape", "chunk_grid", "data_type", "fill_value", "codecs", "dimension_names"];
/// The members of any node's metadata that are compared besides.
const OTHER_MEMBERS: [&str; 3] = ["zarr_format", "node_type", "chunk_key_encoding"];

/// Where a node differs from what it must be.
#[derive(Clone, Debug, PartialEq)]
pub struct SchemaFault {
    /// The path of the array or group, such as `/1/year`.
    pub path: String,
    /// Member and, within the attributes, name: `attributes.scale_factor`. Empty where the node is missing.
    pub member: String,
    /// What it must be.
    pub expected: Value,
    /// What it is; null where it is missing.
    pub found: Value,
}

/// The metadata (`zarr.json`) of all groups and arrays, by path.
type Nodes = BTreeMap<String, Value>;

impl Dataset {
    /// Compares the arrays of numbers, and the periods, with what the configuration asks for, and tells which edition it is.
    ///
    /// # Errors
    /// [`StoreError::Schema`] names the first difference.
    pub(super) async fn check_schema(&self) -> Result<Edition, StoreError> {
        let session = self.reading(None).await?;
        let (edition, faults) = self.nearest_edition(&session).await?;
        if let Some(fault) = faults.into_iter().next() {
            return Err(self.schema_error(fault));
        }
        self.check_periods(session).await?;
        Ok(edition)
    }

    /// As [`Self::check_schema`], but content with a store whose finest level lies on the configuration's grid and periods: what
    /// else differs is for [`Self::schema_faults`] to tell.
    pub(super) async fn check_grid(&self) -> Result<Edition, StoreError> {
        let session = self.reading(None).await?;
        let (edition, faults) = self.nearest_edition(&session).await?;
        let finest =
            self.layout.levels().first().map(|&level| self.layout.array_path(VariableId(0), level));
        let lies_elsewhere =
            |fault: &SchemaFault| finest.as_ref() == Some(&fault.path) && fault.is_of_members();
        if let Some(fault) = faults.into_iter().find(lies_elsewhere) {
            return Err(self.schema_error(fault));
        }
        match self.check_periods(session).await {
            Err(StoreError::Failed { .. }) | Ok(()) => Ok(edition),
            Err(error) => Err(error),
        }
    }

    /// The edition that the arrays of numbers come nearest to, and where they differ from it in what decides numbers.
    async fn nearest_edition(
        &self,
        session: &Session,
    ) -> Result<(Edition, Vec<SchemaFault>), StoreError> {
        let found = self.stored_nodes(session).await?;
        let mut nearest: Option<(Edition, Vec<SchemaFault>)> = None;
        for edition in Edition::ALL {
            let mut faults = faults(&self.expected_variables(edition)?, &found);
            faults.retain(SchemaFault::is_decisive);
            if nearest.as_ref().is_none_or(|(_, fewest)| faults.len() < fewest.len()) {
                nearest = Some((edition, faults));
            }
        }
        Ok(nearest.unwrap_or((Edition::Checked, Vec::new())))
    }

    /// All differences between a snapshot's metadata (or the tip's) and those that the dataset's edition had when it was
    /// created. Attributes that somebody has added are none, unless they decide numbers.
    pub async fn schema_faults(&self, at: Option<&str>) -> Result<Vec<SchemaFault>, StoreError> {
        let found = self.stored_nodes(&self.reading(at).await?).await?;
        Ok(faults(&self.expected_nodes(self.edition)?, &found))
    }

    fn schema_error(&self, fault: SchemaFault) -> StoreError {
        let SchemaFault { path, member, expected, found } = fault;
        let store = self.name().to_owned();
        if member.is_empty() {
            let (expected, found) = ("an array".to_owned(), "nothing".to_owned());
            return StoreError::Schema { store, subject: path, expected, found };
        }
        StoreError::Schema {
            store,
            subject: format!("{path}: {member}"),
            expected: expected.to_string(),
            found: found.to_string(),
        }
    }

    async fn check_periods(&self, session: Session) -> Result<(), StoreError> {
        let path = self.layout.periods_path();
        let Some(numbers) = self.axis::<i32>(&session, &path).await? else {
            let (expected, found) = ("an array".to_owned(), "nothing".to_owned());
            let store = self.name().to_owned();
            return Err(StoreError::Schema { store, subject: path, expected, found });
        };
        let due = self.layout.period_numbers();
        if numbers == due {
            return Ok(());
        }
        Err(StoreError::Schema {
            store: self.name().to_owned(),
            subject: path,
            expected: self.shown(&due).to_string(),
            found: self.shown(&numbers).to_string(),
        })
    }

    /// What stands on the axis of periods, as people read it: years, or dates.
    fn shown(&self, numbers: &[i32]) -> Value {
        if self.layout.periods.cadence() == Cadence::Year {
            return json!(numbers);
        }
        let dates = numbers.iter().map(|&day| Calendar::Proleptic.date(day.into()));
        dates.map(|date| PeriodName::Day(date).to_string()).collect::<Vec<_>>().into()
    }

    async fn stored_nodes(&self, session: &Session) -> Result<Nodes, StoreError> {
        const ACTION: &str = "reading its schema";
        let nodes = session
            .list_nodes(&Path::root())
            .await
            .map_err(|error| of_session(self.name(), ACTION, &error))?;
        let mut found = Nodes::new();
        for node in nodes {
            let node = node.map_err(|error| of_session(self.name(), ACTION, &error))?;
            let metadata = serde_json::from_slice(&node.user_data)
                .map_err(|error| classify(self.name(), ACTION, &error))?;
            found.insert(node.path.to_string(), metadata);
        }
        Ok(found)
    }

    fn expected_variables(&self, edition: Edition) -> Result<Nodes, StoreError> {
        let mut nodes = Nodes::new();
        for level in self.layout.levels() {
            for variable in self.layout.variables() {
                let path = self.layout.array_path(variable, level);
                let builder = self.layout.variable(variable, level, edition);
                nodes.insert(path, self.metadata(&builder)?);
            }
        }
        Ok(nodes)
    }

    fn expected_nodes(&self, edition: Edition) -> Result<Nodes, StoreError> {
        let layout: &Layout = &self.layout;
        let mut nodes = self.expected_variables(edition)?;
        for level in layout.levels() {
            let attributes = layout.group_attributes(level, edition);
            let group = json!({ "zarr_format": 3, "node_type": "group", "attributes": attributes });
            nodes.insert(layout::group_path(level), group);
            for Coordinate { name, array, .. } in layout.coordinates(level, edition) {
                nodes.insert(layout::array_path(level, name), self.metadata(&array)?);
            }
            let mapping = self.metadata(&layout.grid_mapping(level, edition))?;
            nodes.insert(layout::grid_mapping_path(level), mapping);
        }
        Ok(nodes)
    }

    fn metadata(&self, builder: &ArrayBuilder) -> Result<Value, StoreError> {
        const ACTION: &str = "forming its schema";
        let metadata =
            builder.build_metadata().map_err(|error| classify(self.name(), ACTION, &error))?;
        serde_json::to_value(metadata).map_err(|error| classify(self.name(), ACTION, &error))
    }
}

impl SchemaFault {
    /// Whether readers would see other numbers, or none.
    pub fn is_decisive(&self) -> bool {
        let attribute = self.member.strip_prefix("attributes.");
        self.is_of_members() || attribute.is_some_and(|name| DECISIVE_ATTRIBUTES.contains(&name))
    }

    /// Whether chunks cannot be told where they lie or how they are encoded.
    pub fn is_of_members(&self) -> bool {
        self.member.is_empty() || DECISIVE_MEMBERS.contains(&self.member.as_str())
    }

    /// What is wrong.
    pub fn what(&self) -> String {
        let Self { member, expected, found, .. } = self;
        match (member.as_str(), found) {
            ("", _) => "it is missing".to_owned(),
            (_, Value::Null) => format!("{member}: expected {expected}, found nothing"),
            _ => format!("{member}: expected {expected}, found {found}"),
        }
    }
}

/// All differences between the nodes that must be there and those that are.
fn faults(expected: &Nodes, found: &Nodes) -> Vec<SchemaFault> {
    expected
        .iter()
        .flat_map(|(path, expected)| match found.get(path) {
            Some(found) => differences(path, expected, found),
            None => vec![SchemaFault {
                path: path.clone(),
                member: String::new(),
                expected: expected["node_type"].clone(),
                found: Value::Null,
            }],
        })
        .collect()
}

/// Where a node's metadata differ.
fn differences(path: &str, expected: &Value, found: &Value) -> Vec<SchemaFault> {
    let mut faults = Vec::new();
    let mut compare = |member: String, expected: &Value, found: &Value| {
        if !is_same(expected, found) {
            let (path, expected, found) = (path.to_owned(), expected.clone(), found.clone());
            faults.push(SchemaFault { path, member, expected, found });
        }
    };
    for member in DECISIVE_MEMBERS.into_iter().chain(OTHER_MEMBERS) {
        compare(member.to_owned(), &expected[member], &found[member]);
    }
    let (expected, found) = (&expected["attributes"], &found["attributes"]);
    let names =
        expected.as_object().into_iter().flat_map(serde_json::Map::keys).map(String::as_str);
    let added = DECISIVE_ATTRIBUTES.into_iter().filter(|&name| expected.get(name).is_none());
    for name in names.chain(added) {
        compare(format!("attributes.{name}"), &expected[name], &found[name]);
    }
    faults
}

/// Whether two values mean the same: 0 and 0.0 do.
fn is_same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left.as_f64() == right.as_f64(),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len()
                && left.iter().zip(right).all(|(left, right)| is_same(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .all(|(name, value)| right.get(name).is_some_and(|other| is_same(value, other)))
        }
        _ => left == right,
    }
}
