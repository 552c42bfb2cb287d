//! Finding granules through a STAC API that may hold answers back.
//!
//! Footprints in the catalogue are coarse: a search by a tile's own bounds misses granules whose pixels
//! reach the tile. The positions that a job needs are therefore computed from the grid, and the search
//! asks for the whole band of latitude that they lie in, narrowed by the properties
//! `modis:horizontal-tile` and `modis:vertical-tile`; whatever comes back is filtered again here.
//!
//! What came is compared with what is due. Composites that are due and did not come are asked for by
//! themselves, position by position and stretch by stretch: only those that an answer lacks which brings
//! nothing new are absent. Where it does bring something, an earlier answer was cut short without a word,
//! and every answer of its size is from then on in doubt: all is asked for again in questions whose answers
//! are smaller. Where the smallest ones do not agree either, the search fails.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{Datelike as _, NaiveDate, Utc};
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use super::answer::{AT_ONCE, Asker, Doubt};
use super::census::Census;
use super::due::{Calendar, Composite, begins};
use super::harvest::Harvest;
use super::item::{GranuleFiles, ItemError, Wanted};
use super::question::{Question, When, by_year, consecutive, in_rows};
use crate::config::CatalogConfig;
use crate::exit::Exit;
use crate::http::{Http, HttpError};
use crate::recipe::Assets;
use floe_raster::granule::{GranuleKey, Platform};
use floe_raster::sinusoidal::Position;
use floe_shared::period::Period;

/// Items of a look for any granule at all: fewer than the smallest of the pages.
const FEW: usize = 10;
/// Answers without anything new after which what is missing is absent: a catalogue that is ailing gives an
/// empty list now and then.
const QUIET_ANSWERS: usize = 2;
/// How often a search begins anew in smaller questions. Each time something was held back in a way that
/// was not known before; a catalogue that goes on like that is not to be trusted.
const MOST_ROUNDS: usize = 8;

/// What a search found.
#[derive(Debug, Default)]
pub struct Found {
    /// One production of each granule, in the order of date and position.
    pub granules: Vec<GranuleFiles>,
    /// Items that were set aside: older productions of the same granules.
    pub superseded: Vec<GranuleKey>,
    /// Malformed items that nobody asked for.
    pub malformed: usize,
    /// Positions of which a needed item cannot be used, and why.
    pub unusable: BTreeMap<Position, ItemError>,
    /// What is due, and what of it is absent.
    pub census: Census,
}

impl Found {
    /// The granules that begin in a period.
    pub fn of_period(&self, period: &Period) -> impl Iterator<Item = &GranuleFiles> {
        self.granules.iter().filter(|granule| period.contains(begins(&granule.id.key)))
    }

    /// How many productions of granules that begin in a period, at these positions, were set aside.
    pub fn superseded_of(&self, positions: &BTreeSet<Position>, period: &Period) -> u64 {
        let is_of =
            |key: &&GranuleKey| positions.contains(&key.position) && period.contains(begins(key));
        self.superseded.iter().filter(is_of).count() as u64
    }
}

/// Why a search failed.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// The request failed.
    #[error("catalogue: {0}")]
    Http(#[from] HttpError),
    /// An item that cannot be used.
    #[error("catalogue: {0}")]
    Item(#[from] ItemError),
    /// The catalogue does not have the collection.
    #[error("catalogue {url} has no collection '{collection}'")]
    NoCollection {
        /// Root of the API.
        url: String,
        /// The collection.
        collection: String,
    },
    /// Answers that do not agree, however small the questions are.
    #[error(
        "catalogue {url} holds items back, even in answer to the smallest questions ({question}): {doubt}"
    )]
    Disagreement {
        /// Root of the API.
        url: String,
        /// The last question.
        question: String,
        /// What speaks for it.
        doubt: Doubt,
    },
    /// New granules without end.
    #[error(
        "catalogue {url} gives other granules each time it is asked: {rounds} rounds of questions found something new"
    )]
    Restless {
        /// Root of the API.
        url: String,
        /// How often it was asked.
        rounds: usize,
    },
    /// No item, though there are some.
    #[error(
        "catalogue {url} has the collection '{collection}', and gives no item of it even where there must be some"
    )]
    Silent {
        /// Root of the API.
        url: String,
        /// The collection.
        collection: String,
    },
}

impl CatalogError {
    /// The exit code of this kind of failure.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Http(error) => error.exit(),
            Self::NoCollection { .. } => Exit::Configuration,
            Self::Item(_) => Exit::Data,
            Self::Disagreement { .. } | Self::Restless { .. } | Self::Silent { .. } => {
                Exit::TryAgain
            }
        }
    }
}

