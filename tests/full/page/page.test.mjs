// What a user meets on the page, in Chromium, against a real server. Run by tests/full/page.py, which makes the studies and says in
// PAGE_EXPECTED what each plot must show.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import path from "node:path";
import fs from "node:fs";
import { axe, brushHistory, byId, call, drag, inked, lookAtAll, pictures, start, stop, until, withPage } from "./browser.mjs";

const base = process.env.PAGE_BASE;
const expected = JSON.parse(process.env.PAGE_EXPECTED);
const marks = (page, id) => byId(page, id).first().getAttribute("data-marks").then(Number);
const study = (name) => `${base}/studies/${encodeURIComponent(name)}`;
const ready = (page, trials) => until(() => byId(page, "page-study").getAttribute("data-trials").then(Number), trials, 15000);

before(start);
after(stop);

test("the list shows every study, and finds one", () => withPage(`${base}/`, async (page) => {
  const names = Object.keys(expected);
  await until(() => byId(page, "study-row").count(), names.length);
  const row = page.locator('[data-testid="study-row"][data-study="digits"]');
  assert.equal(await row.locator('[data-testid="study-state"]').textContent(), "active");
  await row.locator('[data-testid="sparkline"]').waitFor();
  assert.match(await row.locator('[data-testid="study-progress"]').textContent(), new RegExp(`^${expected.digits.ended}`));
  await byId(page, "study-search").fill("digi");
  await until(() => byId(page, "study-row").count(), names.filter((name) => name.includes("digi")).length);
  await page.screenshot({ path: path.join(pictures, "studies.png") });
}));

test("a new study appears on the list within a second", () => withPage(`${base}/`, async (page) => {
  const names = Object.keys(expected);
  await until(() => byId(page, "study-row").count(), names.length);
  await call(base, "CreateStudy", { study: { name: "fresh" } });
  const took = await until(() => byId(page, "study-row").count(), names.length + 1);
  await call(base, "DeleteStudy", { study: "fresh" });
  await until(() => byId(page, "study-row").count(), names.length);
  assert.ok(took <= 1000, `${took} ms`);
}));

for (const [name, wanted] of Object.entries(expected)) {
  for (const colorScheme of ["light", "dark"]) {
    test(`every plot of ${name} has its marks (${colorScheme})`, () => withPage(study(name), async (page) => {
      await ready(page, wanted.trials);
      await lookAtAll(page);
      for (const [plot, count] of Object.entries(wanted.marks)) {
        await until(() => marks(page, `plot-${plot}`), count);
        if (count > 0 && !["slices", "importances"].includes(plot)) {
          await until(async () => (await inked(page, `plot-${plot}`)) > 0.001, true);
        }
      }
      assert.equal(await byId(page, "slice").count(), Math.min(12, wanted.params));
      assert.equal(Number(await byId(page, "table").getAttribute("data-rows")), wanted.trials);
      if (wanted.front !== undefined) assert.equal(Number(await byId(page, "front-size").textContent()), wanted.front);
      await page.screenshot({ path: path.join(pictures, `${name.replace(/\W+/g, "-")}-${colorScheme}.png`), fullPage: true });
      await axe(page);
    }, { colorScheme }));
  }
}

test("the list and a trial have no serious fault of accessibility", async () => {
  await withPage(`${base}/`, async (page) => {
    await byId(page, "study-row").first().waitFor();
    await axe(page);
  });
  await withPage(`${study("digits")}/trials/30`, async (page) => {
    await byId(page, "explained-group").first().waitFor();
    await axe(page);
  });
});

test("what is told shows within a second", () => withPage(study("live"), async (page) => {
  await ready(page, expected.live.trials);
  await until(() => byId(page, "live").textContent(), "live");
  const { trials: [trial] } = await call(base, "Ask", { study: "live", worker: "here" });
  await until(() => byId(page, "page-study").getAttribute("data-trials").then(Number), expected.live.trials + 1, 1000);
  await call(base, "Tell", { outcomes: [{ trial: trial.handle, values: [0.001] }] });
  const took = await until(() => byId(page, "best").textContent(), "0.001", 3000);
  assert.ok(took <= 1000, `${took} ms`);
  assert.equal(await marks(page, "plot-history"), expected.live.marks.history + 1);
}));

test("the trial to trust is the one that the server recommends", () => withPage(study("digits"), async (page) => {
  await ready(page, expected.digits.trials);
  const { trials: [trusted], basis } = await call(base, "RecommendTrials", { study: "digits" });
  assert.notEqual(basis, "TOLD_VALUES");
  await until(() => byId(page, "recommended").getAttribute("href"), `/studies/digits/trials/${trusted.handle.number ?? 0}`);
}));

test("the importances are the server's", () => withPage(study("digits"), async (page) => {
  await ready(page, expected.digits.trials);
  const { shares } = await call(base, "GetImportances", { study: "digits" });
  await lookAtAll(page);
  await until(() => byId(page, "importance").count(), shares.length);
  const shown = await byId(page, "importance").evaluateAll((bars) => bars.map((bar) => [bar.dataset.param, Number(bar.dataset.share)]));
  assert.deepEqual(shown, shares.map(({ parameter, share = 0 }) => [parameter, share]));
}));

