//! The engine's speed on a model of the size of the European satisfaction index: 7 constructs, 24
//! indicators, n = 250, simulated ten-point ratings. `cargo bench --bench engine`.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use soundings::csi::analysis::{Plan, Unit};
use soundings::csi::bootstrap::{BootstrapOptions, Watch, below, stream};
use soundings::csi::data::{Indicators, ScaleRange};
use soundings::csi::fit::{FitOptions, fit};
use soundings::csi::model::{ModeA, PathModel};
use soundings::csi::moments::Moments;
use soundings::csi::syntax::parse;

const MODEL: &str = "Expectation ~ Image
Quality ~ Expectation
Value ~ Expectation + Quality
Satisfaction ~ Image + Expectation + Quality + Value
Complaints ~ Satisfaction
Loyalty ~ Image + Satisfaction + Complaints
Image =~ i1 + i2 + i3 + i4 + i5
Expectation =~ e1 + e2 + e3
Quality =~ q1 + q2 + q3 + q4 + q5 + q6 + q7
Value =~ v1 + v2
Satisfaction =~ s1 + s2 + s3
Complaints =~ c1
Loyalty =~ l1 + l2 + l3";

fn model() -> PathModel {
    PathModel::from_spec(&parse(MODEL).expect("the model above"), &ModeA::None).expect("the model above")
}

/// Ratings that share a level per row, so that everything is positively correlated.
fn data(model: &PathModel, rows: usize) -> Indicators {
    let mut random = stream(1, 0);
    let p = model.indicators.len();
    let mut bytes = Vec::with_capacity(rows * p);
    for _ in 0..rows {
        let level = below(&mut random, 6) as u8;
        bytes.extend((0..p).map(|_| 1 + level + below(&mut random, 5) as u8));
    }
    Indicators::from_bytes(model.indicators.clone().into(), &bytes)
}

fn engine(criterion: &mut Criterion) {
    let model = model();
    let data_250 = data(&model, 250);
    let moments = Moments::of(&data_250);
    let options = FitOptions::default();
    let scales = [ScaleRange { min: 1.0, max: 10.0 }; 24];
    criterion.bench_function("moments, n = 250", |b| b.iter(|| Moments::of(black_box(&data_250))));
    criterion
        .bench_function("fit from moments, 24 indicators", |b| b.iter(|| fit(black_box(&moments), &model, &options)));
    criterion.bench_function("fit from rows, n = 250, 24 indicators", |b| {
        b.iter(|| fit(&Moments::of(black_box(&data_250)), &model, &options));
    });
    let plan = Plan { options, ..Plan::new(&model, &data_250, &scales) };
    let bootstrap = BootstrapOptions::default();
    let mut group = criterion.benchmark_group("bootstrap");
    group.sample_size(20);
    group.bench_function("1,000 resamples, n = 250, all figures", |b| {
        b.iter(|| plan.run(black_box(&bootstrap), Unit::Auto, Watch::nobody()));
    });
    let ten_thousand = BootstrapOptions { resamples: 10_000, ..bootstrap };
    group.bench_function("10,000 resamples, n = 250, all figures", |b| {
        b.iter(|| plan.run(black_box(&ten_thousand), Unit::Auto, Watch::nobody()));
    });
    group.finish();
    let data_million = data(&model, 1_000_000);
    let mut group = criterion.benchmark_group("large");
    group.sample_size(10);
    group.bench_function("moments, n = 1,000,000", |b| b.iter(|| Moments::of(black_box(&data_million))));
    let plan = Plan::new(&model, &data_million, &scales);
    let five_thousand = BootstrapOptions { resamples: 5000, ..bootstrap };
    group.bench_function("5,000 resamples, n = 1,000,000, all figures", |b| {
        b.iter(|| plan.run(black_box(&five_thousand), Unit::Auto, Watch::nobody()));
    });
    group.finish();
}

criterion_group!(benches, engine);
criterion_main!(benches);
