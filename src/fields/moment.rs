use arrayvec::ArrayString;
use chrono::{Datelike, NaiveDate, NaiveDateTime, Timelike};

/// A time in UTC, read and written as it is laid out. A pattern is taken apart anew each time, and lists are full of times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment(pub NaiveDateTime);

impl Moment {
    /// Reads a time as SQLite keeps it, `2026-11-23 14:05:06.123456` with any number of decimals up to nine, or none.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let text = text.as_bytes();
        let number = |from: usize, to: usize| {
            text.get(from..to)?
                .iter()
                .try_fold(0_u32, |number, byte| byte.is_ascii_digit().then(|| number * 10 + u32::from(byte - b'0')))
        };
        let marks = [(4, b'-'), (7, b'-'), (10, b' '), (13, b':'), (16, b':')];
        if marks.iter().any(|(at, mark)| text.get(*at) != Some(mark)) {
            return None;
        }
        let nanoseconds = match text.len() {
            19 => 0,
            21..=29 if text[19] == b'.' => number(20, text.len())? * 10_u32.pow(29 - u32::try_from(text.len()).ok()?),
            _ => return None,
        };
        let date = NaiveDate::from_ymd_opt(i32::try_from(number(0, 4)?).ok()?, number(5, 7)?, number(8, 10)?)?;
        date.and_hms_nano_opt(number(11, 13)?, number(14, 16)?, number(17, 19)?, nanoseconds).map(Self)
    }

    /// Written for people: `2026-11-23 14:05`.
    #[must_use]
    pub fn to_the_minute(self) -> ArrayString<16> {
        self.write(*b"0000-00-00 00:00")
    }

    /// Written for programs (RFC 3339): `2026-11-23T14:05:06.123456Z`.
    #[must_use]
    pub fn to_the_microsecond(self) -> ArrayString<27> {
        self.write(*b"0000-00-00T00:00:00.000000Z")
    }

    /// Fills in a layout as far as it goes.
    fn write<const LENGTH: usize>(self, mut layout: [u8; LENGTH]) -> ArrayString<LENGTH> {
        let Self(time) = self;
        let parts = [
            (0..4, time.year().unsigned_abs()),
            (5..7, time.month()),
            (8..10, time.day()),
            (11..13, time.hour()),
            (14..16, time.minute()),
            (17..19, time.second()),
            (20..26, time.nanosecond() / 1_000),
        ];
        for (place, mut number) in parts {
            for digit in layout.get_mut(place).unwrap_or_default().iter_mut().rev() {
                *digit = b'0' + u8::try_from(number % 10).unwrap_or_default();
                number /= 10;
            }
        }
        ArrayString::from_byte_string(&layout).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_time_is_read_and_written_as_by_its_pattern(seconds in 0..253_402_300_800_i64, nanoseconds in 0..1_000_000_000_u32) {
            let time = chrono::DateTime::from_timestamp(seconds, nanoseconds).expect("the year has four digits").naive_utc();
            for pattern in ["%F %T", "%F %T%.3f", "%F %T%.6f", "%F %T%.9f", "%F %T%.f"] {
                let text = time.format(pattern).to_string();
                let expected = NaiveDateTime::parse_from_str(&text, "%F %T%.f").expect("it was written so");
                prop_assert_eq!(Moment::read(&text), Some(Moment(expected)));
            }
            prop_assert_eq!(Moment(time).to_the_minute().to_string(), time.format("%F %H:%M").to_string());
            let expected = time.and_utc().to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
            prop_assert_eq!(Moment(time).to_the_microsecond().to_string(), expected);
        }

        #[test]
        fn what_is_laid_out_differently_is_left_to_others(text in "[0-9: .T-]{0,30}") {
            let expected = NaiveDateTime::parse_from_str(&text, "%F %T%.f").ok();
            prop_assert!(Moment::read(&text).is_none_or(|moment| Some(moment.0) == expected));
        }
    }
}
