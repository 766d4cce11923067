// Writes formatter_vectors.json: the contract's own formatters applied to hard and to random doubles.
// Run once, by hand: node tests/revops/common/make_formatter_vectors.js
const fs = require('fs');
const path = require('path');

// Copied from dashboard_data_contracts.md, "Display Formatters".
const formatters = {
  currency: (v) => `$${(v/1000000).toFixed(1)}M`,
  currencyK: (v) => `$${(v/1000).toFixed(0)}K`,
  percent: (v) => `${(v * 100).toFixed(0)}%`,
  percentDelta: (v) => `${v >= 0 ? '+' : ''}${(v * 100).toFixed(0)}%`,
  days: (v) => `${v}d`,
  rank: (r, t) => `#${r}/${t}`,
};

const RANDOM_COUNT = 2000;
const SEED = 20240607;

// mulberry32: small, seeded, and the same on every machine.
function seededWords(seed) {
  return () => {
    seed = (seed + 0x6D2B79F5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  };
}

const word = seededWords(SEED);
const view = new DataView(new ArrayBuffer(8));

function fromWords(high, low) {
  view.setUint32(0, high);
  view.setUint32(4, low);
  return view.getFloat64(0);
}

function next(v, step) {
  view.setFloat64(0, v);
  view.setBigInt64(0, view.getBigInt64(0) + BigInt(step));
  return view.getFloat64(0);
}

function anyDouble() {
  for (;;) {
    const v = fromWords(word(), word());
    if (Number.isFinite(v)) return v;
  }
}

const unit = () => word() / 2 ** 32;
const sign = () => (word() & 1 ? 1 : -1);

// Every magnitude, the everyday amounts and shares, and few-decimal texts, where ties are close.
const randomKinds = [
  anyDouble,
  () => sign() * (1 + unit()) * 10 ** (Math.floor(unit() * 34) - 9),
  () => sign() * Math.round(unit() * 1e9) / 100,
  () => sign() * (Math.floor(unit() * 40000) * 50 + 50) * 1000,
  () => sign() * Math.floor(unit() * 4000) / 2000,
  () => sign() * fromWords(word() & 0xFFFFF, word()),
];

const around = (v) => [next(v, -1), v, next(v, 1)];

const hard = [
  0, -0, 0.4, 0.5, 1.5, 2.5, 0.05, 0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85, 0.95, 1.005, 1.45, 8.345,
  0.004, 0.005, 0.0049999, 0.015, 0.025, 0.145, 0.285, 0.29, 0.575, 0.565, 1.115, 0.995, 0.9949999999999999,
  0.285 * 100, 0.1 + 0.2, 0.78, 0.04, 4, 12, 45, 12.5, 400, 499.99999999999994, 500, 1500, 2500, 999499.99, 999500,
  49999.99999999999, 50000, 50000.00000000001, 150000, 250000, 350000, 450000, 750000, 950000, 949999.9999999999,
  999950, 1050000, 1150000, 1250000, 2100000, 8500000, 8450000, 8550000, 12345678.9, 999950000, 99949999.99999999,
  1e-5, 1e-6, 1.5e-6, 1e-7, 1.5e-7, 123e-20, 0.001, 0.002, 2e-3, 9999999, 1e7, 12345678, 123456.789,
  2 ** 31, 2 ** 32, 2 ** 32 + 0.5, 2 ** 52 + 0.5, 2 ** 52 - 0.5, 2 ** 53 - 1, 2 ** 53, 2 ** 53 + 2, 2 ** 63, 2 ** 64, 2 ** 69, 2 ** 70,
  123456789012345680000, 1.2345e25, 8.41e21, 2e23, 1e23, 9.5e-3, 2 ** -44, 2 ** -25, 5e-324, 1e-323, 1.5e-323, 2e-323, 1e-322,
  2.2250738585072014e-308, 2.225073858507201e-308, 1.7e308, 1.7976931348623157e308, 4.35, 4.349999999999999,
  ...[1e18, 1e19, 1e20, 1e21, 1e22, 1e24, 1e27].flatMap(around),
  ...[0.05, 0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85, 0.95].map((v) => v * 1e6).flatMap(around),
  ...[0.005, 0.015, 0.025, 0.035, 0.125, 0.555].flatMap(around),
];

const numbers = [...hard, ...hard.map((v) => -v)];
for (let i = 0; i < RANDOM_COUNT; i += 1) numbers.push(randomKinds[i % randomKinds.length]());

// JSON has no -0 of its own in JavaScript's writer, so each double is stored as its text.
const text = (v) => (Object.is(v, -0) ? '-0' : String(v));
const vectors = numbers.map((v, i) => {
  const total = numbers[(i + 1) % numbers.length];
  return {
    value: text(v),
    total: text(total),
    currency: formatters.currency(v),
    currency_k: formatters.currencyK(v),
    percent: formatters.percent(v),
    percent_delta: formatters.percentDelta(v),
    days: formatters.days(v),
    rank: formatters.rank(v, total),
  };
});

const lines = vectors.map((vector) => JSON.stringify(vector)).join(',\n');
fs.writeFileSync(path.join(__dirname, 'formatter_vectors.json'), `[\n${lines}\n]\n`);