test("what is brushed in one plot is selected in the table, and Escape clears it", () => withPage(study("digits"), async (page) => {
  await ready(page, expected.digits.trials);
  await byId(page, "recommended").waitFor(); // the last to come: nothing moves any more
  await brushHistory(page);
  // Both follow the pointer, each at its pace.
  await page.waitForTimeout(500);
  const selected = Number(await byId(page, "brush-count").textContent());
  assert.ok(selected > 5 && selected < expected.digits.marks.history, String(selected));
  await until(() => byId(page, "table").getAttribute("data-rows").then(Number), selected);
  await byId(page, "plot-slices").scrollIntoViewIfNeeded();
  await byId(page, "plot-slices").locator("canvas").first().waitFor();
  await page.waitForTimeout(300);
  const dimmed = await inked(page, "plot-slices");
  // An axis of the parallel coordinates narrows it further.
  const parallel = byId(page, "plot-parallel");
  await parallel.scrollIntoViewIfNeeded();
  const inside = await parallel.locator(".u-over").boundingBox();
  const x = inside.x + inside.width * 0.04;
  await drag(page, [x, inside.y + inside.height * 0.4], [x, inside.y + inside.height * 0.6]);
  await until(() => byId(page, "brush-range").count(), 3);
  assert.ok(Number(await byId(page, "brush-count").textContent()) <= selected);
  await page.keyboard.press("Escape");
  await until(() => byId(page, "brush").count(), 0);
  await until(() => byId(page, "table").getAttribute("data-rows").then(Number), expected.digits.trials);
  await byId(page, "plot-slices").scrollIntoViewIfNeeded();
  await until(async () => (await inked(page, "plot-slices")) > dimmed, true);
}));

test("the table filters, sorts and is moved through by keys", () => withPage(study("digits"), async (page) => {
  await ready(page, expected.digits.trials);
  await byId(page, "table-filter").fill("state=failed");
  await until(() => byId(page, "table").getAttribute("data-rows").then(Number), expected.digits.failed);
  await byId(page, "table-filter").fill("kernel=rbf lr<0.01 state=complete");
  await until(() => byId(page, "table").getAttribute("data-rows").then(Number), expected.digits.filtered);
  await byId(page, "table-filter").fill("");
  await byId(page, "sort-value").click();
  const first = () => byId(page, "trial-row").first().getAttribute("data-trial").then(Number);
  await until(first, expected.digits.best);
  await byId(page, "table").focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Enter");
  await byId(page, "page-trial").waitFor();
  assert.equal(new URL(page.url()).pathname, `/studies/digits/trials/${expected.digits.best}`);
  await page.goBack();
  await byId(page, "page-study").waitFor();
}));

test("every plot saves its picture and its data", () => withPage(study("digits"), async (page) => {
  await ready(page, expected.digits.trials);
  await byId(page, "recommended").waitFor(); // the last to come: nothing moves any more
  await lookAtAll(page);
  for (const plot of Object.keys(expected.digits.marks)) {
    for (const kind of ["picture", "csv"]) {
      const [download] = await Promise.all([page.waitForEvent("download"), byId(page, `${kind}-${plot}`).click()]);
      const content = fs.readFileSync(await download.path());
      const name = download.suggestedFilename();
      if (kind === "csv") {
        const lines = content.toString().trim().split("\r\n").length - 1;
        if (plot === "history") assert.equal(lines, expected.digits.marks.history);
        assert.ok(lines > 0, name);
      } else if (name.endsWith(".png")) {
        assert.equal(content.subarray(1, 4).toString(), "PNG");
        assert.ok(content.length > 3000, `${name}: ${content.length} bytes`);
      } else {
        assert.match(content.toString(), /^<svg [^]*<rect/);
      }
    }
  }
  const [download] = await Promise.all([page.waitForEvent("download"), byId(page, "csv-trials").click()]);
  assert.equal(fs.readFileSync(await download.path()).toString().trim().split("\r\n").length, expected.digits.trials + 1);
}));

test("a picture has the plots that nobody has scrolled to", () => withPage(study("digits"), async (page) => {
  await ready(page, expected.digits.trials);
  await byId(page, "recommended").waitFor(); // the last to come: nothing moves any more
  const [download] = await Promise.all([page.waitForEvent("download"), byId(page, "picture-slices").click()]);
  const content = fs.readFileSync(await download.path());
  const [title, height] = [32, 220];
  assert.equal(content.readUInt32BE(20), title + expected.digits.params * height); // of the PNG's header
  for (let k = 0; k < expected.digits.params; ++k) {
    const canvas = byId(page, "slice").nth(k).locator("canvas.marks");
    const drawn = await canvas.evaluate((one) => one.getContext("2d").getImageData(0, 0, one.width, one.height).data.some((value) => value > 0));
    assert.ok(drawn, `slice ${k}`);
  }
}, { viewport: { width: 800, height: 300 } }));

