//! The Zarr metadata of the dataset: one place that says what `floe init` writes and what every other
//! command expects to find.

use std::sync::Arc;

use floe_shared::encoding::{DataType, Encoding};
use floe_shared::grid::Grid;
use floe_shared::period::{Cadence, PeriodAxis, PeriodLabel};
use floe_shared::pyramid::{self, Level, Owner};
use floe_shared::schema::{
    self, BOUNDS_DIMENSION, Edition, GRID_MAPPING, MAP_DIMENSIONS, Schema, TIME_BOUNDS, VariableId,
};
use serde_json::{Map, Value};
use zarrs::array::codec::ZstdCodec;
use zarrs::array::{ArrayBuilder, FillValue, data_type};

/// Zstandard level of data chunks: 3 is within 2 % of level 9's size here at a fifth of its time.
const DATA_ZSTD: i32 = 3;
/// Zstandard level of the coarsest level's chunks: a few that every visitor of the map fetches, a tenth
/// smaller for forty times the time.
const WORLD_ZSTD: i32 = 19;
/// Zstandard level of coordinates, which are written once.
const COORDINATE_ZSTD: i32 = 9;

/// Fill value of days, so that 1970-01-01 is none.
const NO_DAY: i32 = i32::MIN;

/// The dataset as the configuration describes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Layout {
    /// The grid.
    pub grid: Grid,
    /// The periods, of the northern hemisphere where it matters.
    pub periods: PeriodAxis,
    /// Pixels along the edge of a chunk where a tile has several, which then make one shard; a part of the tile's width.
    pub chunk_pixels: Option<u32>,
    /// Texts and variables.
    pub schema: Arc<Schema>,
}

/// A coordinate, or the bounds of one: an array of one chunk.
pub(super) struct Coordinate {
    pub(super) name: &'static str,
    pub(super) array: ArrayBuilder,
    pub(super) values: Values,
}

/// What a coordinate holds, the last axis fastest.
pub(super) enum Values {
    /// Years, or days since 1970-01-01.
    Whole(Vec<i32>),
    Degrees(Vec<f64>),
}

impl Layout {
    /// The levels, finest first.
    pub fn levels(&self) -> Vec<Level> {
        pyramid::levels(self.grid)
    }

    /// The levels that each tile alone determines, finest first.
    pub fn tile_levels(&self) -> impl Iterator<Item = Level> + use<> {
        self.levels().into_iter().filter(|level| level.owner == Owner::Tile)
    }

    /// Pixels along the edge of the chunks within each of a level's shards: the greatest part of the shard's width that is not
    /// above what is asked for. `None` where a level has no shards, but chunks.
    pub fn chunk_within_shard(&self, level: Level) -> Option<u32> {
        let most = self.chunk_pixels.filter(|_| level.owner == Owner::Tile)?;
        let is_part = |edge: &u32| *edge <= most && level.chunk.is_multiple_of(*edge);
        (1..=level.chunk).rev().find(is_part).filter(|&edge| edge < level.chunk)
    }

    /// The places of the variables.
    pub fn variables(&self) -> impl Iterator<Item = VariableId> + use<> {
        (0..self.schema.variables.len() as u16).map(VariableId)
    }

    /// A variable's array at a level.
    pub fn array_path(&self, variable: VariableId, level: Level) -> String {
        array_path(level, &self.schema.variable(variable).name)
    }

    /// Whether a level is the one that views of the whole world show.
    pub(super) fn is_world(&self, level: Level) -> bool {
        level.owner == Owner::Global && self.levels().last() == Some(&level)
    }

    /// The Zstandard level of a level's chunks.
    fn effort(&self, level: Level) -> i32 {
        if self.is_world(level) { WORLD_ZSTD } else { DATA_ZSTD }
    }

