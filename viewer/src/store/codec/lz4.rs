//! Blocks of LZ4: <https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md>.

/// Decompresses a block that fills a buffer. `None` where it does not.
pub(super) fn block(mut encoded: &[u8], decoded: &mut [u8]) -> Option<()> {
    let mut at = 0_usize;
    loop {
        let token = take(&mut encoded)?;
        let literals = length(token >> 4, &mut encoded)?;
        let (bytes, rest) = encoded.split_at_checked(literals)?;
        decoded.get_mut(at..at.checked_add(literals)?)?.copy_from_slice(bytes);
        at += literals;
        encoded = rest;
        if encoded.is_empty() {
            // Only the last sequence has no match.
            return (at == decoded.len()).then_some(());
        }
        let offset = usize::from(take(&mut encoded)?) | usize::from(take(&mut encoded)?) << 8;
        let end = at.checked_add(length(token & 15, &mut encoded)? + 4)?;
        let from = at.checked_sub(offset)?;
        if offset == 0 || end > decoded.len() {
            return None;
        }
        // A match may run into itself: what has been copied is copied again, twice as much each time.
        while at < end {
            let count = (end - at).min(at - from);
            decoded.copy_within(from..from + count, at);
            at += count;
        }
    }
}

/// A length whose first four bits are given: 15 goes on in bytes, of which 255 goes on.
fn length(nibble: u8, encoded: &mut &[u8]) -> Option<usize> {
    let mut length = usize::from(nibble);
    if nibble == 15 {
        loop {
            let byte = take(encoded)?;
            length = length.checked_add(byte.into())?;
            if byte < 255 {
                break;
            }
        }
    }
    Some(length)
}

fn take(encoded: &mut &[u8]) -> Option<u8> {
    let (first, rest) = encoded.split_first()?;
    *encoded = rest;
    Some(*first)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decoded(encoded: &[u8], length: usize) -> Option<Vec<u8>> {
        let mut decoded = vec![0; length];
        block(encoded, &mut decoded).map(|()| decoded)
    }

    #[test]
    fn literals_and_matches_that_run_into_themselves() {
        assert_eq!(decoded(&[0x30, 1, 2, 3], 3).unwrap(), [1, 2, 3]);
        // Two literals, then 19 + 1 bytes from two back, then one literal.
        let encoded = [0x2F, 7, 8, 2, 0, 1, 0x10, 9];
        let expected: Vec<u8> = [7, 8].repeat(11).into_iter().chain([9]).collect();
        assert_eq!(decoded(&encoded, 23).unwrap(), expected);
        let run = [0x1F, 5, 1, 0, 255, 0, 0x00];
        assert_eq!(decoded(&run, 1 + 19 + 255).unwrap(), [5; 275]);
    }

    #[test]
    fn what_lies_outside_is_refused() {
        assert_eq!(decoded(&[0x10, 1, 2, 0, 0x00], 5), None, "from before the beginning");
        assert_eq!(decoded(&[0x10, 1, 0, 0, 0x00], 5), None, "from itself");
        assert_eq!(decoded(&[0x10, 1, 1, 0, 0x00], 4), None, "beyond the end");
        assert_eq!(decoded(&[0x30, 1, 2, 3], 4), None, "too short");
        assert_eq!(decoded(&[0xF0, 255, 255], 4), None, "a length that goes on");
        assert_eq!(decoded(&[], 0), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_decoded_or_refused(encoded in proptest::collection::vec(any::<u8>(), 0..64), length in 0..300_usize) {
            let _ = decoded(&encoded, length);
        }
    }
}
