use serde::{Deserialize, Serialize};

use super::Verdict;
use crate::fields::{Currency, MINOR_MAX};

/// A percentage is kept in hundredths of a percent, so a factor is so many ten thousandths.
const WHOLE: i64 = 10_000;

/// How prices change: all by the same rule, in whole numbers of minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceChange {
    /// By how much.
    pub by: By,
    /// What the new price is rounded to.
    pub rounding: Rounding,
}

/// By how much a price changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum By {
    /// By so many hundredths of a percent.
    Percent(i64),
    /// By so many minor units.
    Amount(i64),
}

/// What a price is rounded to: the nearest one whose distance from `ending` is a multiple of `step`; of two as near,
/// the higher.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rounding {
    step: i64,
    ending: i64,
}

impl Rounding {
    /// Every rounding that can be chosen: 0.01, 0.05, 0.10 and 1.00 in a currency with cents; and prices that end in 9, 95 or 99.
    pub const ALL: [Self; 7] = [
        Self::to(1),
        Self::to(5),
        Self::to(10),
        Self::to(100),
        Self { step: 10, ending: 9 },
        Self { step: 100, ending: 95 },
        Self { step: 100, ending: 99 },
    ];

    const fn to(step: i64) -> Self {
        Self { step, ending: 0 }
    }

    /// As it stands in a form.
    #[must_use]
    pub fn name(self) -> String {
        if self.ending == 0 { self.step.to_string() } else { format!("ending-{}", self.ending) }
    }

    /// The rounding of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rounding| rounding.name() == name)
    }

    /// What it does, in words: `to the nearest 0.05`.
    #[must_use]
    pub fn described(self) -> String {
        let currency = Currency::installed();
        if self.ending == 0 {
            format!("to the nearest {}", currency.format(self.step))
        } else {
            let example = currency.format(400 + if self.step == 10 { 30 + self.ending } else { self.ending });
            format!("to the nearest price that ends in {}, like {example}", self.ending)
        }
    }
}

impl PriceChange {
    /// The price that becomes of `price`. A percentage of nothing is nothing: what costs 0 goes on costing 0.
    ///
    /// # Errors
    /// Why there can be none.
    pub fn of(self, price: i64) -> Result<i64, Verdict> {
        let (factor, added) = self.factor_and_added();
        let exact = i128::from(price) * i128::from(factor) + i128::from(added);
        if exact < 0 {
            return Err(Verdict::BelowZero);
        }
        if price == 0 && added == 0 {
            return Ok(0);
        }
        let Rounding { step, ending } = self.rounding;
        let shifted = 2 * exact + i128::from(WHOLE * (step - 2 * ending));
        let new = shifted.max(0) / i128::from(2 * WHOLE * step) * i128::from(step) + i128::from(ending);
        i64::try_from(new).ok().filter(|new| *new <= MINOR_MAX).ok_or(Verdict::TooHigh)
    }

    /// Whether prices are to become lower.
    #[must_use]
    pub fn lowers(self) -> bool {
        let (By::Percent(by) | By::Amount(by)) = self.by;
        by < 0
    }

    /// The exact new price is `price * factor + added`, in ten thousandths of a minor unit.
    fn factor_and_added(self) -> (i64, i64) {
        match self.by {
            By::Percent(hundredths) => (WHOLE + hundredths, 0),
            By::Amount(minor) => (WHOLE, minor * WHOLE),
        }
    }

    /// The lowest and the highest price that this can be done to.
    #[must_use]
    pub fn range(self) -> (i64, i64) {
        let lowest = match self.by {
            By::Amount(minor) => (-minor).max(0),
            By::Percent(_) => 0,
        };
        (lowest, self.last_from(lowest, |new| new.is_ok()))
    }

