//! Renders granules into files, and keeps the latest ones within a budget of bytes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use tokio::sync::{OnceCell, Semaphore};

use super::cog_writer::{Description, write_cog};
use super::granule_name::{GranuleName, Layer};
use super::grid_reference::GridReference;
use super::item::layer_title;
use super::planet::Planet;
use super::record::MadeGranule;

/// Bytes of files that are kept.
const BUDGET: usize = 64 << 20;

/// A granule's two files.
#[derive(Clone, Debug)]
pub(super) struct Files {
    temperature: Bytes,
    quality: Bytes,
}

impl Files {
    /// Observes a granule and writes its files.
    pub(super) fn render(planet: &Planet, granule: &MadeGranule) -> Self {
        let pixels = planet.observe(&granule.observation());
        let name = granule.name.to_string();
        let reference = GridReference::of(granule.name.position);
        let describe = |layer| Description { granule: &name, title: layer_title(layer), reference };
        Self {
            temperature: write_cog(&pixels.temperature, &describe(Layer::Temperature)).into(),
            quality: write_cog(&pixels.quality, &describe(Layer::Quality)).into(),
        }
    }

    /// The file of a layer.
    pub(super) const fn layer(&self, layer: Layer) -> &Bytes {
        match layer {
            Layer::Temperature => &self.temperature,
            Layer::Quality => &self.quality,
        }
    }

    const fn len(&self) -> usize {
        self.temperature.len() + self.quality.len()
    }
}

/// A rendering that did not come to its end.
#[derive(Debug, thiserror::Error)]
#[error("rendering of {granule} broke off: {source}")]
pub(super) struct RenderError {
    granule: GranuleName,
    source: tokio::task::JoinError,
}

/// Renders on demand; each granule once, however many ask for it at the same time.
#[derive(Debug)]
pub(super) struct Renderer {
    planet: Arc<Planet>,
    /// As many renderings at a time as there are processors.
    permits: Semaphore,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    files: HashMap<GranuleName, Slot>,
    clock: u64,
    bytes: usize,
}

#[derive(Debug, Default)]
struct Slot {
    files: Arc<OnceCell<Files>>,
    /// When it was last asked for, by the clock that ticks with each question.
    used: u64,
    /// Length of the files once they are there.
    bytes: usize,
}

impl Renderer {
    pub(super) fn new(planet: Arc<Planet>) -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Self { planet, permits: Semaphore::new(processors), kept: Mutex::default() }
    }

    /// A granule's files.
    pub(super) async fn files(&self, granule: MadeGranule) -> Result<Files, RenderError> {
        let cell = self.slot(granule.name);
        let files = cell.get_or_try_init(|| self.render(granule)).await?.clone();
        self.settle(granule.name, files.len());
        Ok(files)
    }

    async fn render(&self, granule: MadeGranule) -> Result<Files, RenderError> {
        // The semaphore is never closed, so a permit always comes.
        let _permit = self.permits.acquire().await.ok();
        let planet = Arc::clone(&self.planet);
        tokio::task::spawn_blocking(move || Files::render(&planet, &granule))
            .await
            .map_err(|source| RenderError { granule: granule.name, source })
    }

    fn slot(&self, name: GranuleName) -> Arc<OnceCell<Files>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.clock += 1;
        let now = kept.clock;
        let slot = kept.files.entry(name).or_default();
        slot.used = now;
        Arc::clone(&slot.files)
    }

    /// Notes the length of a granule's files and lets the longest unused ones go.
    fn settle(&self, name: GranuleName, length: usize) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(slot) = kept.files.get_mut(&name) else { return };
        let before = std::mem::replace(&mut slot.bytes, length);
        kept.bytes = kept.bytes + length - before;
        while kept.bytes > BUDGET {
            let done = kept.files.iter().filter(|(_, slot)| slot.bytes > 0);
            let Some(oldest) = done.min_by_key(|(_, slot)| slot.used).map(|(name, _)| *name) else {
                return;
            };
            kept.bytes -= kept.files.remove(&oldest).map_or(0, |slot| slot.bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::record::{Holdings, granules};
    use super::*;
    use floe_raster::sinusoidal::Position;

    #[tokio::test]
    async fn files_are_kept_within_the_budget_and_come_back_the_same() {
        let renderer = Renderer::new(Arc::new(Planet::new(1)));
        let made = granules(1, &[Position { h: 19, v: 7 }], &Holdings::default());
        let first = renderer.files(made[0]).await.unwrap();
        for granule in &made[..40] {
            renderer.files(*granule).await.unwrap();
            let kept = renderer.kept.lock().unwrap();
            let sum: usize = kept.files.values().map(|slot| slot.bytes).sum();
            assert!(kept.bytes <= BUDGET && kept.bytes == sum);
        }
        assert!(!renderer.kept.lock().unwrap().files.contains_key(&made[0].name));
        let again = renderer.files(made[0]).await.unwrap();
        assert_eq!(first.layer(Layer::Temperature), again.layer(Layer::Temperature));
        assert_eq!(first.layer(Layer::Quality), again.layer(Layer::Quality));
    }
}