/// A STAC API.
#[derive(Debug)]
pub struct Catalog {
    asker: Asker,
    wanted: Wanted,
    platforms: Vec<Platform>,
    calendar: Calendar,
    /// First day of the collection's extent, where it has one; known once the collection was asked for.
    begins: OnceCell<Option<NaiveDate>>,
    /// Whether a position has a granule in any year.
    coverage: Mutex<BTreeMap<Position, bool>>,
}

/// What a look for a few granules at some positions saw.
enum Glance {
    /// Granules at these of them.
    Granules(BTreeSet<Position>),
    /// Other items only, and perhaps not all.
    Unclear,
    /// No granule of them; and not even an item that was not asked for?
    Nothing { is_silent: bool },
}

/// A search under way.
struct Search<'a> {
    catalog: &'a Catalog,
    harvest: Harvest<'a>,
    /// Questions whose answers were believed, with the number of items that came.
    believed: Vec<(Question, usize)>,
    /// The least number of items in an answer that was cut short.
    cut_at: Option<usize>,
}

impl Catalog {
    /// The catalogue that the configuration names, of items with these files.
    pub fn new(http: Arc<Http>, config: &CatalogConfig, assets: &Assets) -> Self {
        let wanted = Wanted { collection: config.collection.clone(), assets: assets.clone() };
        Self {
            asker: Asker::new(http, &config.url, &config.collection),
            wanted,
            platforms: config.platforms.clone(),
            calendar: Calendar {
                days: config.due_days.clone(),
                gaps: config.gaps.clone(),
                platforms: config.platforms.clone(),
            },
            begins: OnceCell::new(),
            coverage: Mutex::default(),
        }
    }

    /// All granules of the configured platforms at these positions whose composites begin in these
    /// periods, which ascend; of several productions of one granule the newest.
    pub async fn search(
        &self,
        positions: &BTreeSet<Position>,
        periods: &[Period],
    ) -> Result<Found, CatalogError> {
        if positions.is_empty() {
            return Ok(Found::default());
        }
        let needs = |key: &GranuleKey| {
            self.platforms.contains(&key.platform)
                && periods.iter().any(|period| period.contains(begins(key)))
                && positions.contains(&key.position)
        };
        let mut search = Search {
            catalog: self,
            harvest: Harvest::new(&self.wanted, needs),
            believed: Vec::new(),
            cut_at: None,
        };
        let whole = consecutive(periods).into_iter().map(|when| self.question(positions, when));
        search.ask(whole.collect()).await?;
        let first_day = self.begins().await?;
        let today = Utc::now().date_naive();
        let due: Vec<BTreeSet<Composite>> =
            periods.iter().map(|period| self.calendar.due(period, first_day, today)).collect();
        let census = search.complete(positions, periods, due).await?;
        Ok(Found { census, ..search.harvest.finish() })
    }

    /// Makes sure that "nothing found" does not mean "asked for the wrong thing".
    pub async fn check_collection(&self) -> Result<(), CatalogError> {
        self.begins().await.map(drop)
    }

    /// The first day of the collection's extent.
    async fn begins(&self) -> Result<Option<NaiveDate>, CatalogError> {
        let ask = async || Ok(extent_begins(&self.asker.collection_document().await?));
        self.begins.get_or_try_init(ask).await.copied()
    }

    fn question(&self, positions: &BTreeSet<Position>, when: When) -> Question {
        Question { positions: positions.clone(), when, platforms: self.platforms.clone() }
    }

    /// Which of these positions have a granule in any year of the collection. `is_silent` says that the
    /// catalogue has not given a single item yet.
    async fn covered(
        &self,
        positions: &BTreeSet<Position>,
        mut is_silent: bool,
    ) -> Result<BTreeSet<Position>, CatalogError> {
        let known = self.coverage.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let unknown: BTreeSet<Position> =
            positions.iter().filter(|position| !known.contains_key(position)).copied().collect();
        // Neighbours in one row are asked for together: most of them lie in the same sea.
        let neighbours = |a: &Position, b: &Position| a.v == b.v && a.h + 1 == b.h;
        let mut open: Vec<Vec<Position>> =
            in_rows(&unknown).chunk_by(neighbours).map(<[Position]>::to_vec).collect();
        let mut learnt: BTreeMap<Position, bool> = BTreeMap::new();
        while let Some(run) = open.pop() {
            match self.glance_at(&run).await? {
                Glance::Nothing { is_silent: silent } => {
                    is_silent &= silent;
                    learnt.extend(run.iter().map(|&position| (position, false)));
                }
                Glance::Unclear if run.len() > 1 => {
                    open.extend(run.iter().map(|&position| vec![position]));
                }
                // Where it cannot be told, more is expected rather than less.
                Glance::Unclear => learnt.extend(run.iter().map(|&position| (position, true))),
                Glance::Granules(seen) => {
                    is_silent = false;
                    learnt.extend(seen.iter().map(|&position| (position, true)));
                    let rest: Vec<Position> =
                        run.into_iter().filter(|position| !seen.contains(position)).collect();
                    open.extend(rest.chunk_by(neighbours).map(<[Position]>::to_vec));
                }
            }
        }
        if is_silent && !learnt.is_empty() {
            self.prove_that_it_answers().await?;
        }
        let mut coverage = self.coverage.lock().unwrap_or_else(PoisonError::into_inner);
        coverage.extend(learnt);
        let has = |position: &&Position| coverage.get(position).copied().unwrap_or(true);
        Ok(positions.iter().filter(has).copied().collect())
    }

