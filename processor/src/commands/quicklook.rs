//! `floe quicklook`: a picture of a variable.

use std::path::PathBuf;

use floe_shared::period::{Cadence, PeriodLabel};

use super::{App, write_file};
use crate::error::Error;
use crate::picture;
use crate::quicklook::read_whole;
use crate::store::Access;

/// Draws a variable of a period with coasts and colour bar.
#[derive(clap::Args)]
pub(super) struct Args {
    /// A variable of the dataset, such as `avg_daytime_lst`
    variable: String,
    /// A year of the dataset
    #[arg(required_unless_present = "period")]
    year: Option<PeriodLabel>,
    /// A period of the dataset by its label: 2021-07, 2021-DJF, WY2021, 2021-02-10 or 2021
    #[arg(long, value_name = "LABEL", conflicts_with = "year")]
    period: Option<PeriodLabel>,
    /// The picture
    #[arg(long, value_name = "FILE.png")]
    out: PathBuf,
    /// Draw it as it stood at a snapshot
    #[arg(long, value_name = "SNAPSHOT")]
    at: Option<String>,
}

pub(super) async fn run(app: &App, args: &Args) -> Result<(), Error> {
    let schema = &app.config.recipe.schema;
    let id = schema.named(&args.variable)?;
    let variable = schema.variable(id);
    let dataset = app.dataset(Access::Read).await?;
    let label = args.period.as_ref().or(args.year.as_ref());
    let periods = &dataset.layout().periods;
    let chosen = label.and_then(|label| Some((label, periods.index_of(label)?)));
    let (label, period) = chosen.ok_or_else(|| {
        let noun = if periods.cadence() == Cadence::Year { "year" } else { "period" };
        let known = periods.text();
        let known = known.split_once(' ').map_or("", |(_, labels)| labels);
        let found = label.map_or("none", PeriodLabel::as_str);
        Error::Usage {
            message: format!("expected a {noun} of the dataset ({known}), found {found}"),
        }
    })?;
    let whole = read_whole(&dataset, id, period, args.at.as_deref()).await?;
    let png = picture::quicklook(&picture::QuicklookInput {
        schema,
        variable,
        period: label,
        pixels: whole.pixels.view(),
        bounds: dataset.layout().grid.bounds(),
        snapshot: &whole.snapshot,
    })?;
    write_file(&args.out, &png)?;
    let (width, height) = (whole.pixels.ncols(), whole.pixels.nrows());
    app.answer(
        || serde_json::json!({ "file": args.out, "snapshot": whole.snapshot, "valid_pixels": whole.valid_pixels }),
        || format!("{}: {} {} as {width} x {height} pixels, snapshot {}", args.out.display(), variable.name, label, whole.snapshot),
    )
}
