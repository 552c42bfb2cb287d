//! The quicklook: a variable of a period as a map with a colour bar.

use floe_shared::colormap::{ColorMap, Rgb};
use floe_shared::grid::Bounds;
use floe_shared::period::PeriodLabel;
use floe_shared::schema::{Schema, VariableSpec};
use ndarray::ArrayView2;

use super::PictureError;
use super::canvas::{Canvas, Ink, Rect};
use super::classes::Classes;
use super::scale::Scale;
use super::sheet::{self, Chart, DARK, LABEL, MAP, MUTED};
use super::text::{Align, Style, Weight};

/// The colour map.
const COLORS: ColorMap = ColorMap::Inferno;
/// No data; grey, which the colour map nowhere is.
const NO_DATA: Rgb = [0xdf, 0xe3, 0xe6];
/// Coasts: seen against no data and against all but the darkest colours.
const COAST: Ink = Ink { color: [0x30, 0x38, 0x40], opacity: 0.8 };
/// The graticule.
const GRATICULE: Ink = Ink { color: [0x80, 0x88, 0x90], opacity: 0.35 };
/// Where the colour bar lies, without its pointed ends.
const BAR: Rect = Rect { x: 440.0, y: 902.0, width: 720.0, height: 22.0 };
/// Length of a pointed end.
const POINT: f32 = 20.0;

/// What to draw.
#[derive(Clone, Copy, Debug)]
pub struct QuicklookInput<'a> {
    /// The dataset.
    pub schema: &'a Schema,
    /// The variable.
    pub variable: &'a VariableSpec,
    /// The period.
    pub period: &'a PeriodLabel,
    /// Values in the variable's units (of classes the stored numbers), NaN where there is no data, of the whole grid: row 0 in the
    /// north, column 0 in the west; up to 1440 x 720, beyond which pixels are skipped.
    pub pixels: ArrayView2<'a, f64>,
    /// The grid's edges.
    pub bounds: Bounds,
    /// Id of the snapshot that they were read from.
    pub snapshot: &'a str,
}

/// What the colours stand for.
enum Key<'a> {
    Nothing,
    Range(Scale),
    Classes(Classes<'a>),
}

/// The picture as PNG: the range of its colours is that of the bulk of the data.
///
/// # Errors
/// [`PictureError::Empty`] for an array without pixels. An array without data is drawn and says so.
pub fn quicklook(input: &QuicklookInput<'_>) -> Result<Vec<u8>, PictureError> {
    let (rows, cols) = input.pixels.dim();
    if rows == 0 || cols == 0 {
        return Err(PictureError::Empty { rows, cols });
    }
    draw(input).png()
}

fn draw(input: &QuicklookInput<'_>) -> Canvas {
    let title = format!("{}, {}", input.variable.long_name, input.period);
    let source = input.schema.source.as_deref().unwrap_or(&input.schema.title);
    let subtitle = format!("{source} · snapshot {}", input.snapshot);
    let mut canvas = sheet::begin(&title, &subtitle);
    let (key, chart) = (key(input), Chart::of(input.bounds));
    data(&mut canvas, &input.pixels, &key, chart.rect);
    chart.graticule(&mut canvas, GRATICULE);
    chart.coasts(&mut canvas, 0.9, COAST);
    chart.frame(&mut canvas);
    match &key {
        Key::Range(scale) => bar(&mut canvas, scale),
        Key::Classes(classes) => classes.key(&mut canvas),
        Key::Nothing => nothing(&mut canvas),
    }
    no_data_key(&mut canvas);
    let references = input.schema.references.as_ref().map(|it| format!("Data: {it}"));
    let coasts = chart.has_coasts().then(|| "coasts: Natural Earth".to_owned());
    let sources: Vec<String> = references.into_iter().chain(coasts).collect();
    sheet::footer(&mut canvas, &sources.join(" · "));
    canvas
}

fn key<'a>(input: &QuicklookInput<'a>) -> Key<'a> {
    let VariableSpec { encoding, flags, .. } = input.variable;
    let values = input.pixels.iter().copied();
    let key = if flags.is_empty() {
        Scale::of(encoding, values).map(Key::Range)
    } else {
        Classes::of(flags, values).map(Key::Classes)
    };
    key.unwrap_or(Key::Nothing)
}

