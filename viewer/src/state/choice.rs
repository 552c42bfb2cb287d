//! What a visitor chooses from: each choice has a code for links and a label for people.

use floe_shared::colormap::ColorMap;

use crate::basemap::BaseMap;
use crate::units::Unit;
use crate::view::Projection;

/// One of a few alternatives.
pub trait Choice: Copy + PartialEq + Send + Sync + 'static {
    /// All of them, in the order in which they are offered.
    const ALL: &'static [Self];

    /// The word that stands for it in a link.
    fn code(self) -> &'static str;

    /// The words that stand for it on the page.
    fn label(self) -> &'static str;

    /// The choice of a code.
    fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|choice| choice.code() == code)
    }
}

impl Choice for Unit {
    const ALL: &'static [Self] = &Unit::ALL;

    fn code(self) -> &'static str {
        Unit::code(self)
    }

    fn label(self) -> &'static str {
        self.symbol()
    }
}
impl Choice for Projection {
    const ALL: &'static [Self] = &Projection::ALL;

    fn code(self) -> &'static str {
        self.word()
    }

    fn label(self) -> &'static str {
        match self {
            Self::Mercator => "Mercator",
            Self::Globe => "Globe",
            Self::Equirectangular => "Plain",
        }
    }
}

impl Choice for BaseMap {
    const ALL: &'static [Self] =
        &[Self::Plain, Self::OnlineLight, Self::OnlineDark, Self::OnlineSatellite];

    fn code(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::OnlineLight => "light",
            Self::OnlineDark => "dark",
            Self::OnlineSatellite => "satellite",
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::Plain => "Outlines",
            Self::OnlineLight => "Light (online)",
            Self::OnlineDark => "Dark (online)",
            Self::OnlineSatellite => "Satellite (online)",
        }
    }
}

impl Choice for ColorMap {
    const ALL: &'static [Self] = &ColorMap::ALL;

    fn code(self) -> &'static str {
        self.name()
    }

    fn label(self) -> &'static str {
        ColorMap::label(self)
    }
}
