//! The planet's climate: what the daytime surface is like at a place, whatever the date.

use super::land::Land;
use super::noise::fractal;

/// A broad feature of the real Earth, placed by hand: an ellipse in degrees with soft edges.
struct Feature {
    longitude: f32,
    latitude: f32,
    half_width: f32,
    half_height: f32,
    kind: Kind,
}

/// What a feature does.
enum Kind {
    /// Raises the land, by kilometres.
    Upland(f32),
    /// Dries it, 0 to 1.
    Desert(f32),
    /// Keeps it moist and cool, 0 to 1.
    Forest(f32),
    /// Covers it with ice, 0 to 1.
    Ice(f32),
}

const fn feature(longitude: f32, latitude: f32, width: f32, height: f32, kind: Kind) -> Feature {
    Feature { longitude, latitude, half_width: width, half_height: height, kind }
}

const FEATURES: [Feature; 56] = [
    // Tibet and the ranges around it, from the Caucasus to the Altai.
    feature(88.0, 33.5, 13.0, 4.5, Kind::Upland(4.6)),
    feature(72.0, 38.0, 4.5, 3.5, Kind::Upland(3.4)),
    feature(80.0, 42.0, 7.0, 1.5, Kind::Upland(2.6)),
    feature(98.0, 48.0, 11.0, 4.0, Kind::Upland(1.5)),
    feature(101.0, 28.0, 3.5, 4.5, Kind::Upland(2.6)),
    feature(44.0, 39.5, 7.0, 2.5, Kind::Upland(1.8)),
    feature(52.0, 31.5, 5.5, 3.5, Kind::Upland(1.6)),
    feature(35.0, 38.5, 5.0, 1.5, Kind::Upland(1.1)),
    feature(59.0, 61.0, 1.8, 7.0, Kind::Upland(0.7)),
    feature(132.0, 65.0, 9.0, 4.0, Kind::Upland(1.0)),
    feature(150.0, 64.0, 9.0, 4.0, Kind::Upland(0.9)),
    feature(10.0, 46.5, 4.5, 1.2, Kind::Upland(2.1)),
    feature(9.0, 62.0, 3.0, 3.5, Kind::Upland(1.1)),
    feature(16.0, 67.0, 3.0, 2.0, Kind::Upland(0.9)),
    feature(-4.0, 40.5, 4.0, 2.0, Kind::Upland(0.7)),
    feature(-3.0, 32.0, 5.0, 1.3, Kind::Upland(1.6)),
    feature(38.5, 9.0, 3.5, 4.5, Kind::Upland(2.2)),
    feature(36.0, -2.0, 3.5, 5.0, Kind::Upland(1.5)),
    feature(28.5, -29.0, 3.0, 3.0, Kind::Upland(1.7)),
    feature(18.0, -13.0, 6.0, 4.0, Kind::Upland(1.1)),
    feature(138.0, -4.5, 5.0, 1.3, Kind::Upland(2.6)),
    // The Andes, link by link, and the ranges of western North America.
    feature(-75.5, 5.0, 2.0, 4.0, Kind::Upland(2.2)),
    feature(-78.5, -3.0, 1.6, 4.0, Kind::Upland(2.6)),
    feature(-75.5, -11.0, 2.2, 3.5, Kind::Upland(3.4)),
    feature(-70.0, -16.0, 2.8, 3.0, Kind::Upland(3.9)),
    feature(-67.5, -21.0, 2.6, 4.0, Kind::Upland(3.9)),
    feature(-69.0, -28.5, 1.7, 4.5, Kind::Upland(3.6)),
    feature(-70.5, -35.0, 1.3, 4.0, Kind::Upland(2.4)),
    feature(-72.2, -44.0, 1.2, 6.0, Kind::Upland(1.4)),
    feature(-106.5, 38.5, 3.5, 4.5, Kind::Upland(2.4)),
    feature(-112.0, 43.5, 4.0, 4.5, Kind::Upland(1.9)),
    feature(-119.0, 38.5, 1.5, 3.5, Kind::Upland(1.8)),
    feature(-118.0, 51.5, 4.0, 4.0, Kind::Upland(1.7)),
    feature(-128.0, 58.5, 5.0, 4.0, Kind::Upland(1.3)),
    feature(-148.0, 63.0, 8.0, 1.6, Kind::Upland(1.5)),
    feature(-103.0, 22.5, 3.5, 5.5, Kind::Upland(1.8)),
    feature(-81.0, 37.0, 2.5, 3.5, Kind::Upland(0.6)),
    feature(8.0, 23.0, 26.0, 8.5, Kind::Desert(1.0)),
    feature(47.0, 24.0, 12.0, 9.0, Kind::Desert(1.0)),
    feature(62.0, 30.0, 10.0, 6.0, Kind::Desert(0.8)),
    feature(60.0, 42.0, 9.0, 5.0, Kind::Desert(0.7)),
    feature(84.0, 39.5, 7.0, 2.5, Kind::Desert(0.9)),
    feature(104.0, 42.0, 10.0, 4.0, Kind::Desert(0.8)),
    feature(132.0, -25.0, 15.0, 7.0, Kind::Desert(0.9)),
    feature(18.0, -24.0, 6.0, 6.0, Kind::Desert(0.8)),
    feature(-69.5, -23.0, 1.8, 5.0, Kind::Desert(0.8)),
    feature(-111.0, 32.5, 8.0, 5.5, Kind::Desert(0.75)),
    feature(-68.0, -43.0, 3.5, 7.0, Kind::Desert(0.6)),
    feature(-62.0, -4.0, 13.0, 8.0, Kind::Forest(1.0)),
    feature(22.0, 0.0, 9.0, 5.0, Kind::Forest(1.0)),
    feature(114.0, 1.0, 16.0, 7.0, Kind::Forest(1.0)),
    feature(100.0, 20.0, 8.0, 6.0, Kind::Forest(0.6)),
    feature(-84.0, 14.0, 6.0, 4.0, Kind::Forest(0.6)),
    feature(-42.0, 75.0, 17.0, 8.5, Kind::Ice(1.0)),
    feature(-43.0, 68.0, 8.0, 6.0, Kind::Ice(1.0)),
    feature(-17.5, 64.4, 2.0, 0.6, Kind::Ice(0.6)),
];