test("studies are compared in one history", () => withPage(study("digits"), async (page) => {
  await ready(page, expected.digits.trials);
  await byId(page, "compare").fill("live");
  await page.keyboard.press("Enter");
  await byId(page, "history-legend").waitFor();
  assert.deepEqual(await byId(page, "history-legend").locator("li").allTextContents(), ["digits", "live"]);
  assert.equal(new URL(page.url()).search, "?compare=live");
}));

test("a trial is shown and explained", () => withPage(`${study("digits")}/trials/${expected.digits.explained}`, async (page) => {
  await until(() => byId(page, "trial-state").textContent(), "complete");
  assert.ok((await byId(page, "param").count()) >= 5);
  await byId(page, "candidate").first().waitFor();
  assert.ok((await byId(page, "candidate").count()) > 10);
  assert.equal(await byId(page, "explained-group").first().getAttribute("data-method"), "tpe");
  assert.equal(await marks(page, "plot-curve"), expected.digits.steps);
  await page.screenshot({ path: path.join(pictures, "trial.png"), fullPage: true });
  await page.keyboard.press("]");
  await until(() => new URL(page.url()).pathname, `/studies/digits/trials/${expected.digits.explained + 1}`);
}));

test("acts act: pause, resume, enqueue, note, stop", () => withPage(study("acts"), async (page) => {
  await ready(page, expected.acts.trials);
  const state = () => byId(page, "study-state").textContent();
  await byId(page, "act-pause").click();
  await until(state, "paused");
  assert.equal((await call(base, "GetStudy", { study: "acts" })).state, "PAUSED");
  await byId(page, "act-resume").click();
  await until(state, "active");

  await byId(page, "act-enqueue").click();
  await byId(page, "enqueue-lr").fill("0.02");
  await byId(page, "enqueue-kernel").selectOption({ label: "poly" });
  await until(() => byId(page, "enqueue-gamma").count(), 0); // only with rbf
  await byId(page, "enqueue-submit").click();
  await until(async () => (await byId(page, "enqueue-done").textContent()) === `Trial ${expected.acts.trials} waits.`, true);
  const { trials: [trial] } = await call(base, "Ask", { study: "acts", worker: "here", leaseSeconds: 60 });
  assert.equal(trial.handle.number, String(expected.acts.trials));
  assert.equal(trial.params.find((param) => param.name === "lr").value.doubleValue, 0.02);

  await byId(page, "note-edit").fill("look at \"kernel\"");
  await byId(page, "act-note").click();
  await until(async () => JSON.stringify((await call(base, "GetStudy", { study: "acts" })).userAttrs), 
              JSON.stringify([{ key: "note", json: '"look at \\"kernel\\""' }]));

  await page.goto(`${study("acts")}/trials/${expected.acts.trials}`);
  page.on("dialog", (dialog) => void dialog.accept());
  await byId(page, "act-stop").click();
  await until(async () => (await call(base, "GetTrial", { study: "acts", number: expected.acts.trials })).stopRequested, true);
  await until(() => byId(page, "act-stop").count(), 0);
}));

test("a study that is not there says so", () => withPage(study("nowhere"), async (page) => {
  await byId(page, "error").first().waitFor();
  assert.match(await byId(page, "error").first().textContent(), /nowhere/);
}, { refusals: true }));

test("everything is readable on a phone", async () => {
  const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
  for (const address of [`${base}/`, study("digits"), `${study("digits")}/trials/30`]) {
    await withPage(address, async (page) => {
      await page.waitForTimeout(1200);
      await lookAtAll(page);
      const [wide, window] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
      assert.ok(wide <= window, `${address}: ${wide} > ${window}`);
      await page.screenshot({ path: path.join(pictures, `phone${new URL(address).pathname.replace(/\W+/g, "-")}.png`), fullPage: true });
    }, phone);
  }
});

test("the token is asked for, and decides what may be done", { skip: process.env.PAGE_TOKENS === undefined }, async () => {
  const guarded = process.env.PAGE_TOKENS;
  const tokens = JSON.parse(process.env.PAGE_TOKEN_NAMES);
  const shown = { reader: [0, 0], worker: [0, 1], admin: [1, 1] };
  for (const [role, [pause, enqueue]] of Object.entries(shown)) {
    await withPage(`${guarded}/studies/acts`, async (page) => {
      await byId(page, "token-dialog").waitFor();
      await byId(page, "token").fill(tokens[role]);
      await byId(page, "token-submit").click();
      await until(() => byId(page, "live").textContent(), "live");
      await until(() => byId(page, "act-enqueue").count(), enqueue);
      await until(() => byId(page, "act-pause").count(), pause);
      assert.equal(await page.evaluate(() => document.cookie), "");
      assert.equal(await page.evaluate(() => sessionStorage.getItem("parzen.token")), tokens[role]);
      await page.waitForTimeout(200);
      assert.equal(await byId(page, "act-pause").count(), pause);
    }, { refusals: true });
  }
});
