//! What the paths cost that nearly every request takes: `cargo bench`, or `cargo bench -- search` for some of them.
mod pages; // whole pages, without a network
mod queries; // lists and searches
mod saves; // what is on the disk afterwards
mod shop; // a database to measure on
mod values; // single values

use std::time::Duration;

use criterion::Criterion;

fn main() {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .sample_size(50)
        .configure_from_args();
    values::measure(&mut criterion);
    let shop = shop::Shop::open();
    queries::measure(&mut criterion, &shop.db);
    pages::measure(&mut criterion, &shop);
    saves::measure(&mut criterion, &shop.db);
    criterion.final_summary();
}
