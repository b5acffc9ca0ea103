// parzend on two free ports, for the tests that stop it or change its files. PARZEND names the program.
import { spawn } from "node:child_process";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";

async function freePort() {
  const server = net.createServer();
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

export class Parzend {
  static async start({ tokens } = {}) {
    const server = new Parzend();
    server.folder = fs.mkdtempSync(path.join(os.tmpdir(), "parzen-page-"));
    server.tokens = tokens;
    if (tokens !== undefined) server.writeTokens(tokens);
    server.ports = [await freePort(), await freePort()];
    server.base = `http://127.0.0.1:${server.ports[1]}`;
    await server.run();
    return server;
  }

  // Each a line of the file. The server reads it again by itself.
  writeTokens(lines) {
    const file = path.join(this.folder, "tokens");
    fs.writeFileSync(`${file}.new`, `${lines.join("\n")}\n`, { mode: 0o600 });
    fs.renameSync(`${file}.new`, file);
  }

  async run() {
    const options = this.tokens === undefined ? [] : ["--tokens", path.join(this.folder, "tokens"), "--insecure"];
    this.process = spawn(process.env.PARZEND, ["--db", path.join(this.folder, "studies.db"), "--listen", `127.0.0.1:${this.ports[0]}`,
      "--http-listen", `127.0.0.1:${this.ports[1]}`, ...options], { stdio: ["ignore", "ignore", fs.openSync(path.join(this.folder, "log"), "a")] });
    for (;;) {
      if (this.process.exitCode !== null) throw new Error(fs.readFileSync(path.join(this.folder, "log"), "utf8"));
      try {
        return void await fetch(this.base);
      } catch {
        await new Promise((done) => setTimeout(done, 50));
      }
    }
  }

  async kill() {
    const ended = new Promise((done) => this.process.once("exit", done));
    this.process.kill("SIGKILL");
    await ended;
  }

  async stop() {
    await this.kill();
    fs.rmSync(this.folder, { recursive: true });
  }
}
