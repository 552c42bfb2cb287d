//! The masks of a part: which pixels count, and which of them hit.

use std::ops::Range;

use crate::program::Test;
use crate::samples::Samples;
use crate::with_samples;

use super::Observation;
use super::mask::{Check, hide};
use super::part::Span;
use super::plan::Plan;

/// Tests of an observation, made ready for the types of its bands.
#[derive(Debug)]
pub(super) struct Checks {
    /// By [`Plan::tests`].
    tests: Vec<Vec<Check>>,
    /// By [`Plan::hits`].
    hits: Vec<Vec<Check>>,
}

/// Masks of one part.
#[derive(Debug, Default)]
pub(super) struct Masks {
    /// By [`Plan::tests`].
    tests: Vec<Vec<u8>>,
    /// By [`Plan::valid`].
    pub valid: Vec<Vec<u8>>,
    /// By [`Plan::hits`].
    pub hits: Vec<Vec<u8>>,
    any: Vec<u8>,
}

impl Checks {
    pub(super) fn new(plan: &Plan, bands: &[Samples]) -> Self {
        let check = |test: &Test| Check::new(&test.condition, bands[test.band].data_type());
        let checks = |set: &Vec<Test>| set.iter().map(check).collect();
        Self {
            tests: plan.tests.iter().map(checks).collect(),
            hits: plan.hits.iter().map(|hit| checks(&hit.tests)).collect(),
        }
    }
}

impl Masks {
    pub(super) fn new(plan: &Plan) -> Self {
        Self {
            tests: vec![Vec::new(); plan.tests.len()],
            valid: vec![Vec::new(); plan.valid.len()],
            hits: vec![Vec::new(); plan.hits.len()],
            any: Vec::new(),
        }
    }

    /// Which pixels of a part of an observation's numbers count, but for what was taken on the same day.
    pub(super) fn make_valid(
        &mut self,
        plan: &Plan,
        observation: &Observation<'_>,
        checks: &Checks,
        part: &Range<usize>,
    ) {
        let Self { tests, valid, any, .. } = self;
        for ((mask, set), checks) in tests.iter_mut().zip(&plan.tests).zip(&checks.tests) {
            mask.clear();
            mask.resize(part.len(), u8::MAX);
            narrow(set, checks, observation.bands, part, mask, any);
        }
        for (mask, plan) in valid.iter_mut().zip(&plan.valid) {
            mask.clone_from(&tests[plan.tests]);
            let (band, nodata) = (&observation.bands[plan.band], observation.nodata[plan.band]);
            with_samples!(band, numbers => {
                hide(nodata, band.data_type(), &numbers[part.clone()], mask);
            });
        }
    }

    /// Takes out the pixels that have an observation of the same day, where one a day is taken: by [`Plan::valid`] those of the
    /// window that have one.
    pub(super) fn take_first_of_day(&mut self, taken: &mut [Vec<u8>], spans: &[Span]) {
        for (mask, taken) in self.valid.iter_mut().zip(taken) {
            for span in spans {
                let mask = mask[span.from..span.from + span.length].iter_mut();
                for (keep, taken) in mask.zip(span.of_window_mut(taken)) {
                    *keep &= !*taken;
                    *taken |= *keep;
                }
            }
        }
    }

    /// Which of those that count hit.
    pub(super) fn make_hits(
        &mut self,
        plan: &Plan,
        observation: &Observation<'_>,
        checks: &Checks,
        part: &Range<usize>,
    ) {
        for ((mask, plan), checks) in self.hits.iter_mut().zip(&plan.hits).zip(&checks.hits) {
            mask.clone_from(&self.valid[plan.valid]);
            narrow(&plan.tests, checks, observation.bands, part, mask, &mut self.any);
        }
    }

    /// How many pixels count for any output.
    pub(super) fn accepted(&mut self) -> u64 {
        match self.valid.as_slice() {
            [] => 0,
            [only] => set(only),
            [first, others @ ..] => {
                self.any.clone_from(first);
                for other in others {
                    for (any, other) in self.any.iter_mut().zip(other) {
                        *any |= other;
                    }
                }
                set(&self.any)
            }
        }
    }
}

/// Takes the pixels out of a mask that fail a test.
fn narrow(
    tests: &[Test],
    checks: &[Check],
    bands: &[Samples],
    part: &Range<usize>,
    mask: &mut [u8],
    any: &mut Vec<u8>,
) {
    for (test, check) in tests.iter().zip(checks) {
        with_samples!(&bands[test.band], numbers => {
            check.narrow(&numbers[part.clone()], mask, any);
        });
    }
}

/// How many pixels a mask has.
fn set(mask: &[u8]) -> u64 {
    // So many ones fit a byte.
    mask.chunks(255).map(|mask| u64::from(mask.iter().map(|keep| keep & 1).sum::<u8>())).sum()
}