/// The climate at a place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Climate {
    /// Mean daytime temperature of the surface over the year, in °C.
    pub(super) mean: f32,
    /// Half the difference between the warmest and the coldest time of the year, in K.
    pub(super) season: f32,
    /// 0 moist to 1 desert.
    pub(super) dry: f32,
    /// 0 bare to 1 ice sheet.
    pub(super) ice: f32,
    /// How strongly fine relief shows, about 0.3 (plains) to 2 (mountains).
    pub(super) rough: f32,
}

/// The planet's climate everywhere.
#[derive(Debug)]
pub(super) struct ClimateModel {
    seed: u32,
    /// Share of land around each cell of 2.5°, 72 rows from the north by 144 columns from 180° W.
    continental: Vec<f32>,
}

const ROWS: usize = 72;
const COLS: usize = 144;
const CELL: f64 = 2.5;

impl ClimateModel {
    pub(super) fn new(seed: u32, land: &Land) -> Self {
        let centre = |index: usize| (index as f64 + 0.5) * CELL;
        let mut continental: Vec<f32> = (0..ROWS * COLS)
            .map(|cell| {
                let (row, col) = (cell / COLS, cell % COLS);
                f32::from(u8::from(land.contains(centre(col) - 180.0, 90.0 - centre(row))))
            })
            .collect();
        for _ in 0..3 {
            continental = blurred(&continental);
        }
        Self { seed, continental }
    }

