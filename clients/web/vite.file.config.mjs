import { createHash } from "node:crypto";
import { defineConfig, mergeConfig } from "vite";
import page from "./vite.config.mjs";

const sha256 = (text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

// Puts the script and the style into file.html, and a policy that allows these two and nothing else.
function singleFile() {
  return {
    name: "single-file",
    enforce: "post",
    generateBundle(_options, bundle) {
      const html = Object.values(bundle).find((one) => one.fileName === "file.html");
      const code = Object.values(bundle).find((one) => one.type === "chunk").code;
      const style = Object.values(bundle).filter((one) => one.fileName.endsWith(".css")).map((one) => one.source).join("\n");
      // What would end the element, or begin a comment in it.
      const script = code.replaceAll("</script", "<\\/script").replaceAll("<!--", "<\\!--");
      const policy = `default-src 'none'; script-src ${sha256(script)}; style-src ${sha256(style)}; img-src data: blob:; base-uri 'none'; form-action 'none'`;
      html.source = html.source.replace(/\s*<script type="module"[^>]*><\/script>/, "").replace(/\s*<link rel="stylesheet"[^>]*>/, "")
        .replace("<title>", () => `<meta http-equiv="Content-Security-Policy" content="${policy}">\n    <title>`)
        .replace("</head>", () => `<style>${style}</style>\n  </head>`)
        .replace("</body>", () => `<script type="module">${script}</script>\n  </body>`);
      for (const name of Object.keys(bundle)) if (bundle[name] !== html) delete bundle[name];
    },
  };
}

// One file for one study, which `parzen plot` puts into it: see clients/cli/plot/page.cc. It lies beside the page's files.
export default mergeConfig(page, defineConfig({
  plugins: [singleFile()],
  build: { emptyOutDir: false, copyPublicDir: false, cssCodeSplit: false, rollupOptions: { input: "file.html", output: { inlineDynamicImports: true } } },
}));
