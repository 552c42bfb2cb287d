//! The colours of the page: what the visitor chose, else what suits the variable shown.

use floe_shared::colormap::{ColorMap, Kind};
use leptos::prelude::*;

use super::colours::{self, Palette};
use super::page::Page;
use super::range::{End, Range};
use crate::chunk::VariableId;
use crate::dataset::VariableInfo;
use crate::units::Quantity;

/// Colours, and the values that they stand for, as the map takes them.
#[derive(Clone, PartialEq)]
pub struct Colouring {
    /// The colours.
    pub palette: Palette,
    /// The values of the first and the last one, in the store's units; codes of classes.
    pub range: (f64, f64),
    /// Whether colours follow the logarithm of values.
    pub is_log: bool,
    /// Whether values may be interpolated.
    pub is_continuous: bool,
    /// Whether it is known which values suit: until then there is nothing to be seen.
    pub is_known: bool,
}

impl Page {
    /// The range that the colours span: what was asked for, else what suits the variable: the Earth's temperatures, what
    /// the store calls valid, or what the screen showed of it.
    pub fn range(self) -> Memo<Range> {
        Memo::new(move |_| self.range_now())
    }

    /// The same as [`Page::range`] has it.
    pub fn range_now(self) -> Range {
        let asked = self.view.with(|view| view.range);
        asked.or_else(|| self.own_range()).unwrap_or(Range::UNIT)
    }

    /// The range that suits the variable shown, as far as it is known.
    pub fn own_range(self) -> Option<Range> {
        if let Quantity::Temperature(_) = self.quantity_now() {
            return Some(Range::EARTH);
        }
        let range = self.found_range()?;
        let is_diverging = self.kind_now() == Kind::Diverging;
        Some(if is_diverging { range.symmetric() } else { range })
    }

    /// What the store or the screen says of the variable's values.
    fn found_range(self) -> Option<Range> {
        let (variable, valid) = (self.variable_now()?, self.info_now()?.valid);
        let valid = valid.and_then(|(low, high)| Range::between(low, high));
        let own = |fitted: &Vec<(VariableId, Range)>| {
            fitted.iter().find(|(fitted, _)| *fitted == variable).map(|(_, range)| *range)
        };
        valid.or_else(|| self.fitted.with(own))
    }

    /// The kind of colours that suits the variable shown.
    fn kind_now(self) -> Kind {
        let own = self.info_now().map(|info| info.kind).unwrap_or_default();
        match self.quantity_now() {
            Quantity::Temperature(_) => own,
            Quantity::Other(_) => colours::kind(own, self.found_range()),
        }
    }

    /// The colour map.
    pub fn colormap(self) -> Memo<ColorMap> {
        Memo::new(move |_| self.colormap_now())
    }

    /// The same as [`Page::colormap`] has it.
    pub fn colormap_now(self) -> ColorMap {
        let asked = self.view.with(|view| view.colormap);
        asked.unwrap_or_else(|| colours::usual(self.kind_now()))
    }

    /// The colours of the map, lowest value first.
    pub fn palette(self) -> Memo<Palette> {
        Memo::new(move |_| {
            colours::palette(self.colormap_now(), self.view.with(|view| view.reversed))
        })
    }

    /// Whether the colours can follow the logarithm of values, from where there are no negative ones.
    pub fn can_be_log(self) -> Memo<bool> {
        Memo::new(move |_| {
            let is_other = matches!(self.quantity_now(), Quantity::Other(_));
            is_other && self.range_now().end(End::Low) >= 0.0
        })
    }

    /// Whether they do.
    pub fn is_log(self) -> Memo<bool> {
        Memo::new(move |_| self.is_log_now())
    }

    /// The same as [`Page::is_log`] has it.
    pub fn is_log_now(self) -> bool {
        let is_other = matches!(self.quantity_now(), Quantity::Other(_));
        is_other && self.view.with(|view| view.log) && self.range_now().is_positive()
    }

    /// Lets the colours follow the logarithm of values or the values; a range from zero then begins above it.
    pub fn set_log(self, on: bool) {
        let range = untrack(|| self.range_now());
        self.change(|view| {
            view.log = on;
            if on && !range.is_positive() {
                view.range = range.above_zero();
            }
        });
    }

    /// The classes of the variable shown, if it has nothing else.
    pub fn classes(self) -> Memo<Option<VariableInfo>> {
        Memo::new(move |_| self.info_now().filter(|info| info.are_classes))
    }

    /// Whether the variable shown has classes and nothing else.
    pub fn has_classes(self) -> Memo<bool> {
        Memo::new(move |_| self.are_classes_now())
    }

    /// The same as [`Page::has_classes`] has it.
    pub fn are_classes_now(self) -> bool {
        self.info_now().is_some_and(|info| info.are_classes)
    }

    /// Colours and their values.
    pub fn colouring(self) -> Memo<Colouring> {
        Memo::new(move |_| {
            if let Some(info) = self.info_now().filter(|info| info.are_classes) {
                return Colouring {
                    palette: colours::class_palette(&info.flags),
                    // Each code has a colour.
                    range: (0.0, 256.0),
                    is_log: false,
                    is_continuous: false,
                    is_known: true,
                };
            }
            let (range, quantity) = (self.range_now(), self.quantity_now());
            let stored = |end| quantity.stored(range.end(end));
            let is_reversed = self.view.with(|view| view.reversed);
            Colouring {
                palette: colours::palette(self.colormap_now(), is_reversed),
                range: (stored(End::Low), stored(End::High)),
                is_log: self.is_log_now(),
                is_continuous: true,
                is_known: self.knows_range(),
            }
        })
    }

    /// Whether it is known which values suit.
    pub fn knows_range(self) -> bool {
        self.view.with(|view| view.range.is_some()) || self.own_range().is_some()
    }

    /// Moves an end of the range.
    pub fn move_end(self, end: End, value: f64) {
        let (range, measure, is_log) =
            untrack(|| (self.range_now(), self.measure_now(), self.is_log_now()));
        let moved = range.with_end(end, value, &measure);
        if is_log && !moved.is_positive() {
            // No logarithm reaches there: show again what holds.
            return self.view.notify();
        }
        self.change(|view| view.range = Some(moved));
    }
}
