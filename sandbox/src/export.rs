//! Writes generated granules as files under their NASA names.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::granule_name::Layer;
use super::planet::Planet;
use super::record::{Holdings, MadeGranule, granules, land_positions};
use super::rendered::Files;
use floe_raster::sinusoidal::Position;

/// What to write.
#[derive(Clone, Debug, PartialEq)]
pub struct Export {
    /// Where to; made if it is not there.
    pub folder: PathBuf,
    /// Decides everything that is made up.
    pub seed: u64,
    /// Which years, composites and satellites.
    pub holdings: Holdings,
    /// Which positions; empty: all that have land.
    pub positions: Vec<Position>,
}

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Exported {
    /// Granules.
    pub granules: usize,
    /// Bytes of their files.
    pub bytes: u64,
}

/// Why an export failed.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// A position without granules.
    #[error("position {position} has no granules: expected one with land")]
    Position {
        /// Which.
        position: Position,
    },
    /// A file or the folder cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl Export {
    /// Writes the files, with all processors; calls `progress` with the number of granules done and
    /// the number of all.
    pub fn run(&self, progress: impl Fn(usize, usize) + Sync) -> Result<Exported, ExportError> {
        let planet = Planet::new(self.seed);
        let with_land = land_positions(planet.land());
        if let Some(&position) = self.positions.iter().find(|one| !with_land.contains(one)) {
            return Err(ExportError::Position { position });
        }
        let positions = if self.positions.is_empty() { &with_land } else { &self.positions };
        let mut granules = granules(self.seed, positions, &self.holdings);
        granules.retain(|granule| !granule.is_hole);
        std::fs::create_dir_all(&self.folder).map_err(write_error(&self.folder))?;

        let write = |granule: &MadeGranule| -> Result<u64, ExportError> {
            let files = Files::render(&planet, granule);
            let mut bytes = 0;
            for layer in Layer::ALL {
                let path = self.folder.join(format!("{}_{}.tif", granule.name, layer.asset()));
                let file = files.layer(layer);
                std::fs::write(&path, file).map_err(write_error(&path))?;
                bytes += file.len() as u64;
            }
            Ok(bytes)
        };
        let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let outcome = Mutex::new(Ok(0));
        let workers = std::thread::available_parallelism().map_or(1, usize::from);
        std::thread::scope(|scope| {
            for _ in 0..workers {
                scope.spawn(|| {
                    while let Some(granule) = granules.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let written = write(granule);
                        let failed = written.is_err();
                        let mut outcome = outcome.lock().unwrap_or_else(PoisonError::into_inner);
                        match (&mut *outcome, written) {
                            (Ok(total), Ok(bytes)) => *total += bytes,
                            (outcome @ Ok(_), Err(error)) => *outcome = Err(error),
                            (Err(_), _) => {}
                        }
                        drop(outcome);
                        if failed {
                            next.store(granules.len(), Ordering::Relaxed);
                        }
                        progress(done.fetch_add(1, Ordering::Relaxed) + 1, granules.len());
                    }
                });
            }
        });
        let bytes = outcome.into_inner().unwrap_or_else(PoisonError::into_inner)?;
        Ok(Exported { granules: granules.len(), bytes })
    }
}

fn write_error(path: &Path) -> impl FnOnce(io::Error) -> ExportError {
    move |source| ExportError::Write { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn export(folder: PathBuf) -> Export {
        let holdings = Holdings { years: vec![2020], composites: 2, ..Holdings::default() };
        Export { folder, seed: 1, holdings, positions: vec![Position { h: 18, v: 4 }] }
    }

    #[test]
    fn granules_are_written_under_their_names() {
        let folder = tempfile::tempdir().unwrap();
        let last = Mutex::new((0, 0));
        let exported =
            export(folder.path().join("new")).run(|done, all| *last.lock().unwrap() = (done, all));
        let exported = exported.unwrap();
        let mut names: Vec<_> = std::fs::read_dir(folder.path().join("new"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names.len(), exported.granules * 2);
        assert!(names[0].starts_with("MOD11A2.A2020089.h18v04.061."), "{names:?}");
        assert!(names.iter().any(|name| name.ends_with("_QC_Day.tif")), "{names:?}");
        assert_eq!(last.into_inner().unwrap().1, exported.granules);
        assert!(super::super::real_granules::scan(&folder.path().join("new")).is_ok());
    }

    #[test]
    fn a_position_without_land_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let sea = Position { h: 0, v: 0 };
        let export = Export { positions: vec![sea], ..export(folder.path().to_owned()) };
        let error = export.run(|_, _| ()).unwrap_err();
        assert!(matches!(error, ExportError::Position { position } if position == sea));
    }
}