    /// Makes sure that a catalogue which has given nothing yet answers questions of this kind at all: it is
    /// asked for a granule that it must have, since it has just shown it.
    async fn prove_that_it_answers(&self) -> Result<(), CatalogError> {
        let wanted = &self.wanted;
        let anything = json!({ "collections": [wanted.collection], "limit": FEW });
        let shown = Mutex::new(None);
        let mut harvest = Harvest::new(wanted, |key| {
            shown.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(*key);
            false
        });
        for item in self.asker.glance(&anything).await? {
            harvest.add(&item);
        }
        drop(harvest);
        if let Some(key) = shown.into_inner().unwrap_or_else(PoisonError::into_inner) {
            let positions = BTreeSet::from([key.position]);
            let question = Question { positions, when: When::Ever, platforms: vec![key.platform] };
            if !self.asker.glance(&question.body(wanted, FEW, true)).await?.is_empty() {
                return Ok(());
            }
        }
        let url = self.asker.url().to_owned();
        Err(CatalogError::Silent { url, collection: wanted.collection.clone() })
    }

    /// Looks for a few granules of any time at these positions. That there are none is believed of three
    /// answers: to one question twice, and to another.
    async fn glance_at(&self, positions: &[Position]) -> Result<Glance, CatalogError> {
        let positions: BTreeSet<Position> = positions.iter().copied().collect();
        let question = self.question(&positions, When::Ever);
        let wanted = &self.wanted;
        let mut is_silent = true;
        for bounded in [true, true, false] {
            let items = self.asker.glance(&question.body(wanted, FEW, bounded)).await?;
            let mut harvest = Harvest::new(wanted, |key| question.covers(key));
            for item in &items {
                harvest.add(item);
            }
            let seen = harvest.positions();
            if !seen.is_empty() {
                return Ok(Glance::Granules(seen));
            }
            if items.len() >= FEW {
                return Ok(Glance::Unclear);
            }
            is_silent &= items.is_empty();
        }
        Ok(Glance::Nothing { is_silent })
    }
}