    /// The climate at a place: degrees, and the same place on the unit sphere.
    pub(super) fn at(&self, longitude: f32, latitude: f32, sphere: [f32; 3]) -> Climate {
        let inland = self.inland(longitude, latitude);
        let (mut upland, mut desert, mut forest, mut ice) = (0.0f32, 0.0f32, 0.0f32, 0.0f32);
        // Bends the hand-placed outlines, so that no ellipse can be made out.
        let bend = 0.4 * fractal(self.seed ^ 0x11, sphere, 14.0, 4);
        for one in &FEATURES {
            let x = (longitude - one.longitude) / one.half_width;
            let y = (latitude - one.latitude) / one.half_height;
            let weight = soft(1.4 + bend - x.hypot(y));
            match one.kind {
                Kind::Upland(kilometres) => upland = upland.max(weight * kilometres),
                Kind::Desert(share) => desert = desert.max(weight * share),
                Kind::Forest(share) => forest = forest.max(weight * share),
                Kind::Ice(share) => ice = ice.max(weight * share),
            }
        }
        ice = ice.max(soft((-latitude - 66.0) / 6.0 + bend));
        let hills = fractal(self.seed ^ 0x22, sphere, 14.0, 6);
        let ridges = 1.0 - fractal(self.seed ^ 0x33, sphere, 30.0, 5).abs() * 2.0;
        // Mountains are ridges and valleys rather than a plateau.
        let relief = 0.2 + 0.4 * upland.min(3.0);
        let elevation = (0.4 + 0.45 * hills + 0.8 * upland + relief * (0.8 * ridges + 0.6 * hills))
            .max(0.0)
            + ice * 1.2;
        let patchy = fractal(self.seed ^ 0x44, sphere, 5.0, 4);
        let belt = (-((latitude.abs() - 24.0) / 11.0).powi(2)).exp();
        let dry =
            (desert + 0.35 * belt * inland + 0.25 * patchy * inland - 0.6 * forest).clamp(0.0, 1.0);
        let poleward = latitude.abs().to_radians();
        let zonal = -27.0 + 55.0 * poleward.cos().powf(1.25);
        let mean = zonal + 12.0 * dry * poleward.cos() - 3.0 * forest - 5.6 * elevation
            + 1.5 * patchy
            - 14.0 * ice;
        let season = (1.5 + 0.34 * latitude.abs().min(70.0)) * (0.45 + 0.65 * inland)
            + 3.0 * dry * soft(latitude.abs() / 30.0);
        let rough = 0.35 + 0.5 * upland.min(2.5) + 0.4 * hills.max(0.0) - 0.2 * ice;
        Climate { mean, season, dry, ice, rough: rough.max(0.3) }
    }

    /// How far from the sea, 0 to 1.
    fn inland(&self, longitude: f32, latitude: f32) -> f32 {
        let row = ((90.0 - latitude) / CELL as f32 - 0.5).clamp(0.0, ROWS as f32 - 1.0);
        let col = (longitude + 180.0) / CELL as f32 - 0.5 + COLS as f32;
        let (top, left) = (row as usize, col as usize);
        let (down, right) = (row - top as f32, col - left as f32);
        let cell = |r: usize, c: usize| self.continental[r.min(ROWS - 1) * COLS + c % COLS];
        let line = |r| cell(r, left) + (cell(r, left + 1) - cell(r, left)) * right;
        line(top) + (line(top + 1) - line(top)) * down
    }
}

/// 0 below 0, 1 above 1, smooth between.
fn soft(x: f32) -> f32 {
    let t = x.clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// Each cell's mean over the 3 x 3 cells around it, around the globe.
fn blurred(cells: &[f32]) -> Vec<f32> {
    (0..ROWS * COLS)
        .map(|cell| {
            let (row, col) = (cell / COLS, cell % COLS);
            let line = |r: usize| {
                (0..3).map(|step| cells[r * COLS + (col + COLS - 1 + step) % COLS]).sum::<f32>()
            };
            (line(row.saturating_sub(1)) + line(row) + line((row + 1).min(ROWS - 1))) / 9.0
        })
        .collect()
}
