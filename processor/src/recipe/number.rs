//! Numbers as recipes write them: whole or not, or `nan`.

use std::fmt;

use floe_shared::encoding::Scalar;
use serde::{Deserialize, Deserializer};

/// A number of a recipe.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Number(pub(super) Scalar);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Visitor).map(Self)
    }
}

struct Visitor;

impl serde::de::Visitor<'_> for Visitor {
    type Value = Scalar;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a number")
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Scalar, E> {
        Ok(Scalar::Int(number.into()))
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Scalar, E> {
        Ok(Scalar::Int(number.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Scalar, E> {
        Ok(Scalar::Float(number))
    }
}

impl fmt::Display for Number {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Scalar::Int(number) => number.fmt(formatter),
            Scalar::Float(number) => number.fmt(formatter),
        }
    }
}

/// Numbers as a recipe writes a list of them.
pub(super) fn listed(numbers: &[impl fmt::Display]) -> String {
    let texts: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    format!("[{}]", texts.join(", "))
}