impl Search<'_> {
    /// Compares what came with what is due, and asks for what is missing until the answers bring nothing
    /// new.
    async fn complete(
        &mut self,
        positions: &BTreeSet<Position>,
        periods: &[Period],
        due: Vec<BTreeSet<Composite>>,
    ) -> Result<Census, CatalogError> {
        let (mut quiet, mut rounds) = (0, 0);
        let dates: BTreeSet<Composite> = due.iter().flatten().copied().collect();
        loop {
            let silent: BTreeSet<Position> =
                positions.difference(&self.harvest.positions()).copied().collect();
            let covered = self.catalog.covered(&silent, self.harvest.is_empty()).await?;
            let uncovered: BTreeSet<Position> = silent.difference(&covered).copied().collect();
            let absent = self.missing(positions, &uncovered, &dates);
            let questions = self.questions_for(&absent, periods, &dates, &covered);
            if questions.is_empty() || quiet == QUIET_ANSWERS {
                let is_known = self.catalog.calendar.is_known();
                return Ok(Census::new(is_known, due, uncovered, absent));
            }
            let believed = self.believed.len();
            let news = self.ask(questions).await?;
            // What these answers had is not held against them: they are asked for again in any case.
            self.believed.truncate(believed);
            if news.is_empty() {
                quiet += 1;
                continue;
            }
            (quiet, rounds) = (0, rounds + 1);
            if rounds > MOST_ROUNDS {
                return Err(CatalogError::Restless {
                    url: self.catalog.asker.url().to_owned(),
                    rounds,
                });
            }
            self.distrust(&news);
            self.believed.clear();
            let each = positions.iter().flat_map(|&position| {
                by_year(periods).into_iter().map(move |when| (position, when))
            });
            let small = each
                .map(|(position, when)| self.catalog.question(&BTreeSet::from([position]), when));
            self.ask(small.collect()).await?;
        }
    }

    /// What is due and has not come, at each position that has anything at all.
    fn missing(
        &self,
        positions: &BTreeSet<Position>,
        uncovered: &BTreeSet<Position>,
        due: &BTreeSet<Composite>,
    ) -> BTreeMap<Position, BTreeSet<Composite>> {
        let covered = positions.difference(uncovered);
        covered
            .filter(|&&position| !self.harvest.is_unusable(position))
            .map(|&position| {
                let came = self.harvest.composites(position);
                let missing = due.iter().filter(|due| !came.contains(due));
                (position, missing.copied().collect())
            })
            .collect()
    }

    /// Questions for missing composites, each stretch of each position by itself. Where nothing is known of
    /// what is due, they ask for the positions from which nothing came.
    fn questions_for(
        &self,
        missing: &BTreeMap<Position, BTreeSet<Composite>>,
        periods: &[Period],
        due: &BTreeSet<Composite>,
        silent: &BTreeSet<Position>,
    ) -> Vec<Question> {
        if !self.catalog.calendar.is_known() {
            let each = silent.iter().flat_map(|&position| {
                consecutive(periods).into_iter().map(move |when| (position, when))
            });
            let question =
                |(position, when)| self.catalog.question(&BTreeSet::from([position]), when);
            return each.map(question).collect();
        }
        let mut questions = Vec::new();
        for (&position, missing) in missing {
            for &platform in &self.catalog.platforms {
                let of_platform: Vec<&Composite> =
                    due.iter().filter(|due| due.platform == platform).collect();
                for of_year in of_platform.chunk_by(|a, b| a.begins.year() == b.begins.year()) {
                    let runs = of_year
                        .chunk_by(|a, b| missing.contains(a) == missing.contains(b))
                        .filter(|run| missing.contains(run[0]));
                    questions.extend(runs.map(|run| Question {
                        positions: BTreeSet::from([position]),
                        when: When::Composites {
                            first: run[0].begins,
                            last: run[run.len() - 1].begins,
                        },
                        platforms: vec![platform],
                    }));
                }
            }
        }
        questions
    }

    /// Learns from granules that came late how many items the answers had that held them back.
    fn distrust(&mut self, news: &[GranuleKey]) {
        let short = self.believed.iter().filter(|(question, items)| {
            // An answer without any item was no page that ended early.
            *items > 0 && news.iter().any(|key| question.covers(key))
        });
        let least = short.map(|&(_, items)| items).min();
        self.cut_at = match (self.cut_at, least) {
            (Some(known), Some(least)) => Some(known.min(least)),
            (known, least) => known.or(least),
        };
    }

    /// Asks questions, and in their stead smaller ones where an answer is in doubt; tells what is new.
    async fn ask(&mut self, questions: Vec<Question>) -> Result<Vec<GranuleKey>, CatalogError> {
        let mut news = Vec::new();
        let mut open = questions;
        while !open.is_empty() {
            // The last ones first: a catalogue that cannot be trusted is found out at the first of the
            // smallest questions.
            let batch = open.split_off(open.len().saturating_sub(AT_ONCE));
            let Catalog { asker, wanted, .. } = self.catalog;
            let body = |question: &Question, limit| question.body(wanted, limit, true);
            for (question, answer) in asker.answers(batch, body).await? {
                news.extend(answer.items.iter().filter_map(|item| self.harvest.add(item)));
                let found = answer.items.len();
                let is_cut = self.cut_at.is_some_and(|cut_at| found >= cut_at);
                match answer.doubt.or_else(|| is_cut.then_some(Doubt::Cut { found })) {
                    None => self.believed.push((question, found)),
                    Some(doubt) => match question.parts(&self.catalog.calendar) {
                        Some(parts) => open.extend(parts),
                        None => return Err(self.disagreement(&question, doubt)),
                    },
                }
            }
        }
        Ok(news)
    }

    fn disagreement(&self, question: &Question, doubt: Doubt) -> CatalogError {
        CatalogError::Disagreement {
            url: self.catalog.asker.url().to_owned(),
            question: question.to_string(),
            doubt,
        }
    }
}

/// The first day of a collection's temporal extent (STAC collection, `extent.temporal.interval`).
fn extent_begins(collection: &Value) -> Option<NaiveDate> {
    let interval = collection.pointer("/extent/temporal/interval/0/0")?;
    interval.as_str()?.get(..10)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_extent_of_a_collection_begins_on_a_day_or_nowhere() {
        let collection =
            |begins: Value| json!({ "extent": { "temporal": { "interval": [[begins, null]] } } });
        let day = NaiveDate::from_ymd_opt(2000, 2, 18);
        assert_eq!(extent_begins(&collection(json!("2000-02-18T00:00:00Z"))), day);
        for nothing in [json!(null), json!("soon"), json!(2000)] {
            assert_eq!(extent_begins(&collection(nothing)), None);
        }
        assert_eq!(extent_begins(&json!({ "extent": null })), None);
    }
}