/// The pixels, each as large as the chart's size makes it.
fn data(canvas: &mut Canvas, pixels: &ArrayView2<'_, f64>, key: &Key<'_>, chart: Rect) {
    let table = COLORS.table();
    let color = |value: f64| match key {
        _ if value.is_nan() => NO_DATA,
        Key::Range(scale) => table[(scale.share(value).clamp(0.0, 1.0) * 255.0).round() as usize],
        Key::Classes(classes) => classes.color(value),
        Key::Nothing => NO_DATA,
    };
    let (rows, cols) = pixels.dim();
    let (width, height) = (chart.width as usize, chart.height as usize);
    for y in 0..height {
        for x in 0..width {
            let ink = Ink::solid(color(pixels[(y * rows / height, x * cols / width)]));
            canvas.blend(chart.x as i64 + x as i64, chart.y as i64 + y as i64, ink, 1.0);
        }
    }
}

/// The colour bar; its ends are pointed where there are values beyond.
fn bar(canvas: &mut Canvas, scale: &Scale) {
    let table = COLORS.table();
    let outline = Ink { opacity: 0.8, ..MUTED };
    let middle = BAR.y + BAR.height / 2.0;
    let (right, bottom) = (BAR.x + BAR.width, BAR.y + BAR.height);
    for (pointed, x, tip, color) in [
        (scale.below, BAR.x, BAR.x - POINT, table[0]),
        (scale.above, right, right + POINT, table[255]),
    ] {
        if pointed {
            let corners = [(x, BAR.y), (tip, middle), (x, bottom)];
            canvas.triangle(corners, Ink::solid(color));
        }
    }
    let columns = BAR.width as usize;
    for column in 0..columns {
        let color = table[column * 256 / columns];
        let x = BAR.x + column as f32;
        canvas.fill(Rect { x, y: BAR.y, width: 1.0, height: BAR.height }, Ink::solid(color));
    }
    let mut edge = vec![(BAR.x, BAR.y), (right, BAR.y)];
    if scale.above {
        edge.push((right + POINT, middle));
    }
    edge.extend([(right, bottom), (BAR.x, bottom)]);
    if scale.below {
        edge.push((BAR.x - POINT, middle));
    }
    edge.push((BAR.x, BAR.y));
    canvas.lines(&[edge], 1.0, outline, BAR.grown(POINT + 4.0));
    for (share, label) in scale.ticks() {
        let x = (BAR.x + share as f32 * BAR.width).round();
        canvas.fill(Rect { x: x - 0.5, y: bottom, width: 1.0, height: 6.0 }, MUTED);
        canvas.write((x, bottom + 24.0), Align::Centre, &label, Style { ink: DARK, ..LABEL });
    }
    let unit = Style { ink: DARK, size: 19.0, ..LABEL };
    let baseline = unit.baseline_at(middle);
    canvas.write((right + POINT + 14.0, baseline), Align::Left, &scale.unit, unit);
}

/// Says that there is nothing to see.
fn nothing(canvas: &mut Canvas) {
    let style = Style { weight: Weight::Semibold, size: 24.0, ink: DARK };
    let at = (BAR.x + BAR.width / 2.0, BAR.y + BAR.height);
    canvas.write(at, Align::Centre, "No data in this period yet", style);
}