    /// A variable's array at a level.
    pub(super) fn variable(
        &self,
        variable: VariableId,
        level: Level,
        edition: Edition,
    ) -> ArrayBuilder {
        let cadence = self.periods.cadence();
        let [latitude, longitude] = MAP_DIMENSIONS;
        let count = self.periods.count();
        let shape = [u64::from(count), u64::from(level.rows), u64::from(level.cols)];
        let chunk = [1, u64::from(level.chunk), u64::from(level.chunk)];
        let spec = self.schema.variable(variable);
        let (data_type, fill) = (zarr_type(&spec.encoding), zarr_fill(&spec.encoding));
        let mut builder = ArrayBuilder::new(shape.to_vec(), chunk.to_vec(), data_type, fill);
        let within = self.chunk_within_shard(level).map(u64::from);
        builder
            .bytes_to_bytes_codecs(vec![zstd(self.effort(level), edition)])
            .subchunk_shape(within.map(|edge| vec![1, edge, edge]))
            .dimension_names(Some([cadence.dimension(), latitude, longitude]))
            .attributes(object(spec.attributes(level, cadence, edition)));
        builder
    }

    /// The coordinates of a level, and the bounds of its periods where these are not years.
    pub(super) fn coordinates(&self, level: Level, edition: Edition) -> Vec<Coordinate> {
        let [latitude, longitude] = MAP_DIMENSIONS;
        let degrees = |name, values, attributes| {
            Coordinate::axis(name, Values::Degrees(values), attributes, edition)
        };
        let latitudes = self.grid.latitudes(level.factor());
        let longitudes = self.grid.longitudes(level.factor());
        let mut coordinates = self.period_coordinates(edition);
        coordinates.extend([
            degrees(latitude, latitudes, schema::latitude_attributes()),
            degrees(longitude, longitudes, schema::longitude_attributes()),
        ]);
        coordinates
    }

    /// The path of the coordinate of the periods at the finest level.
    pub(super) fn periods_path(&self) -> String {
        format!("/{}", self.periods.cadence().dimension())
    }

    /// What the coordinate of the periods holds: years, or first days.
    pub(super) fn period_numbers(&self) -> Vec<i32> {
        match self.periods.cadence() {
            Cadence::Year => self.periods.labels().filter_map(PeriodLabel::year).collect(),
            _ => self.periods.periods().iter().map(|period| period.start).collect(),
        }
    }

    fn period_coordinates(&self, edition: Edition) -> Vec<Coordinate> {
        let name = self.periods.cadence().dimension();
        let numbers = self.period_numbers();
        let axis = |numbers, attributes| {
            Coordinate::axis(name, Values::Whole(numbers), attributes, edition)
        };
        if self.periods.cadence() == Cadence::Year {
            let attributes = schema::year_attributes(&numbers, edition);
            return vec![axis(numbers, attributes)];
        }
        let mut bounds = Coordinate::new(
            TIME_BOUNDS,
            (vec![u64::from(self.periods.count()), 2], vec![name, BOUNDS_DIMENSION]),
            Values::Whole(self.periods.bounds()),
            // Bounds take their attributes from the coordinate (CF-1.8, section 7.1).
            Map::new(),
            edition,
        );
        let mut time = axis(numbers, schema::time_attributes(&self.periods));
        for coordinate in [&mut time, &mut bounds] {
            coordinate.array.fill_value(NO_DAY);
        }
        vec![time, bounds]
    }

    /// The CF grid mapping of a level: a scalar without a value.
    pub(super) fn grid_mapping(&self, level: Level, edition: Edition) -> ArrayBuilder {
        let mut builder =
            ArrayBuilder::new(Vec::<u64>::new(), Vec::<u64>::new(), data_type::int32(), 0_i32);
        builder.attributes(object(schema::grid_mapping_attributes(level, self.grid, edition)));
        builder
    }

    /// The attributes of a level's group.
    pub(super) fn group_attributes(&self, level: Level, edition: Edition) -> Map<String, Value> {
        object(schema::group_attributes(level, self.grid, &self.schema, edition))
    }
}

