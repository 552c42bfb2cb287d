//! The `zstd` codec: RFC 8878, at any level.

use super::error::DecodeError;

/// Decompresses a frame into a buffer; gives the number of bytes.
pub(super) fn frame(frame: &[u8], decoded: &mut [u8]) -> Result<usize, DecodeError> {
    ::zstd::zstd_safe::decompress(decoded, frame)
        .map_err(|code| DecodeError::Zstd(::zstd::zstd_safe::get_error_name(code).to_owned()))
}
