// What a stranger meets on the page: studies that nobody expects, a study deleted, a server restarted and a token taken away while they are
// looked at; the browser's back and forward, the keyboard alone, a small phone. Run by tests/full/page.py.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import path from "node:path";
import { axe, byId, call, lookAtAll, pictures, start, stop, until, withPage } from "./browser.mjs";
import { STUDIES } from "./odd_studies.mjs";
import { Parzend } from "./parzend.mjs";

const DOTS = /^\.{1,2}$/;
const address = (name) => `/studies/${DOTS.test(name) ? "~" : ""}${encodeURIComponent(name)}`;
const trials = (page) => byId(page, "page-study").getAttribute("data-trials").then(Number);
const PHONE = { viewport: { width: 320, height: 568 }, hasTouch: true, isMobile: true };

let server;
before(async () => {
  await start();
  server = await Parzend.start();
  for (const [name, { study, trials }] of Object.entries(STUDIES)) {
    await call(server.base, "CreateStudy", { study: { name, directions: ["MINIMIZE"], ...study, sampler: { random: {}, seed: 1 } } });
    if (trials.length > 0) await call(server.base, "AddTrials", { study: name, trials });
  }
});
after(async () => {
  await stop();
  await server?.stop();
});

const fits = async (page) => {
  const [wide, window] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(wide <= window, `${page.url()}: ${wide} > ${window}`);
};

Object.entries(STUDIES).forEach(([name, study], k) => {
  for (const [size, options] of [["wide", { colorScheme: k % 2 === 0 ? "light" : "dark" }], ["phone", PHONE]]) {
    const picture = (what) => path.join(pictures, `odd-${size}-${k}-${name.slice(0, 12).replace(/[^a-z]+/gi, "-")}${what}.png`);
    test(`a study like ${JSON.stringify(name.slice(0, 30))} is shown (${size})`, () => withPage(`${server.base}/`, async (page) => {
      await page.locator("td.name a", { hasText: name.trim().slice(0, 200) }).first().waitFor();
      await fits(page);
      await page.evaluate((to) => {
        history.pushState(null, "", to);
        dispatchEvent(new PopStateEvent("popstate"));
      }, address(name));
      await until(() => trials(page), study.trials.length, 15000);
      assert.equal(await byId(page, "study-name").textContent(), name);
      await lookAtAll(page);
      assert.equal(Number(await byId(page, "table").getAttribute("data-rows")), study.trials.length);
      await fits(page);
      await page.screenshot({ path: picture(""), fullPage: true });
      if (size === "wide") await axe(page);
      if (study.trials.length > 0) {
        await byId(page, "trial-row").first().locator("a").click();
        await byId(page, "explanation").waitFor();
        await page.waitForTimeout(200);
        await fits(page);
        await page.screenshot({ path: picture("-trial"), fullPage: true });
      }
      assert.equal(await page.evaluate(() => window.hacked), undefined);
    }, { ...options, refusals: true }));
  }
});

test("the list of odd studies", async () => {
  await withPage(`${server.base}/`, async (page) => {
    await until(() => byId(page, "study-row").count(), Object.keys(STUDIES).length);
    await page.waitForTimeout(500);
    await page.screenshot({ path: path.join(pictures, "odd-list.png"), fullPage: true });
    await page.getByText("..", { exact: true }).click();
    await byId(page, "page-study").waitFor();
    await until(() => byId(page, "study-name").textContent(), "..");
  });
  await withPage(`${server.base}/`, async (page) => {
    await until(() => byId(page, "study-row").count(), Object.keys(STUDIES).length);
    await fits(page);
    await page.screenshot({ path: path.join(pictures, "odd-list-phone.png"), fullPage: true });
  }, PHONE);
});

test("a form of odd parameters enqueues", () => withPage(`${server.base}${address("__proto__")}`, async (page) => {
  await byId(page, "act-enqueue").click();
  await byId(page, "enqueue-__proto__").selectOption({ index: 2 });
  await byId(page, "enqueue-submit").click();
  await byId(page, "enqueue-done").getByText(/waits/).waitFor();
  const { trials: [trial] } = await call(server.base, "Ask", { study: "__proto__", worker: "here" });
  assert.match(trial.params.find((param) => param.name === "__proto__").value.stringValue, /script/);
  await byId(page, "sort-state").nth(1).click();
  assert.equal(await page.locator('th[aria-sort="ascending"]').count(), 1);
}));

const small = (name) => ({ study: { name, space: { parameters: [{ name: "x", distribution: { float: { low: 0, high: 1 } } }] }, sampler: { random: {} } } });
async function tell(base, study, value, token) {
  const { trials: [trial] } = await call(base, "Ask", { study, worker: "here" }, token);
  await call(base, "Tell", { outcomes: [{ trial: trial.handle, values: [value] }] }, token);
}

test("the counts are live", () => withPage(`${server.base}/`, async (page) => {
  await call(server.base, "CreateStudy", small("counted"));
  await page.goto(`${server.base}/studies/counted`);
  await until(() => byId(page, "live").textContent(), "live");
  for (let k = 1; k <= 3; ++k) {
    await tell(server.base, "counted", k);
    await until(() => byId(page, "ended").textContent(), String(k));
  }
  await call(server.base, "Ask", { study: "counted", worker: "here" });
  await page.getByText("1 running").waitFor();
}));