/// The colour of no data.
fn no_data_key(canvas: &mut Canvas) {
    let swatch = Rect { x: MAP.x, y: BAR.y, width: BAR.height, height: BAR.height };
    canvas.fill(swatch, Ink::solid(NO_DATA));
    canvas.outline(swatch, 1.0, Ink { opacity: 0.45, ..MUTED });
    let style = Style { ink: DARK, ..LABEL };
    let baseline = style.baseline_at(swatch.y + swatch.height / 2.0);
    canvas.write((swatch.x + swatch.width + 10.0, baseline), Align::Left, "no data", style);
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, LazyLock};

    use floe_shared::flags::Flag;
    use ndarray::Array2;

    use super::*;

    static SCHEMA: LazyLock<Arc<Schema>> =
        LazyLock::new(|| crate::recipe::Recipe::modis_lst().schema);
    const GLOBE: Bounds = Bounds { west: -180.0, south: -90.0, east: 180.0, north: 90.0 };
    static YEAR: LazyLock<PeriodLabel> = LazyLock::new(|| PeriodLabel::of_year(2021));

    fn input(pixels: &Array2<f64>) -> QuicklookInput<'_> {
        QuicklookInput {
            schema: &SCHEMA,
            variable: &SCHEMA.variables[0],
            period: &YEAR,
            pixels: pixels.view(),
            bounds: GLOBE,
            snapshot: "7M3JYZD0QB6N3H8T1P4G",
        }
    }

    /// The western half 250 to 300 K from south to north, the eastern half no data.
    fn half() -> Array2<f64> {
        Array2::from_shape_fn((720, 1440), |(row, col)| {
            if col < 720 { 300.0 - row as f64 * 50.0 / 719.0 } else { f64::NAN }
        })
    }

    #[test]
    fn the_picture_is_a_png_of_the_sheets_size_whatever_the_resolution() {
        for shape in [(720, 1440), (180, 360), (2, 4), (1125, 2250)] {
            let pixels = Array2::from_elem(shape, 280.0);
            let png = quicklook(&input(&pixels)).unwrap();
            let reader = png::Decoder::new(std::io::Cursor::new(&png)).read_info().unwrap();
            let size = (reader.info().width as usize, reader.info().height as usize);
            assert_eq!(size, (sheet::WIDTH, sheet::HEIGHT));
        }
    }

    #[test]
    fn warm_is_light_cold_is_dark_and_no_data_is_grey() {
        let canvas = draw(&input(&half()));
        let at = |lon: f64, lat: f64| {
            let (x, y) = Chart::of(GLOBE).project(lon, lat);
            canvas.pixel(x as usize, y as usize)
        };
        let sum = |color: Rgb| color.iter().map(|&channel| u32::from(channel)).sum::<u32>();
        assert!(sum(at(-145.0, 85.0)) > sum(at(-145.0, 15.0)));
        assert!(sum(at(-145.0, 15.0)) > sum(at(-145.0, -50.0)));
        assert_eq!(at(170.0, 10.0), NO_DATA);
        assert_eq!(at(-20.0, 89.0), COLORS.table()[at_share(&half(), 7)]);
    }

    /// Index into the table of the pixels of a row.
    fn at_share(pixels: &Array2<f64>, row: usize) -> usize {
        let scale = Scale::of(&SCHEMA.variables[0].encoding, pixels.iter().copied()).unwrap();
        let value = pixels[(row.saturating_sub(3), 0)];
        (scale.share(value).clamp(0.0, 1.0) * 255.0).round() as usize
    }

    #[test]
    fn the_colour_bar_runs_through_the_whole_map() {
        let canvas = draw(&input(&half()));
        let y = (BAR.y + BAR.height / 2.0) as usize;
        let table = COLORS.table();
        assert_eq!(canvas.pixel(BAR.x as usize + 2, y), table[0]);
        assert_eq!(canvas.pixel((BAR.x + BAR.width) as usize - 2, y), table[255]);
        assert_eq!(canvas.pixel(MAP.x as usize + 5, y), NO_DATA, "the key of no data");
    }

    #[test]
    fn classes_have_their_colours_on_the_map_and_in_the_key() {
        let flag = |value: f64, meaning: &str, color| Flag {
            value,
            mask: None,
            meaning: meaning.to_owned(),
            color: Some(color),
        };
        let flags = vec![flag(1.0, "water", [1, 2, 200]), flag(2.0, "forest", [3, 150, 4])];
        let variable = VariableSpec { flags, ..SCHEMA.variables[0].clone() };
        let pixels = half().mapv(|value| if value.is_nan() { 2.0 } else { f64::NAN });
        let canvas = draw(&QuicklookInput { variable: &variable, ..input(&pixels) });
        let (x, y) = Chart::of(GLOBE).project(135.0, 80.0);
        assert_eq!(canvas.pixel(x as usize, y as usize), [3, 150, 4]);
        let has = |color: Rgb| {
            let below = (MAP.y + MAP.height) as usize + 20..sheet::HEIGHT;
            below
                .flat_map(|y| (0..sheet::WIDTH).map(move |x| (x, y)))
                .any(|(x, y)| canvas.pixel(x, y) == color)
        };
        assert!(has([3, 150, 4]), "the class that is there");
        assert!(!has([1, 2, 200]), "the class that is not");
    }

    #[test]
    fn a_world_without_data_is_drawn_and_says_so() {
        let empty = Array2::from_elem((720, 1440), f64::NAN);
        let canvas = draw(&input(&empty));
        let (x, y) = Chart::of(GLOBE).project(20.0, 10.0);
        assert_eq!(canvas.pixel(x as usize, y as usize), NO_DATA);
        let inked = (BAR.x as usize..(BAR.x + BAR.width) as usize)
            .filter(|&x| canvas.pixel(x, (BAR.y + BAR.height) as usize - 4) != sheet::PAPER)
            .count();
        assert!(inked > 30, "{inked}");
        let none = Array2::zeros((0, 4));
        let error = quicklook(&input(&none)).unwrap_err().to_string();
        assert_eq!(error, "a quicklook needs at least one pixel, found an array of 0 x 4");
    }
}
