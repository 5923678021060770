use std::hint::black_box;

use criterion::Criterion;
use stockroom::bulk_edits::{By, PriceChange, Rounding};
use stockroom::fields::{Currency, fold, search_key};
use stockroom::items::Query;

const NAME: &str = "Côte Dorée Extra Strong Crème Brûlée 250 g";

pub fn measure(criterion: &mut Criterion) {
    let currency = Currency::installed();
    criterion.bench_function("fold a name", |b| b.iter(|| fold(black_box(NAME))));
    criterion.bench_function("search key of a name", |b| b.iter(|| search_key(black_box(NAME))));
    criterion.bench_function("parse a price", |b| b.iter(|| currency.parse(black_box("1,234.50"))));
    criterion.bench_function("format a price", |b| b.iter(|| currency.format(black_box(123_450))));
    let raise = PriceChange { by: By::Percent(750), rounding: Rounding::ALL[4] };
    criterion.bench_function("price by a rule", |b| b.iter(|| raise.of(black_box(123_450))));
    for (name, typed) in [
        ("parse a search of one word", "lamp"),
        ("parse a search of everything", "\"desk lamp\" -clearance tag:sale store:harbour price>=10 stock<5 müller"),
    ] {
        criterion.bench_function(name, |b| b.iter(|| Query::parse(black_box(typed), currency)));
    }
}
