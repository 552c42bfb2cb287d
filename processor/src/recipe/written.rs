//! A recipe as it is written, before it is checked.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::{Spanned, Value};

use super::number::Number;

/// The whole file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    pub(super) title: Spanned<String>,
    pub(super) source: Option<String>,
    pub(super) references: Option<String>,
    pub(super) period: Option<Spanned<String>>,
    pub(super) one_per: Option<Spanned<String>>,
    pub(super) bands: Spanned<BTreeMap<String, Spanned<Band>>>,
    #[serde(default)]
    pub(super) valid: Vec<Spanned<Test>>,
    pub(super) variable: Vec<Spanned<Variable>>,
    // Read with the configuration, which may override them.
    #[serde(rename = "years")]
    _years: Option<Value>,
    #[serde(rename = "tile_list")]
    _tile_list: Option<Value>,
    #[serde(rename = "grid")]
    _grid: Option<Value>,
    #[serde(rename = "catalog")]
    _catalog: Option<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Band {
    pub(super) asset: Spanned<String>,
    #[serde(rename = "band_index")]
    pub(super) index: Option<Spanned<i64>>,
    #[serde(rename = "band_scale")]
    pub(super) scale: Option<Spanned<f64>>,
    #[serde(rename = "band_offset")]
    pub(super) offset: Option<Spanned<f64>>,
}

/// A test of an observation; which of its keys go together is checked afterwards.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Test {
    pub(super) band: Spanned<String>,
    pub(super) range: Option<Spanned<[f64; 2]>>,
    pub(super) bits: Option<Spanned<Vec<f64>>>,
    pub(super) values: Option<Spanned<Vec<f64>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Variable {
    pub(super) name: Spanned<String>,
    pub(super) band: Spanned<String>,
    pub(super) statistic: Spanned<String>,
    pub(super) percent: Option<Spanned<f64>>,
    pub(super) valid: Option<Vec<Spanned<Test>>>,
    pub(super) when: Option<Vec<Spanned<Test>>>,
    pub(super) gap: Option<Spanned<String>>,
    pub(super) overview: Option<Spanned<String>>,
    #[serde(rename = "type")]
    pub(super) data_type: Spanned<String>,
    pub(super) scale: Option<Spanned<f64>>,
    pub(super) offset: Option<Spanned<f64>>,
    pub(super) fill: Option<Spanned<Number>>,
    pub(super) units: Option<String>,
    pub(super) long_name: Option<String>,
    pub(super) standard_name: Option<String>,
    pub(super) valid_range: Option<Spanned<[Number; 2]>>,
    pub(super) flag_values: Option<Spanned<Vec<Number>>>,
    pub(super) flag_meanings: Option<Spanned<Vec<String>>>,
    pub(super) flag_colors: Option<Spanned<Vec<String>>>,
}