test("a study deleted while it is looked at says so, and another of its name is shown", () => withPage(`${server.base}/`, async (page) => {
  await call(server.base, "CreateStudy", small("short-lived"));
  await tell(server.base, "short-lived", 1);
  await page.locator('[data-study="short-lived"] a').click();
  await until(() => trials(page), 1);
  await call(server.base, "DeleteStudy", { study: "short-lived" });
  await byId(page, "live").getByText(/short-lived/).waitFor();
  await page.goBack();
  await until(() => page.locator('[data-study="short-lived"]').count(), 0);
  await call(server.base, "CreateStudy", small("short-lived"));
  await page.goForward();
  await until(() => byId(page, "live").textContent(), "live");
  assert.equal(await trials(page), 0);
}, { refusals: true }));

test("two tabs show the same, and go on when the server comes back", async () => {
  const other = await Parzend.start();
  try {
    await call(other.base, "CreateStudy", small("kept"));
    await tell(other.base, "kept", 2);
    await withPage(`${other.base}/studies/kept`, async (page) => {
      const second = await page.context().newPage();
      await second.goto(`${other.base}/studies/kept`);
      for (const tab of [page, second]) await until(() => trials(tab), 1);
      await other.kill();
      await byId(page, "live").getByText(/reconnecting/).waitFor();
      assert.equal(await byId(page, "best").textContent(), "2"); // what was seen stays
      await other.run();
      await tell(other.base, "kept", 1);
      for (const tab of [page, second]) {
        await until(() => byId(tab, "best").textContent(), "1", 15000);
        await until(() => byId(tab, "live").textContent(), "live");
      }
    }, { refusals: true, unreachable: true });
  } finally {
    await other.stop();
  }
});

test("a token taken away while it is used is asked for again", async () => {
  const [first, second] = ["the-first-token-of-all-0001", "the-second-token-of-all-001"];
  const guarded = await Parzend.start({ tokens: [`${first} ann admin`, `${second} bob reader`] });
  try {
    await call(guarded.base, "CreateStudy", small("secret"), first);
    await withPage(`${guarded.base}/studies/secret`, async (page) => {
      const enter = async (token) => {
        await byId(page, "token").fill(token);
        await byId(page, "token-submit").click();
      };
      await byId(page, "token-dialog").waitFor();
      await enter("a-token-that-nobody-knows-1");
      await byId(page, "token-dialog").waitFor();
      await enter(first);
      await until(() => byId(page, "act-pause").count(), 1);
      guarded.writeTokens([`${second} bob reader`]);
      await byId(page, "token-dialog").waitFor();
      await page.keyboard.press("Escape");
      await page.waitForTimeout(1000);
      assert.equal(await byId(page, "token-dialog").isVisible(), false); // not again and again
      await byId(page, "enter-token").click();
      await enter(second);
      await until(() => byId(page, "live").textContent(), "live");
      assert.equal(await byId(page, "act-pause").count(), 0);
    }, { refusals: true });
  } finally {
    await guarded.stop();
  }
});

test("back and forward go through the page, and tabs have names", () => withPage(`${server.base}/`, async (page) => {
  await page.locator('[data-study="conditional"] a').click();
  await until(() => page.title(), "conditional · Parzen");
  await byId(page, "trial-row").first().locator("a").click();
  await byId(page, "page-trial").waitFor();
  await until(() => page.title(), "Trial 39 · conditional · Parzen");
  assert.equal(await byId(page, "next").count(), 0); // the last one
  await page.goBack();
  await until(() => trials(page), 40);
  await page.goBack();
  await byId(page, "page-studies").waitFor();
  await until(() => page.title(), "Parzen");
  await page.goForward();
  await page.goForward();
  await byId(page, "page-trial").waitFor();
  assert.equal(new URL(page.url()).pathname, "/studies/conditional/trials/39");
}, { refusals: true }));

test("the keyboard is enough", () => withPage(`${server.base}/`, async (page) => {
  await until(() => byId(page, "study-row").count().then((count) => count >= Object.keys(STUDIES).length), true);
  await page.keyboard.press("/");
  await page.keyboard.type("conditional");
  await until(() => byId(page, "study-row").count(), 1);
  const focused = () => page.evaluate(() => document.activeElement?.textContent ?? "");
  for (let k = 0; k < 5 && (await focused()) !== "conditional"; ++k) await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await until(() => trials(page), 40);
  await page.keyboard.press("t");
  await page.keyboard.press("?");
  await byId(page, "keys-dialog").waitFor();
  await page.keyboard.press("Escape");
  await byId(page, "table").waitFor();
  await page.keyboard.press("/");
  await page.keyboard.type("kind=a");
  await until(() => byId(page, "table").getAttribute("data-rows").then(Number), 20);
  const inTable = () => page.evaluate(() => document.activeElement?.getAttribute("data-testid"));
  for (let k = 0; k < 5 && (await inTable()) !== "table"; ++k) await page.keyboard.press("Tab");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await byId(page, "page-trial").waitFor();
  await until(() => new URL(page.url()).pathname, "/studies/conditional/trials/36");
  await page.keyboard.press("]");
  await until(() => new URL(page.url()).pathname, "/studies/conditional/trials/37");
  await page.keyboard.press("g");
  await byId(page, "page-studies").waitFor();
}, { refusals: true }));