/// The type of a variable's numbers.
pub(super) fn zarr_type(encoding: &Encoding) -> zarrs::array::DataType {
    match encoding.data_type {
        DataType::U8 => data_type::uint8(),
        DataType::I8 => data_type::int8(),
        DataType::U16 => data_type::uint16(),
        DataType::I16 => data_type::int16(),
        DataType::U32 => data_type::uint32(),
        DataType::I32 => data_type::int32(),
        DataType::U64 => data_type::uint64(),
        DataType::I64 => data_type::int64(),
        DataType::F32 => data_type::float32(),
        DataType::F64 => data_type::float64(),
    }
}

/// What chunks of a variable hold that are not stored.
pub(super) fn zarr_fill(encoding: &Encoding) -> FillValue {
    let bits = encoding.data_type.bits(encoding.absent);
    let size = encoding.data_type.size();
    // Zarrs wants them in the machine's order.
    let bytes = if cfg!(target_endian = "little") {
        bits.to_le_bytes()[..size].to_vec()
    } else {
        bits.to_be_bytes()[8 - size..].to_vec()
    };
    FillValue::new(bytes)
}

impl Coordinate {
    /// An axis.
    fn axis(name: &'static str, values: Values, attributes: Value, edition: Edition) -> Self {
        let shape = vec![values.count()];
        Self::new(name, (shape, vec![name]), values, object(attributes), edition)
    }

    fn new(
        name: &'static str,
        (shape, dimensions): (Vec<u64>, Vec<&str>),
        values: Values,
        attributes: Map<String, Value>,
        edition: Edition,
    ) -> Self {
        // xarray takes a fill value of a float coordinate for missing data, hence NaN and not 0.
        let mut array = match values {
            Values::Whole(_) => ArrayBuilder::new(shape.clone(), shape, data_type::int32(), 0_i32),
            Values::Degrees(_) => {
                ArrayBuilder::new(shape.clone(), shape, data_type::float64(), f64::NAN)
            }
        };
        array
            .bytes_to_bytes_codecs(vec![zstd(COORDINATE_ZSTD, edition)])
            .dimension_names(Some(dimensions))
            .attributes(attributes);
        Self { name, array, values }
    }
}

impl Values {
    fn count(&self) -> u64 {
        match self {
            Self::Whole(numbers) => numbers.len() as u64,
            Self::Degrees(degrees) => degrees.len() as u64,
        }
    }
}

/// The path of a level's group.
pub(super) fn group_path(level: Level) -> String {
    format!("/{}", level.path())
}

/// The path of an array within a level's group.
pub(super) fn array_path(level: Level, name: &str) -> String {
    match level.path().as_str() {
        "" => format!("/{name}"),
        group => format!("/{group}/{name}"),
    }
}

/// The path of the grid mapping of a level.
pub(super) fn grid_mapping_path(level: Level) -> String {
    array_path(level, GRID_MAPPING)
}

fn zstd(effort: i32, edition: Edition) -> Arc<ZstdCodec> {
    Arc::new(ZstdCodec::new(effort, edition.has_checksums()))
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn within(resolution: f64, chunk_pixels: Option<u32>) -> Vec<Option<u32>> {
        let schema = crate::recipe::Recipe::modis_lst().schema;
        let grid = Grid::new(resolution, 10.0).unwrap();
        let periods = PeriodAxis::of_years(&[2021]).unwrap();
        let layout = Layout { grid, periods, chunk_pixels, schema };
        layout.levels().into_iter().map(|level| layout.chunk_within_shard(level)).collect()
    }

    #[test]
    fn chunks_within_shards_are_parts_of_them_on_the_levels_of_tiles() {
        assert_eq!(within(0.01, None), [None; 6]);
        // Shards of 1000, 500 and 250 pixels, and three global levels.
        assert_eq!(within(0.01, Some(250))[..4], [Some(250), Some(250), None, None]);
        assert_eq!(within(0.01, Some(200))[..4], [Some(200), Some(125), Some(125), None]);
        assert_eq!(within(0.01, Some(1000)), [None; 6]);
        assert_eq!(within(0.05, Some(50))[..2], [Some(50), None]);
    }
}
