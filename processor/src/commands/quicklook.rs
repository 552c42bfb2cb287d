//! `floe quicklook`: a picture of a variable.

use std::path::PathBuf;

use super::{App, write_file};
use crate::error::Error;
use crate::picture;
use crate::quicklook::read_world;
use crate::store::Access;

/// Draws a variable of a year with coasts and colour bar.
#[derive(clap::Args)]
pub(super) struct Args {
    /// A variable of the dataset, such as `avg_daytime_lst`
    variable: String,
    /// A year of the dataset
    year: i32,
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
    let year = dataset.layout().year_index(args.year).ok_or_else(|| Error::Usage {
        message: format!(
            "expected a year of the dataset ({}), found {}",
            app.config.years.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
            args.year
        ),
    })?;
    let world = read_world(&dataset, id, year, args.at.as_deref()).await?;
    let png = picture::quicklook(&picture::QuicklookInput {
        schema,
        variable,
        year: args.year,
        pixels: world.pixels.view(),
        snapshot: &world.snapshot,
    })?;
    write_file(&args.out, &png)?;
    let (width, height) = (world.pixels.ncols(), world.pixels.nrows());
    app.answer(
        || serde_json::json!({ "file": args.out, "snapshot": world.snapshot, "valid_pixels": world.valid_pixels }),
        || format!("{}: {} {} as {width} x {height} pixels, snapshot {}", args.out.display(), variable.name, args.year, world.snapshot),
    )
}
