// Chromium for the tests of the page, with playwright-core from clients/web. Every page that is opened is watched: a line in its
// console, an exception or a request to another origin fails the test that opened it.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import path from "node:path";
import fs from "node:fs";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const require = createRequire(path.join(root, "clients/web/package.json"));
const { chromium } = require("playwright-core");
const axeSource = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

export const pictures = process.env.PAGE_PICTURES ?? path.join(root, "build/full/page");
fs.mkdirSync(pictures, { recursive: true });

let browser;
export async function start() {
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
}
export async function stop() {
  await browser?.close();
}

export const byId = (page, id) => page.locator(`[data-testid="${id}"]`);

// Runs `use` with a page at `url`, and checks afterwards that it kept quiet. `refusals`: the server may refuse calls, `unreachable`: it may
// be away, which the browser itself puts into the console.
export async function withPage(url, use, { refusals = false, unreachable = false, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1300, height: 900 }, acceptDownloads: true, ...options });
  const page = await context.newPage();
  const faults = [];
  page.on("console", (message) => {
    if (refusals && /the server responded with a status of (4|5)\d\d/.test(message.text())) return;
    if (unreachable && /Failed to load resource: net::ERR_/.test(message.text())) return;
    faults.push(`console ${message.type()}: ${message.text()}`);
  });
  page.on("pageerror", (error) => faults.push(`exception: ${error.stack}`));
  const origin = new URL(url).origin;
  page.on("request", (request) => {
    const to = new URL(request.url());
    if (to.protocol.startsWith("http") && to.origin !== origin) faults.push(`request to ${to.origin}`);
  });
  try {
    await page.goto(url);
    await use(page);
    assert.deepEqual(faults, []);
  } finally {
    await context.close();
  }
}

// Scrolls through the page, so that everything that waits to be seen is drawn.
export async function lookAtAll(page) {
  await page.evaluate(async () => {
    for (let y = 0; y < document.body.scrollHeight; y += 500) {
      scrollTo(0, y);
      await new Promise((done) => setTimeout(done, 60));
    }
    scrollTo(0, 0);
  });
}

// Moves the pointer from one point to another with its button down.
export async function drag(page, [fromX, fromY], [toX, toY]) {
  await page.mouse.move(fromX, fromY);
  await page.mouse.down();
  await page.mouse.move(toX, toY, { steps: 8 });
  await page.mouse.up();
}

// Brushes the left half of the history.
export async function brushHistory(page) {
  const box = await byId(page, "plot-history").locator(".u-over").boundingBox();
  await drag(page, [box.x + 5, box.y + 2], [box.x + box.width / 2, box.y + box.height - 2]);
}

// Polls `read` until it is `wanted`; returns how long that took, in ms.
export async function until(read, wanted, milliseconds = 5000) {
  const begun = Date.now();
  for (;;) {
    const found = await read();
    if (found === wanted) return Date.now() - begun;
    if (Date.now() - begun > milliseconds) assert.equal(found, wanted, `after ${milliseconds} ms`);
    await new Promise((done) => setTimeout(done, 20));
  }
}

// The share of a plot's pixels inside its axes that are not the background's colour.
export async function inked(page, id) {
  return byId(page, id).locator("canvas").first().evaluate((canvas) => {
    const { width, height } = canvas;
    const copy = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
    copy.drawImage(canvas, 0, 0);
    const data = copy.getImageData(0, 0, width, height).data;
    let count = 0;
    for (let k = 3; k < data.length; k += 4) if (data[k] > 60) ++count;
    return count / (width * height);
  });
}

export async function call(base, method, message, token) {
  const headers = { "Content-Type": "application/json", ...(token ? { Authorization: `Bearer ${token}` } : {}) };
  const answer = await fetch(`${base}/parzen.v1.Optimizer/${method}`, { method: "POST", headers, body: JSON.stringify(message) });
  const body = await answer.json();
  assert.equal(answer.status, 200, JSON.stringify(body));
  return body;
}

// No serious fault of accessibility.
export async function axe(page) {
  await page.evaluate(axeSource);
  const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  const serious = found.violations.filter((one) => one.impact === "serious" || one.impact === "critical")
    .map((one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => node.html.slice(0, 120)).join(" | ")}`);
  assert.deepEqual(serious, []);
}
