//! Bands: files of an observation, and the numbers in them.

use floe_raster::program::Affine;
use toml::Spanned;

use super::super::written::Written;
use super::super::{Band, RecipeError};
use super::Check;

/// No file has more bands.
const MOST_BANDS: i64 = 65_535;

impl Check<'_> {
    /// The bands that variables or tests name, by their names.
    pub(super) fn bands(&self, written: &Written) -> Result<Vec<Band>, RecipeError> {
        let known = written.bands.get_ref();
        let mut named = Vec::new();
        for variable in &written.variable {
            let variable = variable.get_ref();
            named.push(&variable.band);
            let own = variable.valid.iter().chain(&variable.when).flatten();
            named.extend(own.map(|test| &test.get_ref().band));
        }
        named.extend(written.valid.iter().map(|test| &test.get_ref().band));
        for name in &named {
            if !known.contains_key(name.get_ref()) {
                let names: Vec<&str> = known.keys().map(String::as_str).collect();
                let expected = format!("one of the recipe's bands ({})", names.join(", "));
                return Err(self.wrong(name, "band", &expected, name.get_ref()));
            }
        }
        let mut bands = Vec::new();
        for (name, band) in known {
            let key = |member: &str| format!("bands.{name}.{member}");
            let band = band.get_ref();
            if band.asset.get_ref().is_empty() {
                return Err(self.wrong(&band.asset, &key("asset"), "an asset's key", "none"));
            }
            let index = match &band.index {
                None => 1,
                Some(index) if (1..=MOST_BANDS).contains(index.get_ref()) => *index.get_ref(),
                Some(index) => {
                    let what = format!("a number from 1 to {MOST_BANDS}");
                    return Err(self.wrong(index, &key("band_index"), &what, index.get_ref()));
                }
            };
            let scale = self.factor(band.scale.as_ref(), &key("band_scale"), true)?;
            let offset = self.factor(band.offset.as_ref(), &key("band_offset"), false)?;
            if named.iter().any(|named| named.get_ref() == name) {
                let (name, asset) = (name.clone(), band.asset.get_ref().clone());
                bands.push(Band { name, asset, index: index as u16, scale, offset });
            }
        }
        Ok(bands)
    }

    /// The place of the band of a name.
    pub(super) fn band(
        &self,
        name: &Spanned<String>,
        bands: &[Band],
    ) -> Result<usize, RecipeError> {
        let place = bands.iter().position(|band| band.name == *name.get_ref());
        place.ok_or_else(|| self.wrong(name, "band", "one of the recipe's bands", name.get_ref()))
    }

    /// A scale or an offset, where there is one.
    pub(super) fn factor(
        &self,
        factor: Option<&Spanned<f64>>,
        key: &str,
        is_scale: bool,
    ) -> Result<Option<f64>, RecipeError> {
        let Some(factor) = factor else { return Ok(None) };
        let number = *factor.get_ref();
        if number.is_finite() && !(is_scale && number == 0.0) {
            return Ok(Some(number));
        }
        Err(self.wrong(factor, key, "a finite number, and no scale of 0", number))
    }
}

impl Band {
    /// What its numbers stand for, of a variable that is stored so: digital numbers pass as they are where the band says
    /// nothing else.
    pub(super) fn source(&self, stored: Affine) -> Affine {
        Affine {
            scale: self.scale.unwrap_or(stored.scale),
            offset: self.offset.unwrap_or(stored.offset),
        }
    }
}
