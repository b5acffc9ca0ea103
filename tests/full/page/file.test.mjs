// What a user meets in the file that `parzen plot` writes: the page's plots, without a server. Run by tests/full/plot_page.py, which says
// in FILE_EXPECTED what each file must show.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { axe, brushHistory, byId, inked, lookAtAll, pictures, start, stop, until, withPage } from "./browser.mjs";

const expected = JSON.parse(process.env.FILE_EXPECTED);

before(start);
after(stop);

for (const [file, wanted] of Object.entries(expected)) {
  for (const colorScheme of ["light", "dark"]) {
    test(`every plot of ${path.basename(file)} has its marks (${colorScheme})`, () => withPage(String(pathToFileURL(file)), async (page) => {
      await until(() => byId(page, "page-study").getAttribute("data-trials").then(Number), wanted.trials, 15000);
      assert.equal(await byId(page, "study-name").textContent(), wanted.name);
      assert.equal(await page.title(), wanted.name);
      await lookAtAll(page);
      for (const [plot, count] of Object.entries(wanted.marks)) {
        await until(() => byId(page, `plot-${plot}`).first().getAttribute("data-marks").then(Number), count);
        if (!["slices", "importances"].includes(plot)) await until(async () => (await inked(page, `plot-${plot}`)) > 0.001, true);
      }
      if (wanted.front !== undefined) assert.equal(Number(await byId(page, "front-size").textContent()), wanted.front);
      // Nothing can be done to a study that is not there.
      for (const act of ["act-pause", "act-enqueue", "note-edit", "compare"]) assert.equal(await byId(page, act).count(), 0, act);
      await page.screenshot({ path: path.join(pictures, `${path.basename(file, ".html")}-${colorScheme}.png`), fullPage: true });
      await axe(page);
    }, { colorScheme }));
  }
}

test("a file is brushed, and shows its trials", () => withPage(String(pathToFileURL(Object.keys(expected)[0])), async (page) => {
  const wanted = Object.values(expected)[0];
  await byId(page, "plot-parallel").waitFor();
  await brushHistory(page);
  await page.waitForTimeout(400);
  const selected = Number(await byId(page, "brush-count").textContent());
  assert.ok(selected > 1 && selected < wanted.trials, String(selected));
  await until(() => byId(page, "table").getAttribute("data-rows").then(Number), selected);
  await page.keyboard.press("Escape");
  await until(() => byId(page, "table").getAttribute("data-rows").then(Number), wanted.trials);

  await byId(page, "sort-value").click();
  await byId(page, "trial-row").first().locator("a").click();
  await byId(page, "page-trial").waitFor();
  assert.ok(Math.abs(Number(await byId(page, "value").textContent()) / wanted.best - 1) < 1e-3); // shown with four digits
  assert.equal(await byId(page, "param").count(), wanted.params);
  await page.goBack();
  await byId(page, "page-study").waitFor();
}));
