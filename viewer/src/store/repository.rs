//! The `repo` object: branches, tags and every commit, in one request.

use floe_shared::status::Commit;
use icechunk_format::SnapshotId;
use icechunk_format::flatbuffers::generated;

use super::containers::{self, Container};
use super::error::{ObjectProblem, StoreError, shortened};
use super::object::{self, Budget, Kind};
use crate::dataset::RefSpec;

/// Path of the object.
pub(super) const PATH: &str = "repo";

/// A repository's references and commits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    /// Names of the branches and the index of their tip in `commits`.
    branches: Vec<(String, usize)>,
    /// Names of the tags and the index of their snapshot in `commits`.
    tags: Vec<(String, usize)>,
    /// Every commit and the index of its parent.
    commits: Vec<(Commit, Option<usize>)>,
    /// Where virtual chunks lie.
    containers: Vec<Container>,
    /// What the owner says of a repository that is offline.
    offline: Option<String>,
}

impl Repository {
    /// Reads the object.
    pub fn parse(object: &[u8]) -> Result<Self, StoreError> {
        Self::read(object).map_err(|problem| StoreError::object(PATH, problem))
    }

    fn read(object: &[u8]) -> Result<Self, ObjectProblem> {
        let buffer = object::open(Kind::Repository, object)?;
        let root = object::root::<generated::Repo<'_>>(&buffer)?;
        let count = root.snapshots().len();
        let within = |index: usize, what: &str| {
            if index < count {
                Ok(index)
            } else {
                Err(ObjectProblem::Inconsistent(format!(
                    "{what} points to commit {index} of {count}"
                )))
            }
        };
        let mut budget = Budget::of(&buffer);
        let mut references = |found: flatbuffers::Vector<'_, _>| {
            found
                .iter()
                .map(|reference: generated::Ref<'_>| {
                    let name = reference.name();
                    budget.spend(40 + name.len())?;
                    let index = within(reference.snapshot_index() as usize, name)?;
                    Ok((name.to_owned(), index))
                })
                .collect::<Result<Vec<_>, ObjectProblem>>()
        };
        let (branches, tags) = (references(root.branches())?, references(root.tags())?);
        let commits = root.snapshots().iter().map(|info| {
            budget.spend(100 + info.message().len())?;
            let snapshot = SnapshotId::new(info.id().0).to_string();
            let parent = usize::try_from(info.parent_offset()).ok();
            let parent = parent.map(|index| within(index, &snapshot)).transpose()?;
            let commit = Commit {
                snapshot,
                message: info.message().to_owned(),
                committed_at: i64::try_from(info.flushed_at()).unwrap_or(i64::MAX),
            };
            Ok((commit, parent))
        });
        let status = root.status();
        let offline = status.availability() == generated::RepoAvailability::Offline;
        Ok(Self {
            branches,
            tags,
            commits: commits.collect::<Result<_, ObjectProblem>>()?,
            containers: root
                .config()
                .map(|config| containers::read(config.bytes()))
                .unwrap_or_default(),
            offline: offline
                .then(|| status.limited_availability_reason().unwrap_or_default().to_owned()),
        })
    }

    /// The owner's words if the repository has been taken offline.
    pub fn offline(&self) -> Option<&str> {
        self.offline.as_deref()
    }

    /// Where virtual chunks lie, as the repository's configuration says.
    pub fn containers(&self) -> &[Container] {
        &self.containers
    }

    /// The commits that lead to a reference, newest first; the first one is its snapshot.
    pub fn history(&self, reference: &RefSpec) -> Result<Vec<Commit>, StoreError> {
        let named = |references: &[(String, usize)], name: &str| {
            references.iter().find(|(other, _)| other == name).map(|(_, index)| *index)
        };
        let found = match reference {
            RefSpec::Branch(name) => named(&self.branches, name),
            RefSpec::Tag(name) => named(&self.tags, name),
            RefSpec::Snapshot(id) => {
                self.commits.iter().position(|(commit, _)| commit.snapshot.eq_ignore_ascii_case(id))
            }
        };
        let mut next = Some(found.ok_or_else(|| StoreError::NoSuchReference {
            reference: reference.clone(),
            available: self.available(reference),
        })?);
        let mut history = Vec::new();
        let mut seen = vec![false; self.commits.len()];
        while let Some(index) = next {
            let (commit, parent) = &self.commits[index];
            if std::mem::replace(&mut seen[index], true) {
                return Err(StoreError::object(
                    PATH,
                    ObjectProblem::Inconsistent(format!(
                        "commit {} is its own ancestor",
                        commit.snapshot
                    )),
                ));
            }
            history.push(commit.clone());
            next = *parent;
        }
        Ok(history)
    }

    /// The branches and tags.
    pub fn references(&self) -> Vec<RefSpec> {
        let branches = self.branches.iter().map(|(name, _)| RefSpec::Branch(name.clone()));
        branches.chain(self.tags.iter().map(|(name, _)| RefSpec::Tag(name.clone()))).collect()
    }

    /// What there is of the kind asked for, for an error message.
    fn available(&self, reference: &RefSpec) -> String {
        let references = match reference {
            RefSpec::Branch(_) => &self.branches,
            RefSpec::Tag(_) => &self.tags,
            RefSpec::Snapshot(_) => return String::new(),
        };
        let names: Vec<&str> = references.iter().map(|(name, _)| name.as_str()).take(20).collect();
        if names.is_empty() {
            "; it has none".to_owned()
        } else {
            format!("; it has {}", shortened(&names.join(", ")))
        }
    }
}
