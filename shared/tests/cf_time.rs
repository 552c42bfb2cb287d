//! Time coordinates are decoded as cftime decodes them.

use floe_shared::cf_time::{Calendar, Date, TimeUnits, is_midnight, label, parse};

fn decoded(units: &str, calendar: &str, number: f64) -> String {
    let units = TimeUnits::read(units, Some(calendar)).expect("units of time");
    label(units.seconds(number), units.calendar(), true)
}

#[test]
fn numbers_become_the_moments_that_cftime_makes_of_them() {
    let lines = include_str!("data/cf_time.tsv").lines();
    let mut count = 0;
    for line in lines {
        let [units, calendar, number, expected] =
            line.split('\t').collect::<Vec<_>>().try_into().unwrap();
        assert_eq!(decoded(units, calendar, number.parse().unwrap()), expected, "{line}");
        count += 1;
    }
    assert_eq!(count, 180);
}

#[test]
fn months_and_years_are_those_of_the_calendar() {
    for (units, calendar, number, expected) in [
        ("months since 2000-01-01", "standard", 1.0, "2000-02-01T00:00:00"),
        ("months since 2000-01-15 06:00", "noleap", 14.0, "2001-03-15T06:00:00"),
        ("months since 2000-01-01", "standard", 1.5, "2000-02-15T12:00:00"),
        ("months since 2000-01-01", "360_day", -13.0, "1998-12-01T00:00:00"),
        ("months since 2000-01", "360_day", 0.5, "2000-01-16T00:00:00"),
        ("years since 1850-01-01", "noleap", 150.0, "2000-01-01T00:00:00"),
    ] {
        assert_eq!(decoded(units, calendar, number), expected, "{number} {units}");
    }
}

#[test]
fn what_counts_no_time_since_a_moment_has_no_units_of_time() {
    for units in [
        "days",
        "1",
        "",
        "days since",
        "days since now",
        "K since 2000-01-01",
        "days before 2000-01-01",
        "days since 2000-13-01",
        "days since 2000-02-31",
    ] {
        assert_eq!(TimeUnits::read(units, None), None, "{units}");
    }
    assert_eq!(TimeUnits::read("days since 2000-01-01", Some("lunar")), None);
    // A day that only some calendars have.
    assert!(TimeUnits::read("days since 2000-02-30", Some("360_day")).is_some());
    assert!(TimeUnits::read("days since 2001-02-29", Some("all_leap")).is_some());
    assert!(TimeUnits::read("days since 2001-02-29", Some("noleap")).is_none());
}

#[test]
fn every_day_is_found_again() {
    for calendar in Calendar::ALL {
        let mut before = calendar.date(-800_001);
        for days in -800_000..800_000 {
            let date = calendar.date(days);
            assert_eq!(calendar.days(date), days, "{calendar:?} {date:?}");
            assert!(date > before, "{calendar:?}: {before:?}, then {date:?}");
            before = date;
        }
    }
    // The day before the reform's first is ten days earlier by name.
    let last_julian = Date { year: 1582, month: 10, day: 4 };
    assert_eq!(Calendar::Standard.date(-141_428), last_julian);
}

#[test]
fn labels_are_dates_or_moments_and_are_read_back() {
    assert_eq!(label(0.0, Calendar::Standard, false), "1970-01-01");
    assert_eq!(label(-0.5, Calendar::Standard, true), "1969-12-31T23:59:59.500");
    assert!(is_midnight(-86_400.0) && !is_midnight(3600.0));
    for calendar in Calendar::ALL {
        for seconds in [0.0, 951_782_400.0, -5e10, 4_102_444_799.25, -62_135_596_800.0] {
            let text = label(seconds, calendar, true);
            let read = parse(&text, calendar).map(|stretch| stretch.start);
            assert_eq!(read, Some(seconds), "{calendar:?} {text}");
        }
    }
}

#[test]
fn a_date_that_is_less_precise_is_a_stretch_of_time() {
    let days = |text: &str| {
        let stretch = parse(text, Calendar::Standard)?;
        Some((stretch.end - stretch.start) / 86_400.0)
    };
    assert_eq!(days("2020"), Some(366.0));
    assert_eq!(days("2021-02"), Some(28.0));
    assert_eq!(days("2021-02-03"), Some(1.0));
    assert_eq!(days("2021-02-03T06"), Some(1.0 / 24.0));
    assert_eq!(days("2021-02-03 06:30"), Some(1.0 / 1440.0));
    assert_eq!(days("2021-02-03T06:30:15"), Some(0.0));
    for text in [
        "",
        "now",
        "2021-",
        "2021-00",
        "2021-1-32",
        "2021-02-03T25",
        "2021-02-03T06:61",
        "20210203000000000",
    ] {
        assert_eq!(days(text), None, "{text}");
    }
    let at = |text: &str| parse(text, Calendar::Standard).map(|stretch| stretch.start);
    assert_eq!(at("2021-02-03T06:00:00+0200"), at("2021-02-03T04:00"));
    assert_eq!(at("2021-02-03T06:00:00 UTC"), at("2021-02-03T06Z"));
}
