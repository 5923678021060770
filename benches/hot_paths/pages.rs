use actix_web::cookie::Cookie;
use actix_web::rt::System;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::web::Data;
use criterion::Criterion;
use stockroom::api::Access;
use stockroom::app::app;
use stockroom::users::FirstRun;
use stockroom::web::Proxies;

use crate::shop::Shop;

pub fn measure(criterion: &mut Criterion, shop: &Shop) {
    let system = System::new();
    let first_run = Data::new(FirstRun::new());
    let app = app(shop.db.clone(), Access::Token, Proxies::default(), first_run);
    let app = system.block_on(init_service(app));
    let get = |path| {
        let request = TestRequest::get().uri(path).cookie(Cookie::new("session", &shop.session)).to_request();
        system.block_on(async {
            let answer = call_service(&app, request).await;
            assert_eq!(answer.status(), 200, "{path}");
            read_body(answer).await
        })
    };
    for (name, path) in [
        ("page with 50 items", "/items"),
        ("page with the items of a store", "/items?store=50&sort=price"),
        ("form of an item", "/items/50000/edit"),
        ("overview", "/"),
    ] {
        criterion.bench_function(name, |b| b.iter(|| get(path)));
    }
}
