import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const here = fileURLToPath(new URL(".", import.meta.url));

// How either HTML file (index.html, file.html) begins.
const head = {
  name: "head",
  transformIndexHtml: () => [
    { charset: "utf-8" },
    { name: "viewport", content: "width=device-width, initial-scale=1" },
    { name: "color-scheme", content: "light dark" },
  ].map((attrs) => ({ tag: "meta", attrs, injectTo: "head-prepend" })),
};

// The result is a folder of static files that a strict Content-Security-Policy allows: no inline scripts, no inline styles, nothing
// from elsewhere. PARZEN_WEB_OUT names the folder (default dist), PARZEN_WEB_PROXY a running server for `npm run dev`.
export default defineConfig({
  plugins: [head],
  resolve: {
    alias: { "@parzen/client": resolve(here, "../typescript/src") },
    // The client's sources lie outside this folder and are built with this folder's packages.
    dedupe: ["@bufbuild/protobuf", "@connectrpc/connect"],
  },
  esbuild: { jsx: "automatic", jsxImportSource: "preact" },
  build: {
    outDir: process.env.PARZEN_WEB_OUT ?? "dist",
    emptyOutDir: true,
    target: "es2022",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
  },
  server: {
    proxy: { "/parzen.v1.Optimizer": process.env.PARZEN_WEB_PROXY ?? "http://127.0.0.1:7080" },
  },
  test: { include: ["test/**/*.test.ts"] },
});
