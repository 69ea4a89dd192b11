//! The server's clock, which tests can move, and Nango's time formats.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp, civil::DateTime, tz::TimeZone};

/// The machine's clock plus an offset.
#[derive(Debug, Default)]
pub struct Clock {
    offset_ms: AtomicI64,
}

impl Clock {
    /// Nango's database stores microseconds.
    pub fn now(&self) -> Timestamp {
        let offset = SignedDuration::from_millis(self.offset_ms.load(Ordering::SeqCst));
        let now = Timestamp::now().saturating_add(offset).unwrap_or(Timestamp::MAX);
        Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
    }

    pub fn advance(&self, milliseconds: i64) {
        let add = |offset: i64| Some(offset.saturating_add(milliseconds));
        let _ = self.offset_ms.fetch_update(Ordering::SeqCst, Ordering::SeqCst, add);
    }

    pub fn set(&self, now: Timestamp) {
        let offset = now.as_millisecond() - Timestamp::now().as_millisecond();
        self.offset_ms.store(offset, Ordering::SeqCst);
    }
}

/// `2026-01-02T03:04:05.678Z`: imports, integrations and all times in credentials.
pub fn millis_z(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// `2026-01-02T03:04:05.678+00:00`: a single connection.
pub fn millis_offset(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S.%3f+00:00").to_string()
}

/// As many digits as needed, as PostgreSQL writes them: `created` in a list.
pub fn micros_offset(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S%.f+00:00").to_string()
}

/// Parses what JavaScript's `Date` accepts, as far as clients send it.
pub fn parse_date(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    text.parse::<Timestamp>().ok().or_else(|| {
        let civil: DateTime = text.parse().ok()?;
        Some(civil.to_zoned(TimeZone::UTC).ok()?.timestamp())
    })
}

pub fn plus_seconds(time: Timestamp, seconds: i64) -> Timestamp {
    time.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_as_each_endpoint_does() {
        let time = parse_date("2026-01-02T03:04:05.900Z").unwrap();
        assert_eq!(millis_z(time), "2026-01-02T03:04:05.900Z");
        assert_eq!(millis_offset(time), "2026-01-02T03:04:05.900+00:00");
        assert_eq!(micros_offset(time), "2026-01-02T03:04:05.9+00:00");
        let whole = parse_date("2026-01-02 03:04:05").unwrap();
        assert_eq!(micros_offset(whole), "2026-01-02T03:04:05+00:00");
        assert_eq!(
            millis_z(parse_date("2099-01-01T02:00:00+02:00").unwrap()),
            "2099-01-01T00:00:00.000Z"
        );
        assert_eq!(parse_date("soon"), None);
    }
}
