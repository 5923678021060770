use std::time::Duration;

/// How many rows the first step has, and how many one has at least and at most.
const FIRST: i64 = 500;
const LEAST: i64 = 100;
const MOST: i64 = 20_000;

/// How many rows of many to do next, so that each step takes about as long as it may.
#[derive(Debug, Clone, Copy)]
pub struct StepSize {
    /// So many rows.
    pub rows: i64,
    aim: Duration,
}

impl StepSize {
    /// The size of the first of the steps that are to take so long.
    #[must_use]
    pub fn first(aim: Duration) -> Self {
        Self { rows: FIRST, aim }
    }

    /// The size of the next step, from the time that one of this size took.
    #[must_use]
    pub fn next(self, took: Duration) -> Self {
        let [took, aim] = [took, self.aim].map(|time| i64::try_from(time.as_micros()).unwrap_or(i64::MAX).max(1));
        // Not more than twice as many: the next rows may be dearer.
        let rows = (self.rows.saturating_mul(aim) / took).min(self.rows * 2).clamp(LEAST, MOST);
        Self { rows, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_grow_and_shrink_with_the_time_they_take() {
        let after = |rows, milliseconds| {
            let size = StepSize { rows, aim: Duration::from_millis(25) };
            size.next(Duration::from_millis(milliseconds)).rows
        };
        assert_eq!(after(1_000, 25), 1_000);
        assert_eq!(after(1_000, 5), 2_000);
        assert_eq!(after(1_000, 50), 500);
        assert_eq!(after(100, 10_000), 100);
        assert_eq!(after(20_000, 1), 20_000);
    }
}