    /// The lowest and the highest price, but for nothing, of which nothing becomes; if there is one.
    #[must_use]
    pub fn made_free(self) -> Option<(i64, i64)> {
        let lowest = self.range().0.max(1);
        let highest = self.last_from(lowest, |new| new == Ok(0));
        // What is to be raised is left alone where it would fall.
        (self.lowers() && lowest <= highest).then_some((lowest, highest))
    }

    /// The highest price from `lowest` on, of those beside each other of which becomes what passes; or the one before `lowest`.
    fn last_from(self, lowest: i64, passes: impl Fn(Result<i64, Verdict>) -> bool) -> i64 {
        let (mut fits, mut fails) = (lowest - 1, MINOR_MAX + 1);
        while fails - fits > 1 {
            let price = fits + (fails - fits) / 2;
            if passes(self.of(price)) { fits = price } else { fails = price }
        }
        fits
    }

    /// [`of`](Self::of) in SQL, for prices in [`range`](Self::range): there, no number of it outgrows 64 bits.
    #[must_use]
    pub fn sql(self, price: &str) -> String {
        let (factor, added) = self.factor_and_added();
        let Rounding { step, ending } = self.rounding;
        let shifted = format!("({price} * {} + {})", 2 * factor, 2 * added + WHOLE * (step - 2 * ending));
        let new =
            format!("(CASE WHEN {shifted} < 0 THEN 0 ELSE {shifted} END) / {} * {step} + {ending}", 2 * WHOLE * step);
        if added == 0 { format!("(CASE WHEN {price} = 0 THEN 0 ELSE {new} END)") } else { format!("({new})") }
    }

