//! Exit codes, after sysexits.h, so that a workflow knows what to retry.

/// Why a command ended without success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// The command line is wrong (`EX_USAGE`).
    Usage,
    /// Input data is damaged or not what it claims to be (`EX_DATAERR`).
    Data,
    /// A service or a file that the command needs cannot be reached (`EX_UNAVAILABLE`).
    Unavailable,
    /// An internal error (`EX_SOFTWARE`).
    Software,
    /// A local file cannot be written (`EX_IOERR`).
    Io,
    /// A passing failure: the same command may succeed later (`EX_TEMPFAIL`).
    TryAgain,
    /// Credentials are missing or do not suffice (`EX_NOPERM`).
    Permission,
    /// The configuration is wrong, or does not fit the store (`EX_CONFIG`).
    Configuration,
    /// Stopped by Ctrl-C (128 + SIGINT).
    Interrupted,
}

impl Exit {
    /// The process exit code.
    pub const fn code(self) -> u8 {
        match self {
            Self::Usage => 64,
            Self::Data => 65,
            Self::Unavailable => 69,
            Self::Software => 70,
            Self::Io => 74,
            Self::TryAgain => 75,
            Self::Permission => 77,
            Self::Configuration => 78,
            Self::Interrupted => 130,
        }
    }
}
