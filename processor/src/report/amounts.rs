//! Amounts as people read them.

use std::fmt;

/// A number of bytes, in powers of 1000.
#[derive(Clone, Copy, Debug)]
pub struct Bytes(pub u64);

/// A count with thousands apart.
#[derive(Clone, Copy, Debug)]
pub struct Count(pub u64);

/// A time span.
#[derive(Clone, Copy, Debug)]
pub struct Seconds(pub f64);

impl fmt::Display for Bytes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [&str; 5] = ["B", "kB", "MB", "GB", "TB"];
        let mut value = self.0 as f64;
        let mut unit = 0;
        while value >= 999.5 && unit + 1 < UNITS.len() {
            value /= 1000.0;
            unit += 1;
        }
        let decimals = usize::from(unit > 0 && value < 9.95);
        write!(formatter, "{value:.decimals$} {}", UNITS[unit])
    }
}

impl fmt::Display for Count {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.0.to_string();
        let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
        for (index, digit) in digits.chars().enumerate() {
            if index > 0 && (digits.len() - index).is_multiple_of(3) {
                grouped.push(',');
            }
            grouped.push(digit);
        }
        formatter.pad_integral(true, "", &grouped)
    }
}

impl fmt::Display for Seconds {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0;
        if seconds < 59.95 {
            write!(formatter, "{seconds:.1} s")
        } else if seconds < 3600.0 {
            write!(formatter, "{} min {:02} s", seconds as u64 / 60, seconds as u64 % 60)
        } else {
            write!(formatter, "{} h {:02} min", seconds as u64 / 3600, seconds as u64 / 60 % 60)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_read_well() {
        for (bytes, text) in [(0, "0 B"), (999, "999 B"), (1500, "1.5 kB"), (2_345_678, "2.3 MB"), (18_000_000, "18 MB")] {
            assert_eq!(Bytes(bytes).to_string(), text);
        }
        assert_eq!(Count(1_234_567).to_string(), "1,234,567");
        assert_eq!(Count(7).to_string(), "7");
        assert_eq!(format!("{:>7}", Count(1234)), "  1,234");
        assert_eq!(Seconds(3.14).to_string(), "3.1 s");
        assert_eq!(Seconds(75.0).to_string(), "1 min 15 s");
        assert_eq!(Seconds(7260.0).to_string(), "2 h 01 min");
    }
}