    /// By how much, in words: `+5 %` or `−0.50`.
    #[must_use]
    pub fn amount(self) -> String {
        let (number, decimals, unit) = match self.by {
            By::Percent(hundredths) => (hundredths, Currency::default(), " %"),
            By::Amount(minor) => (minor, Currency::installed(), ""),
        };
        let sign = if number < 0 { '\u{2212}' } else { '+' };
        let digits = decimals.format(number.abs());
        let digits = if unit.is_empty() { &digits } else { digits.trim_end_matches('0').trim_end_matches('.') };
        format!("{sign}{digits}{unit}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn percent(hundredths: i64, rounding: &str) -> PriceChange {
        let rounding = Rounding::named(rounding).expect("a rounding");
        PriceChange { by: By::Percent(hundredths), rounding }
    }

    fn amount(minor: i64, rounding: &str) -> PriceChange {
        PriceChange { by: By::Amount(minor), ..percent(0, rounding) }
    }

    #[test]
    fn a_half_is_rounded_up() {
        assert_eq!(percent(500, "1").of(10), Ok(11), "10.5");
        assert_eq!(percent(-500, "1").of(10), Ok(10), "9.5");
        assert_eq!(percent(500, "1").of(9), Ok(9), "9.45");
        assert_eq!(percent(500, "1").of(1_799), Ok(1_889), "1888.95");
        assert_eq!(percent(250, "5").of(1_000), Ok(1_025));
        assert_eq!(percent(-3_333, "1").of(300), Ok(200), "200.01");
    }

    #[test]
    fn a_price_can_be_given_an_ending() {
        assert_eq!(percent(1_000, "ending-99").of(1_799), Ok(1_999), "19.79 is nearer to 19.99 than to 18.99");
        assert_eq!(percent(0, "ending-99").of(449), Ok(499), "of two as near, the higher");
        assert_eq!(percent(0, "ending-9").of(434), Ok(439));
        assert_eq!(percent(0, "ending-9").of(433), Ok(429));
        assert_eq!(percent(0, "ending-99").of(3), Ok(99), "the lowest there is");
    }

    #[test]
    fn what_is_free_stays_free_unless_an_amount_is_added() {
        assert_eq!(percent(500, "ending-99").of(0), Ok(0));
        assert_eq!(amount(50, "1").of(0), Ok(50));
    }

    #[test]
    fn no_price_falls_below_zero_or_beyond_the_highest() {
        assert_eq!(amount(-50, "1").of(49), Err(Verdict::BelowZero));
        assert_eq!(amount(-50, "1").of(50), Ok(0));
        assert_eq!(percent(1, "1").of(MINOR_MAX), Err(Verdict::TooHigh));
        assert_eq!(percent(-10_000, "1").of(MINOR_MAX), Ok(0));
    }

    #[test]
    fn an_amount_is_told_with_its_sign() {
        let told = [percent(500, "1"), percent(-250, "1"), percent(100_000, "1"), amount(-50, "1"), amount(1_000, "1")];
        assert_eq!(told.map(PriceChange::amount), ["+5 %", "−2.5 %", "+1,000 %", "−0.50", "+10.00"]);
    }

    #[test]
    fn the_prices_are_known_of_which_nothing_becomes() {
        assert_eq!(percent(-5_000, "1").made_free(), None, "0.005 is rounded up");
        assert_eq!(percent(-5_100, "1").made_free(), Some((1, 1)));
        assert_eq!(percent(-9_000, "100").made_free(), Some((1, 499)));
        assert_eq!(percent(-10_000, "1").made_free(), Some((1, MINOR_MAX)));
        assert_eq!((amount(-50, "1").made_free(), amount(-50, "5").made_free()), (Some((50, 50)), Some((50, 52))));
        assert_eq!((percent(-9_000, "ending-9").made_free(), percent(50, "100").made_free()), (None, None));
    }

    fn change() -> impl Strategy<Value = PriceChange> {
        let by = prop_oneof![
            (-10_000_i64..=100_000).prop_map(By::Percent),
            (-100_000_i64..=100_000).prop_map(By::Amount),
            (-MINOR_MAX..=MINOR_MAX).prop_map(By::Amount),
        ];
        (by, prop::sample::select(Rounding::ALL.to_vec())).prop_map(|(by, rounding)| PriceChange { by, rounding })
    }

    proptest! {
        #[test]
        fn no_price_that_may_be_is_nearer(change in change(), price in prop_oneof![0_i64..100_000, 0..=MINOR_MAX]) {
            let Rounding { step, ending } = change.rounding;
            let exact = match change.by {
                By::Percent(hundredths) => i128::from(price) * i128::from(10_000 + hundredths),
                By::Amount(minor) => i128::from(price + minor) * 10_000,
            };
            match change.of(price) {
                Err(Verdict::BelowZero) => prop_assert!(exact < 0),
                Err(verdict) => {
                    prop_assert_eq!(verdict, Verdict::TooHigh);
                    prop_assert!(exact > i128::from(MINOR_MAX - step) * 10_000);
                }
                Ok(0) if price == 0 => {}
                Ok(new) => {
                    prop_assert_eq!((new - ending) % step, 0);
                    let distance = |price: i64| (i128::from(price) * 10_000 - exact).abs();
                    prop_assert!(distance(new) < distance(new + step));
                    prop_assert!(new - step < 0 || distance(new) <= distance(new - step));
                }
            }
        }

        #[test]
        fn nothing_becomes_of_just_these_prices(change in change(), price in prop_oneof![1_i64..1_000, 1..=MINOR_MAX]) {
            let is_among = change.made_free().is_some_and(|(lowest, highest)| (lowest..=highest).contains(&price));
            prop_assert_eq!(change.lowers() && change.of(price) == Ok(0), is_among);
        }

        #[test]
        fn the_range_is_where_it_can_be_done(change in change(), price in 0..=MINOR_MAX) {
            let (lowest, highest) = change.range();
            prop_assert_eq!(change.of(price).is_ok(), (lowest..=highest).contains(&price));
            for edge in [lowest, highest].into_iter().filter(|_| lowest <= highest) {
                prop_assert!(change.of(edge).is_ok());
            }
            prop_assert!(highest == MINOR_MAX || change.of(highest + 1).is_err());
        }
    }
}
