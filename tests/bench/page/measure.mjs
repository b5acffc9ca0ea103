// Opens a page once in Chromium and prints its figures as JSON: see page_bench.py.  measure.mjs URL parzen|optuna TRIALS
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import path from "node:path";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const { chromium } = createRequire(path.join(root, "clients/web/package.json"))("playwright-core");
const [url, kind, trials] = [process.argv[2], process.argv[3], Number(process.argv[4])];
const PATIENCE = 180_000; // ms
const BRUSH = 3000; // ms

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--js-flags=--expose-gc"] });
const page = await browser.newPage({ viewport: { width: 1300, height: 900 } });
const figures = {};
const begun = Date.now();
await page.goto(url, { waitUntil: "commit" });
const wait = (test, argument) => page.waitForFunction(test, argument, { polling: 20, timeout: PATIENCE });

if (kind === "parzen") {
  const drawn = (least) => Number(document.querySelector('[data-testid="plot-history"]')?.dataset.marks ?? 0) >= least;
  await wait(drawn, 1);
  figures["first plot ms"] = Date.now() - begun;
  await wait(drawn, trials);
  figures["all drawn ms"] = Date.now() - begun;
} else {
  await wait(() => document.querySelector(".js-plotly-plot .main-svg .trace") !== null || document.querySelector(".js-plotly-plot canvas") !== null);
  figures["first plot ms"] = Date.now() - begun;
}
// Idle: for two seconds the page answers within 300 ms. What is told meanwhile goes on being drawn.
await page.evaluate(([pause, patience]) => new Promise((done) => {
  const from = performance.now();
  let [quiet, last] = [from, from];
  const look = () => {
    const now = performance.now();
    if (now - last > pause) quiet = now;
    last = now;
    if (now - quiet > 2000 || now - from > patience) done();
    else setTimeout(look, 20);
  };
  look();
}), [300, 60_000]);
figures["idle ms"] = Date.now() - begun - 2000;
figures["heap MB"] = await page.evaluate(() => { globalThis.gc?.(); return performance.memory.usedJSHeapSize / 1e6; });

if (kind === "parzen") {
  const box = await page.locator('[data-testid="plot-history"] .u-over').boundingBox();
  await page.evaluate(() => {
    globalThis.frames_ = 0;
    const frame = () => { ++globalThis.frames_; requestAnimationFrame(frame); };
    requestAnimationFrame(frame);
  });
  await page.mouse.move(box.x + 100, box.y + 20);
  await page.mouse.down();
  const from = Date.now();
  const before = await page.evaluate(() => globalThis.frames_);
  for (let move = 0; Date.now() - from < BRUSH; ++move) await page.mouse.move(box.x + 200 + (move % 40) * 15, box.y + 100 + (move % 10));
  figures["frames/s"] = ((await page.evaluate(() => globalThis.frames_)) - before) / ((Date.now() - from) / 1000);
  await page.mouse.up();
}
console.log(JSON.stringify(figures));
await browser.close();
