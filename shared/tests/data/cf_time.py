"""Writes cf_time.tsv: what cftime (1.6, from PyPI) makes of numbers in units and calendars.

    cf_time.py > cf_time.tsv
"""

import cftime

CALENDARS = ["standard", "proleptic_gregorian", "julian", "noleap", "all_leap", "360_day"]
NUMBERS = {
    "days since 1970-01-01": [0, 59, 60, 365.25, -1, 18993.5, -141428, -141427, -200000, 400000],
    "hours since 1900-01-01 00:00:00.0": [0, 1, 1051896, 876582.25, -2e6],
    "seconds since 2000-02-28T12:30:15Z": [0, 86400, 43199.5, 1e9],
    "minutes since 1850-1-1": [0, 0.5, 1e8],
    "days since 0001-01-01 00:00:00": [0, 1, 365, 577736, 730500.125],
    "hours since 2000-01-01 00:00:00 +05:30": [0, 5.5, 8784],
}

for units, numbers in NUMBERS.items():
    for calendar in CALENDARS:
        for number in numbers:
            moment = cftime.num2date(number, units, calendar)
            milliseconds = round(moment.microsecond / 1000)
            fraction = f".{milliseconds:03}" if milliseconds else ""
            date = f"{moment.year:04}-{moment.month:02}-{moment.day:02}"
            clock = f"{moment.hour:02}:{moment.minute:02}:{moment.second:02}{fraction}"
            print(units, calendar, number, f"{date}T{clock}", sep="\t")
