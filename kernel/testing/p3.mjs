// kernel/testing/protocol-client.ts
import { spawn } from "node:child_process";
import { createHmac, randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Dealer, Request as ZmqRequest, Subscriber } from "zeromq";
var KERNEL_FILE = fileURLToPath(new URL("../dist/kernel.mjs", import.meta.url));
var DELIMITER = "<IDS|MSG>";
var ProtocolClient = class _ProtocolClient {
  process;
  cwd;
  iopubMessages = [];
  stderr = "";
  /** Answers `input_request`. */
  onInput = () => "";
  #key = randomUUID();
  #session = randomUUID();
  #shell = new Dealer({ linger: 0, receiveHighWaterMark: 0, routingId: "client" });
  #control = new Dealer({ linger: 0 });
  #stdin = new Dealer({ linger: 0, routingId: "client" });
  #iopub = new Subscriber({ linger: 0, receiveHighWaterMark: 0 });
  #heartbeat = new ZmqRequest({ linger: 0 });
  #ports;
  #folder;
  #replies = /* @__PURE__ */ new Map();
  #listeners = /* @__PURE__ */ new Set();
  #sending = Promise.resolve();
  static async start(options = {}) {
    const client = new _ProtocolClient(await freePorts(5), options);
    await client.#connect();
    return client;
  }
  constructor(ports, { env, cwd, argv = ownKernel }) {
    this.#ports = ports;
    this.#folder = mkdtempSync(join(tmpdir(), "vcp-kernel-"));
    this.cwd = cwd ?? this.#folder;
    const [shell_port, iopub_port, stdin_port, control_port, hb_port] = ports;
    const file = join(this.#folder, "connection.json");
    const info = { transport: "tcp", ip: "127.0.0.1", shell_port, iopub_port, stdin_port, control_port, hb_port, key: this.#key, signature_scheme: "hmac-sha256" };
    writeFileSync(file, JSON.stringify(info), { mode: 384 });
    const [command = "", ...args] = argv(file);
    this.process = spawn(command, args, { cwd: this.cwd, stdio: ["ignore", "ignore", "pipe"], env: { ...process.env, ...env } });
    this.process.stderr?.on("data", (chunk) => this.stderr += chunk.toString());
  }
  get pid() {
    return this.process.pid ?? 0;
  }
  async request(type, content, channel = "shell", metadata = {}) {
    const id = randomUUID();
    const reply = new Promise((resolve) => this.#replies.set(id, resolve));
    await this.#send(channel, id, type, content, metadata);
    return reply;
  }
  /** Runs a cell and waits for its reply and for `idle`. */
  async execute(code, options = {}) {
    return (await this.submit(code, options)).outcome;
  }
  /** Sends a cell; its outcome comes later. */
  async submit(code, options = {}) {
    const id = randomUUID();
    const reply = new Promise((resolve) => this.#replies.set(id, resolve));
    const content = {
      code,
      silent: options.silent ?? false,
      store_history: options.storeHistory ?? true,
      stop_on_error: options.stopOnError ?? true,
      allow_stdin: options.allowStdin ?? true,
      user_expressions: options.userExpressions ?? {}
    };
    await this.#send("shell", id, "execute_request", content, options.cellId === void 0 ? {} : { cellId: options.cellId });
    const outcome = Promise.all([reply, this.#idle(id)]).then(([{ content: replied }]) => this.#outcome(id, replied));
    return { id, outcome };
  }
  /** Resolves when a message has come that fits, also when it came before. */
  async waitFor(fits) {
    for (; ; ) {
      const found = this.iopubMessages.find(fits);
      if (found) return found;
      await new Promise((resolve) => this.#listeners.add(resolve));
    }
  }
  outputsOf(id) {
    return this.iopubMessages.filter((message) => message.parentId === id && !["status", "execute_input"].includes(message.type));
  }
  async interrupt() {
    await this.request("interrupt_request", {}, "control");
  }
  async heartbeat() {
    await this.#heartbeat.send("ping");
    const [answer] = await this.#heartbeat.receive();
    return String(answer);
  }
  /** Asks the kernel to end and returns its exit code. */
  async shutdown() {
    const ended = this.process.exitCode === null ? once(this.process, "exit") : Promise.resolve([this.process.exitCode]);
    await this.request("shutdown_request", { restart: false }, "control");
    const [code] = await ended;
    this.dispose();
    return code;
  }
  dispose() {
    this.process.kill("SIGKILL");
    for (const socket of [this.#shell, this.#control, this.#stdin, this.#iopub, this.#heartbeat]) socket.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
  async #connect() {
    const [shell, iopub, stdin, control, heartbeat] = this.#ports.map((port) => `tcp://127.0.0.1:${port}`);
    this.#shell.connect(shell ?? "");
    this.#iopub.connect(iopub ?? "");
    this.#iopub.subscribe();
    this.#stdin.connect(stdin ?? "");
    this.#control.connect(control ?? "");
    this.#heartbeat.connect(heartbeat ?? "");
    void this.#receive(this.#shell, (message) => this.#replies.get(message.parentId)?.(message));
    void this.#receive(this.#control, (message) => this.#replies.get(message.parentId)?.(message));
    void this.#receive(this.#stdin, (message) => {
      const value = this.onInput(String(message.content["prompt"]), message.content["password"] === true);
      void this.#send("stdin", randomUUID(), "input_reply", { value });
    });
    void this.#receive(this.#iopub, (message) => {
      this.iopubMessages.push(message);
      for (const listener of this.#listeners) listener();
      this.#listeners.clear();
    });
    const ready = this.#untilReady();
    const ended = once(this.process, "exit").then(() => Promise.reject(new Error(`The kernel ended at its start: ${this.stderr}`)));
    await Promise.race([ready, ended]);
    ended.catch(() => void 0);
  }
  /** Asks until an answer has come on both channels: what is published before a subscription arrives is lost. */
  async #untilReady() {
    for (; ; ) {
      await this.request("kernel_info_request", {});
      if (this.iopubMessages.some(({ parentType }) => parentType === "kernel_info_request")) return;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
  #idle(id) {
    return this.waitFor(({ type, parentId, content }) => type === "status" && parentId === id && content["execution_state"] === "idle");
  }
  #outcome(id, reply) {
    const outputs = this.outputsOf(id);
    const text = (name) => outputs.filter(({ type, content }) => type === "stream" && content["name"] === name).map(({ content }) => String(content["text"])).join("");
    const result = outputs.find(({ type }) => type === "execute_result")?.content["data"];
    return { reply, outputs, stdout: text("stdout"), stderr: text("stderr"), result: result?.["text/plain"] };
  }
  #send(channel, id, type, content, metadata = {}) {
    const header = { msg_id: id, msg_type: type, session: this.#session, username: "test", date: (/* @__PURE__ */ new Date()).toISOString(), version: "5.4" };
    const parts = [header, {}, metadata, content].map((part) => JSON.stringify(part));
    const hmac = createHmac("sha256", this.#key);
    for (const part of parts) hmac.update(part);
    const socket = { shell: this.#shell, control: this.#control, stdin: this.#stdin }[channel];
    this.#sending = this.#sending.then(() => socket.send([DELIMITER, hmac.digest("hex"), ...parts]));
    return this.#sending;
  }
  async #receive(socket, take) {
    try {
      for await (const frames of socket) {
        const at = frames.findIndex((frame) => frame.toString() === DELIMITER);
        const [header, parent, , content] = frames.slice(at + 2, at + 6).map((frame) => JSON.parse(frame.toString()));
        take({ type: String(header?.["msg_type"]), parentId: String(parent?.["msg_id"] ?? ""), parentType: String(parent?.["msg_type"] ?? ""), content: content ?? {} });
      }
    } catch {
    }
  }
};
function ownKernel(connectionFile) {
  return [process.execPath, "--no-force-async-hooks-checks", KERNEL_FILE, connectionFile];
}
async function freePorts(count) {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, "127.0.0.1");
      await once(server, "listening");
      return server;
    })
  );
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

// kernel/testing/p3.ts
import { readFileSync } from "node:fs";
var rss = (p) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${p}/status`, "utf8"))[1]) / 1024 | 0;
var k = await ProtocolClient.start();
await k.execute("let i=1");
await new Promise((r) => setTimeout(r, 1e3));
console.log("rss at rest", rss(k.pid));
var med = (a) => a.sort((x, y) => x - y)[a.length >> 1].toFixed(1);
for (const N of [100, 200, 500, 1e3]) {
  const A = [];
  for (let n = 0; n < (N === 100 ? 100 : N === 200 ? 100 : N === 500 ? 300 : 500); n++) {
    const t = performance.now();
    await k.execute(n % 2 ? `i + ${n}` : `const v${n} = {a:${n}}; function f${n}(x: number) { return v${n}.a + x }`);
    A.push(performance.now() - t);
  }
  A.sort((x, y) => x - y);
  console.log("after", N, "median", med(A), "p95", A[A.length * 0.95 | 0].toFixed(0), "max", A.at(-1).toFixed(0), "rss", rss(k.pid));
}
await new Promise((r) => setTimeout(r, 1e3));
console.log("rss later", rss(k.pid));
await k.shutdown();
process.exit(0);
