// controller/src/nodes/docker-image-source.ts
function dockerImageSource(docker) {
  return {
    async find(image) {
      try {
        const found = await docker.getImage(image).inspect();
        return { id: found.Id, sizeBytes: found.Size };
      } catch {
        return void 0;
      }
    },
    async save(image) {
      return await docker.getImage(image).get();
    }
  };
}

// sdk/src/wire/errors.ts
var ERROR_CODES = [
  "invalid_request",
  "unauthenticated",
  "forbidden",
  "not_found",
  "conflict",
  "cancelled",
  "stale_revision",
  "removal_not_allowed",
  "confirmation_required",
  "idempotency_mismatch",
  "too_large",
  "rate_limited",
  "quota_exceeded",
  "not_supported",
  "internal",
  "provider_failed",
  "provider_denied",
  "provider_unavailable",
  "no_capacity",
  "node_unreachable",
  "command_failed",
  "timed_out",
  "store_read_only",
  "controller_unavailable"
];
var MARK = /* @__PURE__ */ Symbol.for("jupyterlab-vcp.VcpError");
var VcpError = class _VcpError extends Error {
  code;
  hint;
  at;
  operation;
  details;
  [MARK] = true;
  constructor(code, message, options = {}) {
    super(message, options.cause === void 0 ? void 0 : { cause: options.cause });
    this.name = "VcpError";
    this.code = code;
    this.hint = options.hint;
    this.at = options.at ?? [];
    this.operation = options.operation;
    this.details = options.details;
  }
  toJSON() {
    return {
      code: this.code,
      message: this.message,
      ...this.hint === void 0 ? {} : { hint: this.hint },
      ...this.at.length === 0 ? {} : { at: this.at },
      ...this.operation === void 0 ? {} : { operation: this.operation },
      ...this.details === void 0 ? {} : { details: this.details }
    };
  }
  static from(serialized) {
    return new _VcpError(serialized.code, serialized.message, serialized);
  }
};
function isVcpError(value) {
  return typeof value === "object" && value !== null && value[MARK] === true;
}

// sdk/src/wire/canonical-json.ts
function canonicalJson(value) {
  if (value === null || typeof value === "boolean" || typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new TypeError(`${value} has no JSON form`);
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(",")}]`;
  if (typeof value === "object") {
    const members = Object.entries(value).filter(([, member]) => member !== void 0).sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0).map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
    return `{${members.join(",")}}`;
  }
  throw new TypeError(`a ${typeof value} has no JSON form`);
}

// sdk/src/wire/compose.ts
import * as z from "zod";

// sdk/src/wire/names.ts
var NAME_PATTERN = /^[a-z][a-z0-9-]{1,38}[a-z0-9]$/;
var APP_NAME_PATTERN = /^[a-z][a-z0-9_-]{0,38}$/;
var NAME_RULE = 'a lower-case letter, then lower-case letters, digits or "-" (3 to 40 characters, not ending in "-")';
function looksLikeNodeName(name2) {
  return /-\d+$/.test(name2);
}

// sdk/src/wire/compose.ts
var scalar = z.union([z.string(), z.number(), z.boolean()]);
var words = z.union([z.string(), z.array(z.string())]);
var environment = z.union([z.record(z.string(), z.union([scalar, z.null()])), z.array(z.string())]);
var composeServiceSchema = z.strictObject({
  image: z.string().min(1),
  command: words.optional(),
  entrypoint: words.optional(),
  environment: environment.optional(),
  /** Short syntax only: `/on/node:/in/container[:ro]` or `volume:/in/container[:ro]`. */
  volumes: z.array(z.string()).optional(),
  /** Short syntax only: `8080`, `8080:80`, `8080:80/udp`. */
  ports: z.array(z.union([z.string(), z.number().int()])).optional(),
  network_mode: z.enum(["host", "bridge", "none"]).optional(),
  restart: z.enum(["no", "always", "on-failure", "unless-stopped"]).optional(),
  hostname: z.string().optional(),
  user: z.union([z.string(), z.number().int()]).optional(),
  working_dir: z.string().optional(),
  labels: environment.optional(),
  extra_hosts: z.array(z.string()).optional(),
  cap_add: z.array(z.string()).optional(),
  privileged: z.boolean().optional(),
  devices: z.array(z.string()).optional(),
  tmpfs: z.union([z.string(), z.array(z.string())]).optional(),
  shm_size: z.union([z.string(), z.number().int()]).optional(),
  mem_limit: z.union([z.string(), z.number().int()]).optional(),
  cpus: z.number().positive().optional(),
  stop_grace_period: z.string().optional(),
  init: z.boolean().optional(),
  tty: z.boolean().optional(),
  depends_on: z.array(z.string()).optional()
});
var composeSchema = z.strictObject({
  name: z.string().optional(),
  services: z.record(z.string().regex(APP_NAME_PATTERN), composeServiceSchema).refine((services) => Object.keys(services).length > 0, "names no service"),
  volumes: z.record(z.string(), z.union([z.null(), z.strictObject({})])).optional()
});

// sdk/src/wire/config.ts
import * as z2 from "zod";
var FLAVOR_NAMES = ["small", "medium", "large", "gpu"];
var LARGEST_COUNT = 1e3;
var name = z2.string().regex(NAME_PATTERN, `must be ${NAME_RULE}`);
var portableSizeSchema = z2.strictObject({
  cpu: z2.number().positive().max(1024).optional(),
  memoryGiB: z2.number().positive().max(65536).optional(),
  gpu: z2.number().int().min(0).max(64).optional(),
  diskGiB: z2.number().positive().max(1048576).optional()
});
var unitSchema = z2.strictObject({
  name: name.refine((value) => !looksLikeNodeName(value), 'must not end in "-" and a number: node names are made that way'),
  provider: z2.string().min(1),
  /** Absent: the provider's first region. */
  region: z2.string().min(1).optional(),
  flavor: z2.union([z2.enum(FLAVOR_NAMES), portableSizeSchema]),
  count: z2.number().int().min(0).max(LARGEST_COUNT).default(1),
  /** Checked against the provider's own JSON Schema by the controller. */
  override: z2.record(z2.string(), z2.unknown()).optional(),
  publicKeys: z2.array(z2.string()).max(100).optional(),
  /** Application containers on every node: a compose document, or (in a file) the path of one. */
  apps: z2.record(z2.string().regex(APP_NAME_PATTERN), z2.union([z2.string(), composeSchema])).optional(),
  /** Shell script, or (in a file) the path of one. Once a node, after its base container is ready. */
  onJoin: z2.string().min(1).max(262144).optional(),
  /** Before a node is removed; a failure blocks the removal. */
  onLeave: z2.string().min(1).max(262144).optional(),
  /** Shell command that says with exit code 0 when the node counts as ready. */
  ready: z2.string().min(1).max(16384).optional()
});
var IPV4_CIDR = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)\/(?:[89]|1\d|2\d|30)$/;
var vcDocumentSchema = z2.strictObject({
  version: z2.literal(1).default(1),
  name,
  description: z2.string().max(2e3).optional(),
  network: z2.strictObject({ cidr: z2.string().regex(IPV4_CIDR, "must be an IPv4 range such as 10.64.0.0/16").optional() }).optional(),
  units: z2.array(unitSchema).max(200).default([])
});

// sdk/src/wire/yaml-source.ts
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseAllDocuments } from "yaml";

// sdk/src/wire/requests.ts
import * as z4 from "zod";

// sdk/src/wire/resources.ts
import * as z3 from "zod";

// sdk/src/wire/states.ts
var NODE_STATES = [
  "requested",
  "booting",
  "running",
  "stopping",
  "stopped",
  "starting",
  "leaving",
  "deleting",
  "deleted",
  "error",
  "unreachable",
  "needs-attention"
];
var GROUP_STATES = [
  "deleting",
  "applying",
  "needs-attention",
  "error",
  "degraded",
  "stopped",
  "running",
  "empty"
];
var OPERATION_STATES = ["queued", "running", "succeeded", "failed", "cancelled", "needs-attention"];
var OPERATION_KINDS = ["apply", "scale", "add-nodes", "remove-nodes", "delete", "set-app"];

// sdk/src/wire/resources.ts
var time = z3.iso.datetime();
var id = z3.string();
var originSchema = z3.strictObject({
  notebook: z3.string().max(1024).optional(),
  cell: z3.string().max(256).optional(),
  run: z3.string().max(256).optional(),
  kernel: z3.string().max(256).optional(),
  client: z3.string().max(64).optional()
});
var placeSchema = z3.object({
  path: z3.string().optional(),
  file: z3.string().optional(),
  line: z3.number().optional(),
  column: z3.number().optional(),
  message: z3.string(),
  nearest: z3.string().optional()
});
var errorSchema = z3.object({
  code: z3.enum(ERROR_CODES),
  message: z3.string(),
  hint: z3.string().optional(),
  at: z3.array(placeSchema).optional(),
  operation: z3.string().optional(),
  details: z3.record(z3.string(), z3.unknown()).optional()
});
var problemSchema = z3.object({
  type: z3.string(),
  title: z3.string(),
  status: z3.number().int(),
  detail: z3.string(),
  code: z3.enum(ERROR_CODES),
  hint: z3.string().optional(),
  at: z3.array(placeSchema).optional(),
  operation: z3.string().optional(),
  details: z3.record(z3.string(), z3.unknown()).optional()
});
var priceSchema = z3.object({
  perHour: z3.number().nullable(),
  currency: z3.string(),
  asOf: z3.string().optional(),
  note: z3.string().optional()
});
var sizeSchema = z3.object({ cpu: z3.number(), memoryGiB: z3.number(), gpu: z3.number().int(), diskGiB: z3.number().nullable() });
var appViewSchema = z3.object({
  app: z3.string(),
  service: z3.string(),
  container: z3.string(),
  image: z3.string(),
  state: z3.enum(["wanted", "starting", "running", "exited", "error"]),
  detail: z3.string().optional()
});
var nodeViewSchema = z3.object({
  id,
  vcId: id,
  vc: z3.string(),
  unit: z3.string(),
  number: z3.number().int(),
  name: z3.string(),
  provider: z3.string(),
  region: z3.string(),
  flavor: z3.string(),
  size: sizeSchema,
  state: z3.enum(NODE_STATES),
  reason: z3.string().optional(),
  address: z3.string().nullable(),
  gateway: z3.boolean(),
  reach: z3.enum(["direct", "gateway"]),
  cloudId: z3.string().nullable(),
  hostKey: z3.string().nullable(),
  apps: z3.array(appViewSchema),
  createdAt: time,
  readyAt: time.nullable(),
  heartbeatAt: time.nullable()
});
var unitViewSchema = z3.object({
  id,
  vcId: id,
  vc: z3.string(),
  name: z3.string(),
  provider: z3.string(),
  region: z3.string(),
  flavor: z3.string(),
  size: sizeSchema,
  wanted: z3.number().int(),
  running: z3.number().int(),
  state: z3.enum(GROUP_STATES),
  apps: z3.array(z3.string()),
  price: priceSchema
});
var vcViewSchema = z3.object({
  id,
  name: z3.string(),
  description: z3.string().optional(),
  project: z3.string(),
  owner: z3.string(),
  state: z3.enum(GROUP_STATES),
  reason: z3.string().optional(),
  revision: z3.number().int(),
  cidr: z3.string(),
  units: z3.array(unitViewSchema),
  nodes: z3.number().int(),
  running: z3.number().int(),
  price: priceSchema,
  openOperations: z3.array(id),
  createdAt: time,
  changedAt: time
});
var operationResourceSchema = z3.object({
  kind: z3.enum(["network", "node", "app", "image"]),
  name: z3.string(),
  id: id.optional(),
  state: z3.enum(["waiting", "running", "done", "failed", "unknown"]),
  phase: z3.string(),
  startedAt: time.optional(),
  endedAt: time.optional(),
  error: errorSchema.optional()
});
var operationViewSchema = z3.object({
  id,
  kind: z3.enum(OPERATION_KINDS),
  title: z3.string(),
  vcId: id,
  vc: z3.string(),
  state: z3.enum(OPERATION_STATES),
  phase: z3.string(),
  progress: z3.object({ done: z3.number().int(), total: z3.number().int() }),
  resources: z3.array(operationResourceSchema),
  error: errorSchema.optional(),
  /** One sentence for people when it ended: "1 + 2 nodes running". */
  result: z3.object({ summary: z3.string(), added: z3.array(z3.string()), removed: z3.array(z3.string()), changed: z3.array(z3.string()) }).optional(),
  /** Milliseconds; `cloudMs` is the provider's share of the critical path, `oursMs` the rest. */
  timing: z3.object({ queuedMs: z3.number(), totalMs: z3.number(), cloudMs: z3.number(), oursMs: z3.number() }),
  revision: z3.number().int(),
  actor: z3.string(),
  origin: originSchema,
  resolves: id.optional(),
  createdAt: time,
  startedAt: time.nullable(),
  endedAt: time.nullable()
});
var planChangeSchema = z3.object({
  action: z3.enum(["add", "change", "remove"]),
  kind: z3.enum(["network", "unit", "node", "app", "setting"]),
  unit: z3.string().optional(),
  /** The resource as people call it: `compute-3`, `compute`, `10.64.0.0/22 (one)`. */
  name: z3.string(),
  detail: z3.string(),
  price: priceSchema.optional()
});
var planSchema = z3.object({
  vc: z3.string(),
  exists: z3.boolean(),
  /** Revision this plan was made on; 0 = the virtual cloud does not exist. */
  baseRevision: z3.number().int(),
  /** Covers document, revision and observed state. Give it to apply, and apply does exactly this or refuses. */
  digest: z3.string(),
  changes: z3.array(planChangeSchema),
  summary: z3.object({ add: z3.number().int(), change: z3.number().int(), remove: z3.number().int() }),
  /** Nodes that would go, by unit: what `--allow-remove U:N` has to name. */
  removals: z3.record(z3.string(), z3.number().int()),
  priceBefore: priceSchema,
  priceAfter: priceSchema,
  quota: z3.array(z3.object({ provider: z3.string(), region: z3.string(), resource: z3.string(), needed: z3.number(), limit: z3.number().nullable(), used: z3.number(), enough: z3.boolean(), note: z3.string().optional() })),
  warnings: z3.array(z3.string()),
  document: vcDocumentSchema
});
var EVENT_TYPES = ["vc.changed", "vc.deleted", "node.changed", "node.deleted", "operation.changed", "operation.log", "reset"];
var eventSchema = z3.object({
  seq: z3.number().int(),
  at: time,
  type: z3.enum(EVENT_TYPES),
  vc: z3.string().optional(),
  vcId: id.optional(),
  operation: id.optional(),
  data: z3.record(z3.string(), z3.unknown())
});
var providerViewSchema = z3.object({
  name: z3.string(),
  title: z3.string(),
  api: z3.string(),
  available: z3.boolean(),
  reason: z3.string().optional(),
  hint: z3.string().optional(),
  regions: z3.array(z3.object({ name: z3.string(), title: z3.string(), reach: z3.enum(["direct", "gateway"]) })),
  flavors: z3.array(z3.object({ name: z3.string(), size: sizeSchema, price: priceSchema })),
  capabilities: z3.record(z3.string(), z3.object({ supported: z3.boolean(), reason: z3.string().optional() })),
  specSchema: z3.record(z3.string(), z3.unknown()),
  notice: z3.string().optional()
});
var sshAccessSchema = z3.object({
  host: z3.string(),
  port: z3.number().int(),
  user: z3.string(),
  hostKey: z3.string(),
  identityFile: z3.string(),
  jump: z3.object({ host: z3.string(), port: z3.number().int(), user: z3.string(), hostKey: z3.string() }).optional()
});
var versionSchema = z3.object({
  product: z3.literal("jupyterlab-vcp"),
  version: z3.string(),
  api: z3.literal(1),
  installation: z3.string(),
  home: z3.string(),
  pid: z3.number().int(),
  startedAt: time
});
var readySchema = z3.object({ ready: z3.boolean(), problems: z3.array(z3.string()) });
var controllerFileSchema = z3.object({ pid: z3.number().int(), socket: z3.string(), startedAt: time, version: z3.string() });

// sdk/src/wire/requests.ts
var allowRemoveSchema = z4.record(z4.string(), z4.number().int().min(0).max(LARGEST_COUNT));
var planRequestSchema = z4.strictObject({ document: vcDocumentSchema });
var applyRequestSchema = z4.strictObject({
  document: vcDocumentSchema,
  /** Revision that the caller planned on; stale → 412. Absent: whatever is there now. 0: must not exist. */
  baseRevision: z4.number().int().min(0).optional(),
  planDigest: z4.string().optional(),
  allowRemove: allowRemoveSchema.default({}),
  onFailure: z4.enum(["keep", "rollback"]).default("keep")
});
var createUnitRequestSchema = z4.strictObject({ unit: unitSchema, baseRevision: z4.number().int().min(0).optional() });
var scaleRequestSchema = z4.strictObject({ count: z4.number().int().min(0).max(LARGEST_COUNT), baseRevision: z4.number().int().optional(), allowRemove: allowRemoveSchema.default({}) });
var addNodesRequestSchema = z4.strictObject({ count: z4.number().int().min(1).max(LARGEST_COUNT).default(1) });
var removeNodesRequestSchema = z4.strictObject({ names: z4.array(z4.string()).min(1), allowRemove: allowRemoveSchema.default({}) });
var setAppRequestSchema = z4.strictObject({ compose: composeSchema });
var execRequestSchema = z4.strictObject({
  command: z4.union([z4.string().min(1), z4.array(z4.string()).min(1)]),
  env: z4.record(z4.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z4.string()).default({}),
  stdin: z4.string().optional(),
  /** Absent: no limit. */
  timeoutMs: z4.number().int().positive().optional(),
  /** Name of an application container on the node (`app` or `app-service`); absent: the base container. */
  container: z4.string().optional(),
  cwd: z4.string().optional(),
  user: z4.string().optional()
});
var execEventSchema = z4.discriminatedUnion("type", [
  z4.object({ type: z4.literal("started"), exec: z4.string(), node: z4.string() }),
  z4.object({ type: z4.enum(["stdout", "stderr"]), data: z4.string(), offset: z4.number().int(), bytes: z4.number().int().optional() }),
  z4.object({ type: z4.literal("exit"), code: z4.number().int().nullable(), signal: z4.string().optional(), timedOut: z4.boolean(), outcome: z4.enum(["exited", "timed-out", "cancelled", "unknown"]), durationMs: z4.number() })
]);
var execErrorSchema = z4.object({ type: z4.literal("error"), error: errorSchema });
var execLineSchema = z4.union([execEventSchema, execErrorSchema]);
var runContainerRequestSchema = z4.strictObject({ app: z4.string(), compose: composeSchema });

// controller/src/nodes/node-connection.ts
import { createHash } from "node:crypto";
import { connect } from "node:net";
import ssh2 from "ssh2";

// controller/src/nodes/helper-frames.ts
var TO_NODE = { start: 1, attach: 2, cancel: 3, detach: 4, stdin: 5, ack: 6, read: 7 };
var FROM_NODE = { hello: 65, started: 66, output: 67, exit: 68, failed: 69, reply: 70 };
var HEADER_BYTES = 9;
var LARGEST_FRAME_BYTES = 4 * 1024 * 1024;
function encodeFrame(type, stream, payload = "") {
  const body = typeof payload === "string" ? Buffer.from(payload) : payload;
  const frame = Buffer.allocUnsafe(HEADER_BYTES + body.length);
  frame.writeUInt32BE(HEADER_BYTES - 4 + body.length, 0);
  frame.writeUInt8(type, 4);
  frame.writeUInt32BE(stream, 5);
  frame.set(body, HEADER_BYTES);
  return frame;
}
function encodeFields(fields) {
  const parts = [];
  for (const field of fields) {
    const bytes = typeof field === "string" ? Buffer.from(field) : field;
    const length = Buffer.allocUnsafe(4);
    length.writeUInt32BE(bytes.length, 0);
    parts.push(length, bytes);
  }
  return Buffer.concat(parts);
}
function decodeFields(payload) {
  const fields = [];
  for (let at = 0; at < payload.length; ) {
    const length = at + 4 <= payload.length ? payload.readUInt32BE(at) : Number.POSITIVE_INFINITY;
    if (at + 4 + length > payload.length) throw new Error("a field of a frame is cut off");
    fields.push(payload.toString("utf8", at + 4, at + 4 + length));
    at += 4 + length;
  }
  return fields;
}
var FrameReader = class {
  #rest = Buffer.alloc(0);
  /** @throws Error when this is not our protocol. */
  push(bytes) {
    const buffer = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    const frames = [];
    let at = 0;
    while (buffer.length - at >= HEADER_BYTES) {
      const length = buffer.readUInt32BE(at);
      if (length < HEADER_BYTES - 4 || length > LARGEST_FRAME_BYTES) throw new Error("the node does not speak the helper protocol");
      if (buffer.length - at < 4 + length) break;
      frames.push({ type: buffer.readUInt8(at + 4), stream: buffer.readUInt32BE(at + 5), payload: buffer.subarray(at + HEADER_BYTES, at + 4 + length) });
      at += 4 + length;
    }
    this.#rest = buffer.subarray(at);
    return frames;
  }
};
function decodeOutput(payload) {
  return { name: payload.readUInt8(0) === 1 ? "stdout" : "stderr", offset: Number(payload.readBigUInt64BE(1)), bytes: payload.subarray(9) };
}
function encodeAttach(id2, from) {
  const offsets = Buffer.allocUnsafe(16);
  offsets.writeBigUInt64BE(BigInt(from.stdout), 0);
  offsets.writeBigUInt64BE(BigInt(from.stderr), 8);
  return Buffer.concat([encodeFields([id2]), offsets]);
}

// controller/src/nodes/node-helper-program.ts
var NODE_HELPER_PROGRAM = String.raw`
use strict; use warnings; use POSIX ();
my $ROOT = shift(@ARGV) // '/var/lib/vcp/exec';
my ($KEEP_SECONDS, $KEEP_COUNT, $GRACE_MS, $CHUNK) = (7 * 86400, 2000, 5000, 32768);
my ($START, $ATTACH, $CANCEL, $DETACH, $STDIN, $ACK, $READ) = (1 .. 7);
my ($HELLO, $STARTED, $OUTPUT, $EXIT, $FAILED, $REPLY) = (65 .. 70);
my $cancelled = 0;
$SIG{PIPE} = 'IGNORE'; $SIG{HUP} = 'IGNORE'; $SIG{USR1} = sub { $cancelled = 1 };
delete @ENV{grep { /^SSH_/ } keys %ENV};
$0 = 'vcp-helper';
binmode STDIN; binmode STDOUT;
umask 077;
{ my $made = ''; for my $part (grep { length } split m{/}, $ROOT) { $made .= "/$part"; mkdir $made, 0755; } chmod 0700, $ROOT; }

# Milliseconds that never go back. Perl's own clock needs a module that a minimal Debian lacks.
my $CLOCK_CALL = (POSIX::uname())[4] =~ /^(aarch64|riscv64)/ ? 113 : (POSIX::uname())[4] eq 'x86_64' ? 228 : undef;
sub now_ms {
  if (defined $CLOCK_CALL) {
    my $spec = pack('q2', 0, 0);
    if (syscall($CLOCK_CALL, 7, $spec) == 0) { my ($s, $ns) = unpack('q2', $spec); return $s * 1000 + int($ns / 1e6); }
  }
  return int((POSIX::times())[0] * 1000 / POSIX::sysconf(&POSIX::_SC_CLK_TCK));
}

sub send_frame {
  my ($type, $stream, $payload) = @_;
  my $frame = pack('N C N', 5 + length $payload, $type, $stream) . $payload;
  my $at = 0;
  while ($at < length $frame) {
    my $n = syswrite(STDOUT, $frame, length($frame) - $at, $at);
    if (!defined $n) { next if $!{EINTR}; exit 0; }
    $at += $n;
  }
}
sub fields { return pack('(N/a*)*', @_) }
sub failed { my ($stream, $code, $message) = @_; send_frame($FAILED, $stream, fields($code, $message)); }

sub slurp {
  my ($path, $limit) = @_;
  open(my $fh, '<:raw', $path) or return undef;
  my $text = ''; 
  while (length $text < $limit) { my $n = sysread($fh, $text, $limit - length $text, length $text); last unless $n; }
  return $text;
}
# Field 22 of /proc/PID/stat; with the number it names one process for ever.
sub start_time {
  my $stat = slurp("/proc/$_[0]/stat", 4096);
  return '' unless defined $stat && $stat =~ s/^.*\)\s//s;
  my @field = split ' ', $stat;
  return $field[0] =~ /[ZX]/ ? '' : $field[19] // '';
}
sub supervisor_of {
  my $text = slurp("$_[0]/pid", 64) // return 0;
  my ($pid, $started) = split ' ', $text;
  return defined $started && start_time($pid) eq $started ? $pid : 0;
}

my (%streams, %pipes, %stdins, %pending);

sub start_command {
  my ($stream, $payload) = @_;
  my @list = unpack('(N/a*)*', $payload);
  my (%spec, @argv, @env, @own);
  while (@list) {
    my ($key, $value) = splice(@list, 0, 2);
    if ($key eq 'arg') { push @argv, $value } elsif ($key eq 'env') { push @env, $value } elsif ($key eq 'own') { push @own, $value } else { $spec{$key} = $value }
  }
  push @env, "VCP_EXEC_ID=$spec{id}";
  my $stdin = delete $stdins{$stream};
  my $dir = "$ROOT/$spec{id}";
  my @user;
  if (!-d $dir && !defined $spec{container}) {
    return failed($stream, 'invalid_request', "There is no folder $spec{cwd}.") if defined $spec{cwd} && !-d $spec{cwd};
    if (defined $spec{user}) {
      my ($name, $group) = split /:/, $spec{user}, 2;
      @user = $name =~ /^\d+$/ ? getpwuid($name) : getpwnam($name);
      @user = ($name, 'x', $name, $name, '', '', '', '/', '/bin/sh') if !@user && $name =~ /^\d+$/;
      return failed($stream, 'invalid_request', "There is no user $name.") unless @user;
      if (defined $group) {
        my $gid = $group =~ /^\d+$/ ? $group : getgrnam($group);
        return failed($stream, 'invalid_request', "There is no group $group.") unless defined $gid;
        $user[3] = $gid;
      }
    }
  }
  if (!mkdir $dir) {
    return attach($stream, $spec{id}, 0, 0) if $!{EEXIST};
    return failed($stream, 'internal', "The folder $dir could not be made: $!.");
  }
  for my $name ('stdout', 'stderr') { open(my $fh, '>>', "$dir/$name") or return failed($stream, 'internal', "$dir/$name could not be made: $!."); }
  pipe(my $done, my $running) or return failed($stream, 'internal', "No pipe: $!.");
  my $pid = fork();
  return failed($stream, 'internal', "No process could be started: $!.") unless defined $pid;
  if ($pid == 0) { close $done; eval { supervise($dir, \%spec, \@argv, \@env, \@own, \@user, $stdin) }; POSIX::_exit(0); }
  close $running;
  $pipes{fileno $done} = { fh => $done, id => $spec{id} };
  $pending{$spec{id}} = $pid;
  send_frame($STARTED, $stream, '');
  follow($stream, $spec{id}, 0, 0);
}

sub supervise {
  my ($dir, $spec, $argv, $env, $own, $user, $stdin) = @_;
  POSIX::setsid();
  $0 = "vcp-exec $spec->{id}";
  open(STDIN, '<', '/dev/null'); open(STDOUT, '>', '/dev/null'); open(STDERR, '>', '/dev/null');
  close $_->{fh} for values %pipes;
  (%streams, %stdins) = ();
  if (open(my $fh, '>', "$dir/pid")) { syswrite($fh, $$ . ' ' . start_time($$) . "\n"); close $fh; }
  pipe(my $ended, my $end);
  $SIG{CHLD} = sub { syswrite($end, '.') };
  $SIG{USR1} = sub { $cancelled = 1; syswrite($end, '.') };
  my $began = now_ms();
  my $pid = fork();
  if (!defined $pid) { return finish($dir, 'exited', 126, '', now_ms() - $began); }
  if ($pid == 0) { eval { run_command($dir, $spec, $argv, $env, $own, $user, $stdin) }; POSIX::_exit(126); }
  my $deadline = defined $spec->{timeoutMs} ? $began + $spec->{timeoutMs} : undef;
  my ($outcome, $kill_at, $status) = ('exited', undef, undef);
  while (1) {
    my $now = now_ms();
    if ($outcome eq 'exited' && ($cancelled || (defined $deadline && $now >= $deadline))) {
      $outcome = $cancelled ? 'cancelled' : 'timed-out';
      signal_all('TERM', $pid, $spec->{id});
      $kill_at = $now + $GRACE_MS;
    }
    if (defined $kill_at && $now >= $kill_at) { signal_all('KILL', $pid, $spec->{id}); $kill_at = $now + 500; }
    my $found = waitpid($pid, POSIX::WNOHANG());
    if ($found == $pid) { $status = $?; last; }
    # A signal between the look and the wait is noticed late by Perl: so no wait is longer than a tenth of the time so far.
    my $wait = ($now - $began) / 10;
    $wait = $wait < 5 ? 5 : $wait > 1000 ? 1000 : $wait;
    my $next = defined $kill_at ? $kill_at : $deadline;
    $wait = $next > $now ? $next - $now : 0 if defined $next && $next - $now < $wait;
    my $rin = ''; vec($rin, fileno $ended, 1) = 1;
    if (select($rin, undef, undef, $wait / 1000) > 0) { sysread($ended, my $dots, 64); }
  }
  # What the command left behind gets the rest of its time, then goes too.
  if ($outcome ne 'exited') {
    while (now_ms() < $kill_at && kill(0, -$pid)) { select(undef, undef, undef, 0.02); }
    signal_all('KILL', $pid, $spec->{id});
  }
  finish($dir, $outcome, $status & 127 ? '' : $status >> 8, $status & 127 ? $status & 127 : '', now_ms() - $began);
}
sub finish {
  my ($dir, $outcome, $code, $signal, $ms) = @_;
  open(my $fh, '>', "$dir/exit.new") or return;
  syswrite($fh, fields($outcome, $code, $signal, $ms)); close $fh;
  rename "$dir/exit.new", "$dir/exit";
}
# The process group, and whatever carries the mark in its environment: processes that left the group, and those
# of an application container (they are not children of 'docker exec').
sub signal_all {
  my ($signal, $pid, $id) = @_;
  kill $signal, -$pid;
  opendir(my $proc, '/proc') or return;
  for my $other (grep { /^\d+$/ && $_ != $$ } readdir $proc) {
    my $environ = slurp("/proc/$other/environ", 1 << 20) // next;
    kill $signal, $other if index("\0$environ", "\0VCP_EXEC_ID=$id\0") >= 0;
  }
}

sub run_command {
  my ($dir, $spec, $argv, $env, $own, $user, $stdin) = @_;
  POSIX::setsid();
  $SIG{$_} = 'DEFAULT' for qw(PIPE HUP CHLD USR1);
  if ($stdin) { sysseek($stdin, 0, 0); POSIX::dup2(fileno $stdin, 0); }
  open(my $out, '>>', "$dir/stdout"); POSIX::dup2(fileno $out, 1);
  open(my $err, '>>', "$dir/stderr"); POSIX::dup2(fileno $err, 2);
  umask 022;
  my %extra = map { split /=/, $_, 2 } @$env;
  my @command = @$argv;
  if (defined $spec->{container}) {
    # A file in memory without a name: the values are seen by nobody but the client that reads them.
    my $path = (-d '/dev/shm' ? '/dev/shm' : $dir) . "/.vcp-env-$$";
    open(my $file, '+>', $path) or POSIX::_exit(126);
    unlink $path;
    syswrite($file, join('', map { "$_\n" } @$env)); sysseek($file, 0, 0);
    # A copy made so stays open over exec; what Perl opens does not.
    POSIX::dup2(fileno $file, 99);
    @command = ('docker', 'exec', '--env-file', '/dev/fd/99', (map { ('-e', (split /=/, $_, 2)[0]) } @$own), ($stdin ? ('-i') : ()),
      (defined $spec->{cwd} ? ('-w', $spec->{cwd}) : ()), (defined $spec->{user} ? ('-u', $spec->{user}) : ()), $spec->{container}, @command);
    %extra = map { split /=/, $_, 2 } @$own;
  } elsif (@$user) {
    my ($name, $uid, $gid, $home, $shell) = @$user[0, 2, 3, 7, 8];
    my @groups = ($gid); 
    while (my @group = getgrent()) { push @groups, $group[2] if grep { $_ eq $name } split ' ', $group[3]; }
    $) = join ' ', $gid, @groups;
    $( = $gid;
    POSIX::setuid($uid) or say_and_exit("vcp: cannot become $name: $!");
    @ENV{qw(HOME USER LOGNAME SHELL)} = ($home, $name, $name, $shell);
    chdir $home or chdir '/';
  } else { chdir($ENV{HOME} // '/'); }
  if (defined $spec->{cwd} && !defined $spec->{container}) { chdir $spec->{cwd} or say_and_exit("vcp: cannot enter $spec->{cwd}: $!"); }
  $ENV{$_} = $extra{$_} for keys %extra;
  { no warnings; exec { $command[0] } @command; }
  my $missing = $!{ENOENT};
  syswrite(STDERR, "vcp: cannot run $command[0]: $!\n");
  POSIX::_exit($missing ? 127 : 126);
}
sub say_and_exit { syswrite(STDERR, "$_[0]\n"); POSIX::_exit(126); }

sub attach {
  my ($stream, $id, $out, $err) = @_;
  return failed($stream, 'not_found', "There is no command $id.") unless -d "$ROOT/$id";
  send_frame($STARTED, $stream, '');
  follow($stream, $id, $out, $err);
}
sub follow {
  my ($stream, $id, @from) = @_;
  my $dir = "$ROOT/$id";
  my $now = now_ms();
  my %state = (id => $id, dir => $dir, credit => 1 << 19, at => [@from], fh => [], quiet => $now, checked => $now, began => $now);
  for my $i (0, 1) {
    open($state{fh}[$i], '<:raw', "$dir/" . ($i ? 'stderr' : 'stdout')) or return failed($stream, 'not_found', "The output of $id is gone.");
    sysseek($state{fh}[$i], $from[$i], 0);
  }
  $streams{$stream} = \%state;
  pump($stream) unless $pending{$id};
}

# Sends what is new; the outcome once everything before it was sent.
sub pump {
  my ($stream) = @_;
  my $s = $streams{$stream};
  my $outcome = ended($s);
  my $more = 0;
  for my $i (0, 1) {
    for (1 .. 8) {
      if ($s->{credit} <= 0) { $more = 1; last; }
      my $n = sysread($s->{fh}[$i], my $data, $CHUNK < $s->{credit} ? $CHUNK : $s->{credit});
      last unless $n;
      send_frame($OUTPUT, $stream, pack('C Q>', $i + 1, $s->{at}[$i]) . $data);
      $s->{at}[$i] += $n; $s->{credit} -= $n; $s->{quiet} = now_ms();
      $more = 1 if $_ == 8;
    }
  }
  if (defined $outcome && !$more) { send_frame($EXIT, $stream, $outcome); delete $streams{$stream}; return 0; }
  return $more && $s->{credit} > 0;
}
sub ended {
  my ($s) = @_;
  return undef if $pending{$s->{id}};
  my $exit = slurp("$s->{dir}/exit", 4096);
  return $exit if defined $exit;
  my $now = now_ms();
  # A supervisor that another connection began may not have written its number yet.
  return undef if $s->{alive} && $now - $s->{checked} < 500;
  $s->{checked} = $now;
  return undef if $s->{alive} = supervisor_of($s->{dir});
  return undef if !-e "$s->{dir}/pid" && $now - $s->{began} < 2000;
  return slurp("$s->{dir}/exit", 4096) // fields('unknown', '', '', 0);
}

sub cancel {
  my ($stream, $id) = @_;
  my $dir = "$ROOT/$id";
  return failed($stream, 'not_found', "There is no command $id.") unless -d $dir;
  my $pid = $pending{$id} || supervisor_of($dir);
  kill 'USR1', $pid if $pid && !-e "$dir/exit";
  send_frame($REPLY, $stream, '');
}

sub prune {
  opendir(my $root, $ROOT) or return;
  my @ended;
  for my $name (grep { !/^\./ } readdir $root) {
    my $at = (stat "$ROOT/$name/exit")[9];
    if (!defined $at) { $at = (stat "$ROOT/$name")[9]; next if !defined $at || time - $at < $KEEP_SECONDS || supervisor_of("$ROOT/$name"); }
    push @ended, [$at, $name];
  }
  @ended = sort { $b->[0] <=> $a->[0] } @ended;
  for my $i (0 .. $#ended) {
    my ($at, $name) = @{ $ended[$i] };
    next if time - $at < $KEEP_SECONDS && ($i < $KEEP_COUNT || time - $at < 3600);
    unlink map { "$ROOT/$name/$_" } qw(stdout stderr pid exit exit.new);
    rmdir "$ROOT/$name";
  }
}

sub handle {
  my ($type, $stream, $payload) = @_;
  if ($type == $START) { start_command($stream, $payload) }
  elsif ($type == $ATTACH) { my ($id, $out, $err) = unpack('N/a* Q> Q>', $payload); attach($stream, $id, $out, $err) }
  elsif ($type == $CANCEL) { cancel($stream, $payload) }
  elsif ($type == $DETACH) { delete $streams{$stream}; delete $stdins{$stream} }
  elsif ($type == $STDIN) {
    if (!$stdins{$stream}) { my $path = "$ROOT/.stdin-$$-$stream"; open($stdins{$stream}, '+>', $path) or return failed($stream, 'internal', "$path could not be made: $!."); unlink $path; }
    my $n = syswrite($stdins{$stream}, $payload);
    failed($stream, 'command_failed', "The input could not be stored: $!.") unless defined $n && $n == length $payload;
  }
  elsif ($type == $ACK) { $streams{$stream}{credit} += unpack('N', $payload) if $streams{$stream} }
  elsif ($type == $READ) { my $text = slurp($payload, 1 << 20); defined $text ? send_frame($REPLY, $stream, $text) : failed($stream, 'not_found', "$payload could not be read: $!.") }
}

send_frame($HELLO, 0, '1');
my ($input, $starts, $wait) = ('', 0, 0.005);
prune();
while (1) {
  my $rin = '';
  vec($rin, fileno STDIN, 1) = 1;
  vec($rin, $_, 1) = 1 for keys %pipes;
  # Output of running commands is looked for often while it flows, ever more seldom while it does not.
  my $timeout;
  if (%streams) {
    my $now = now_ms();
    for my $s (values %streams) {
      next if $s->{credit} <= 0;
      my $pause = ($now - $s->{quiet}) / 4000;
      $pause = $pause < 0.004 ? 0.004 : $pause > 0.1 ? 0.1 : $pause;
      $timeout = $pause if !defined $timeout || $pause < $timeout;
    }
    $timeout = 0 if $wait == 0;
  }
  my $ready = select(my $rout = $rin, undef, undef, $timeout);
  if ($ready > 0) {
    for my $fd (grep { vec($rout, $_, 1) } keys %pipes) {
      my $pipe = delete $pipes{$fd};
      close $pipe->{fh};
      my $pid = delete $pending{$pipe->{id}};
      waitpid($pid, 0);
    }
    if (vec($rout, fileno STDIN, 1)) {
      my $n = sysread(STDIN, $input, 1 << 18, length $input);
      if (!defined $n) { next if $!{EINTR}; exit 0; }
      exit 0 if $n == 0;
      my $at = 0;
      while (length($input) - $at >= 9) {
        my ($size, $type, $stream) = unpack('N C N', substr($input, $at, 9));
        last if length($input) - $at < 4 + $size;
        my $payload = substr($input, $at + 9, $size - 5);
        $at += 4 + $size;
        handle($type, $stream, $payload);
        if ($type == $START && ++$starts % 500 == 0) { prune(); }
      }
      substr($input, 0, $at) = '';
    }
  }
  $wait = 1;
  for my $stream (keys %streams) { $wait = 0 if pump($stream); }
}
`;
var NODE_HELPER_BOOTSTRAP = String.raw`exec perl -e 'sub r{my($n)=@_;my$b="";while(length$b<$n){sysread(STDIN,$b,$n-length$b,length$b)or exit 3}$b}my$p=r(hex r(8));eval$p;die$@if$@'`;

// controller/src/nodes/node-errors.ts
function abortError(signal, what, last) {
  const reason = signal?.reason;
  if (isVcpError(reason)) return reason;
  const seen = last === void 0 ? "" : ` Last seen: ${isVcpError(last) ? last.message : String(last.message ?? last)}`;
  if (reason instanceof Error && reason.name === "TimeoutError") {
    return new VcpError("timed_out", `${what} took longer than its time limit.${seen}`, { hint: "Look at the node with `vcp ssh`, or try again." });
  }
  return new VcpError("cancelled", `${what} was cancelled.${seen}`);
}
function throwIfAborted(signal, what, last) {
  if (signal.aborted) throw abortError(signal, what, last);
}
async function untilAborted(work, signal, what) {
  if (signal === void 0) return work;
  if (signal.aborted) {
    work.catch(() => void 0);
    throw abortError(signal, what);
  }
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(abortError(signal, what));
    signal.addEventListener("abort", onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
function pause(ms, signal) {
  return new Promise((resolve) => {
    if (signal?.aborted === true) return resolve();
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener("abort", end, { once: true });
  });
}
function unreachable(node, why, cause) {
  return new VcpError("node_unreachable", `Node ${node} cannot be reached: ${why}`, {
    hint: "See whether the node runs (`vcp ps`); if it was lost, remove or replace it.",
    cause
  });
}
function hostKeyMismatch(node, expected, offered) {
  return new VcpError("node_unreachable", `Node ${node} shows another host key (${offered}) than the one it was made with (${expected}). Nothing was sent to it.`, {
    hint: "Somebody may answer in its place, or it was set up anew: remove the node and add another.",
    details: { hostKeyMismatch: true, expected, offered }
  });
}
function isHostKeyMismatch(error) {
  return isVcpError(error) && error.details?.["hostKeyMismatch"] === true;
}

// controller/src/nodes/helper-link.ts
var HELPER_VERSION = "1";
var HELLO_TIMEOUT_MS = 15e3;
var ACK_AFTER_BYTES = 128 * 1024;
var HelperLink = class {
  #channel;
  #nodeName;
  #streams = /* @__PURE__ */ new Map();
  #hello;
  #lastStream = 0;
  #closed = false;
  #errorText = "";
  /** `channel` runs NODE_HELPER_BOOTSTRAP. `stderr` is what a missing Perl would complain on. */
  constructor(channel, nodeName, stderr) {
    this.#channel = channel;
    this.#nodeName = nodeName;
    this.#hello = new Promise((resolve, reject) => {
      const reader = new FrameReader();
      const timer = setTimeout(() => end(unreachable(nodeName, "its helper program does not answer.")), HELLO_TIMEOUT_MS);
      const end = (error) => {
        clearTimeout(timer);
        reject(error);
        this.#close();
      };
      channel.on("data", (bytes) => {
        try {
          for (const frame of reader.push(bytes)) {
            if (frame.type !== FROM_NODE.hello) this.#streams.get(frame.stream)?.push(frame);
            else if (frame.payload.toString() === HELPER_VERSION) {
              clearTimeout(timer);
              resolve();
            }
          }
        } catch (error) {
          end(unreachable(nodeName, `its login says something unexpected: ${bytes.toString("utf8", 0, 200)}`, error));
        }
      });
      const lost = () => end(unreachable(nodeName, this.#errorText === "" ? "the connection was lost." : `its helper program failed: ${this.#errorText.trim()}`));
      channel.on("close", lost).on("end", lost).on("error", lost);
    });
    this.#hello.catch(() => void 0);
    stderr?.on("data", (bytes) => {
      this.#errorText = `${this.#errorText}${bytes.toString()}`.slice(-500);
    });
    const program = Buffer.from(NODE_HELPER_PROGRAM);
    channel.write(Buffer.concat([Buffer.from(program.length.toString(16).padStart(8, "0")), program]));
  }
  get closed() {
    return this.#closed;
  }
  /** Resolves once the program answered. @throws node_unreachable. */
  ready() {
    return this.#hello;
  }
  open() {
    const stream = this.#lastStream = this.#lastStream % 4294967280 + 1;
    const queued = new QueuedStream(
      (type, payload) => {
        if (!this.#closed) this.#channel.write(encodeFrame(type, stream, payload));
      },
      () => this.#streams.delete(stream)
    );
    if (this.#closed) queued.close();
    else this.#streams.set(stream, queued);
    return queued;
  }
  /** One question, one answer. @throws node_unreachable, and what the node says (not_found, command_failed). */
  async ask(type, payload) {
    const stream = this.open();
    try {
      stream.send(type, payload);
      const frame = await stream.next();
      if (frame === void 0) throw unreachable(this.#nodeName, "the connection was lost.");
      if (frame.type === FROM_NODE.failed) throw failureOf(frame.payload, this.#nodeName);
      return frame.payload;
    } finally {
      stream.close();
    }
  }
  end() {
    this.#channel.end();
    this.#close();
  }
  #close() {
    if (this.#closed) return;
    this.#closed = true;
    for (const stream of [...this.#streams.values()]) stream.close();
  }
};
var QueuedStream = class {
  #frames = [];
  #write;
  #onClose;
  #waiting;
  #unacknowledged = 0;
  #closed = false;
  constructor(write, onClose) {
    this.#write = write;
    this.#onClose = onClose;
  }
  push(frame) {
    const waiting = this.#waiting;
    this.#waiting = void 0;
    if (waiting === void 0) this.#frames.push(frame);
    else waiting(frame);
  }
  send(type, payload = "") {
    this.#write(type, payload);
  }
  next() {
    const frame = this.#frames.shift();
    if (frame !== void 0 || this.#closed) return Promise.resolve(frame);
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }
  acknowledge(bytes) {
    this.#unacknowledged += bytes;
    if (this.#unacknowledged < ACK_AFTER_BYTES) return;
    const amount = Buffer.allocUnsafe(4);
    amount.writeUInt32BE(this.#unacknowledged, 0);
    this.#unacknowledged = 0;
    this.#write(TO_NODE.ack, amount);
  }
  close() {
    if (this.#closed) return;
    this.#closed = true;
    this.#onClose();
    this.#waiting?.(void 0);
    this.#waiting = void 0;
  }
};
function failureOf(payload, nodeName) {
  const [code = "internal", message = ""] = decodeFields(payload);
  const known = code === "invalid_request" || code === "not_found" || code === "command_failed" ? code : "internal";
  return new VcpError(known, `Node ${nodeName}: ${message}`);
}

// controller/src/nodes/semaphore.ts
var Semaphore = class {
  #free;
  #waiting = [];
  constructor(places) {
    this.#free = places;
  }
  /** Resolves with the way to give the place back (calling it twice does no harm). @throws cancelled, timed_out. */
  async enter(signal) {
    if (signal?.aborted === true) throw abortError(signal, "Waiting for a free channel");
    if (this.#free > 0) this.#free -= 1;
    else await this.#wait(signal);
    let left = false;
    return () => {
      if (left) return;
      left = true;
      const next = this.#waiting.shift();
      if (next === void 0) this.#free += 1;
      else next();
    };
  }
  #wait(signal) {
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#waiting.splice(this.#waiting.indexOf(enter), 1);
        reject(abortError(signal, "Waiting for a free channel"));
      };
      const enter = () => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      };
      this.#waiting.push(enter);
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  }
};

// controller/src/nodes/node-connection.ts
var SESSIONS_PER_CONNECTION = 8;
var HANDSHAKE_TIMEOUT_MS = 1e4;
var KEEPALIVE_INTERVAL_MS = 5e3;
var KEEPALIVES_MISSED = 3;
var NodeConnection = class _NodeConnection {
  name;
  #client;
  #sessions = new Semaphore(SESSIONS_PER_CONNECTION);
  #helper;
  #alive = true;
  #onClosed = /* @__PURE__ */ new Set();
  constructor(name2, client) {
    this.name = name2;
    this.#client = client;
    const lost = () => {
      if (!this.#alive) return;
      this.#alive = false;
      for (const listener of [...this.#onClosed]) listener();
      this.#onClosed.clear();
    };
    client.on("close", lost).on("end", lost).on("error", lost);
  }
  get alive() {
    return this.#alive;
  }
  /** Called once when the connection is gone, at once if it is. Returns the way to stop listening. */
  onClosed(listener) {
    if (this.#alive) this.#onClosed.add(listener);
    else listener();
    return () => this.#onClosed.delete(listener);
  }
  /** @throws node_unreachable (nobody answers, the key is not admitted, the host key is another). */
  static async open(options) {
    const [type = "", base64 = ""] = options.hostKey.trim().split(/\s+/);
    const expected = Buffer.from(base64, "base64");
    if (type === "" || expected.length === 0) throw unreachable(options.name, "its host key is not known yet.");
    const sock = options.through === void 0 ? await openSocket(options) : await openThrough(options.through, options);
    return new Promise((resolve, reject) => {
      const client = new ssh2.Client();
      let mismatch;
      const fail = (error) => {
        client.destroy();
        reject(mismatch ?? refusal(options.name, error));
      };
      client.once("error", fail).once("close", () => fail(new Error("the connection was closed while it was made")));
      client.once("ready", () => {
        client.removeAllListeners("close").removeListener("error", fail);
        resolve(new _NodeConnection(options.name, client));
      });
      client.connect({
        sock,
        username: "root",
        privateKey: options.privateKey,
        agentForward: false,
        readyTimeout: HANDSHAKE_TIMEOUT_MS,
        keepaliveInterval: KEEPALIVE_INTERVAL_MS,
        keepaliveCountMax: KEEPALIVES_MISSED,
        authHandler: ["publickey"],
        algorithms: {
          serverHostKey: type === "ssh-rsa" ? ["rsa-sha2-512", "rsa-sha2-256"] : [type],
          // The counter-and-tag cipher is one call of OpenSSL a packet; the other default computes its tag in WebAssembly.
          cipher: ["aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "aes128-ctr", "aes256-ctr", "chacha20-poly1305@openssh.com"],
          compress: ["none"]
        },
        hostVerifier: (offered) => {
          if (offered.equals(expected)) return true;
          mismatch = hostKeyMismatch(options.name, fingerprint(expected), fingerprint(offered));
          return false;
        }
      });
    });
  }
  /** Runs a program on the node in a session of its own; for our own tools, not for users' commands. */
  async openSession(command, signal) {
    const leave = await this.#sessions.enter(signal);
    try {
      const channel = await this.#channel(signal, (done) => this.#client.exec(command, done));
      const forget = this.onClosed(leave);
      channel.once("close", () => {
        forget();
        leave();
      });
      return channel;
    } catch (error) {
      leave();
      throw error;
    }
  }
  openUnixSocket(path, signal) {
    return this.#channel(signal, (done) => this.#client.openssh_forwardOutStreamLocal(path, done));
  }
  openTcp(address, port, signal) {
    return this.#channel(signal, (done) => this.#client.forwardOut("127.0.0.1", 0, address, port, done));
  }
  /** The helper program, started at the first use and again should it have died. */
  async helper() {
    const current = await this.#helper?.catch(() => void 0);
    if (current !== void 0 && !current.closed) return current;
    if (current !== void 0 || this.#helper === void 0) this.#helper = this.#startHelper();
    try {
      return await this.#helper;
    } catch (error) {
      this.#helper = void 0;
      throw error;
    }
  }
  close() {
    this.#client.end();
    this.#client.destroy();
  }
  async #startHelper() {
    const channel = await this.openSession(NODE_HELPER_BOOTSTRAP);
    const link = new HelperLink(channel, this.name, channel.stderr);
    this.onClosed(() => link.end());
    await link.ready();
    return link;
  }
  #channel(signal, open2) {
    return new Promise((resolve, reject) => {
      let over = false;
      let forget = () => void 0;
      const end = (act) => {
        over = true;
        forget();
        signal?.removeEventListener("abort", onAbort);
        act();
      };
      const onAbort = () => end(() => reject(abortError(signal, `Work on node ${this.name}`)));
      if (signal?.aborted === true) return onAbort();
      signal?.addEventListener("abort", onAbort, { once: true });
      forget = this.onClosed(() => {
        if (!over) end(() => reject(unreachable(this.name, "the connection was lost.")));
      });
      if (over) return;
      try {
        open2((error, channel) => {
          if (over) return void channel?.destroy();
          end(() => error ? reject(error) : resolve(channel));
        });
      } catch (error) {
        if (!over) end(() => reject(unreachable(this.name, "the connection was lost.", error)));
      }
    });
  }
};
function openSocket(options) {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: options.address, port: options.port, noDelay: true });
    const timer = setTimeout(() => socket.destroy(new Error(`${options.address} does not answer`)), options.connectTimeoutMs);
    socket.once("error", (error) => {
      clearTimeout(timer);
      reject(unreachable(options.name, `${error.message}.`, error));
    });
    socket.once("connect", () => {
      clearTimeout(timer);
      socket.removeAllListeners("error");
      batchWrites(socket);
      resolve(socket);
    });
  });
}
function batchWrites(socket) {
  const write = socket.write.bind(socket);
  let corked = false;
  socket.write = (...args) => {
    if (!corked) {
      corked = true;
      socket.cork();
      process.nextTick(() => {
        corked = false;
        socket.uncork();
      });
    }
    return write(...args);
  };
}
async function openThrough(gateway, options) {
  try {
    return await gateway.openTcp(options.address, options.port, AbortSignal.timeout(options.connectTimeoutMs));
  } catch (error) {
    throw unreachable(options.name, `the gateway of its region gets no answer from ${options.address} (${error.message}).`, error);
  }
}
function refusal(name2, error) {
  if (/authentication methods failed/.test(error.message)) return unreachable(name2, "it does not admit the controller's key.", error);
  return unreachable(name2, `${error.message}.`, error);
}
function fingerprint(key) {
  return `SHA256:${createHash("sha256").update(key).digest("base64").replace(/=+$/, "")}`;
}

// controller/src/nodes/connection-pool.ts
var CONNECT_TIMEOUT_MS = 8e3;
var ConnectionPool = class {
  #options;
  #entries = /* @__PURE__ */ new Map();
  #dropped = /* @__PURE__ */ new Map();
  #closed = false;
  constructor(options) {
    this.#options = options;
  }
  /**
   * The living connection, or a new one. One try; who wants more asks again.
   * @throws node_unreachable, cancelled, timed_out.
   */
  async connect(node, signal, connectTimeoutMs = CONNECT_TIMEOUT_MS) {
    if (this.#closed) throw unreachable(node.name, "the controller is stopping.");
    const signature = JSON.stringify([node.address, node.hostKey, node.jump ?? null]);
    let entry = this.#entries.get(node.nodeId);
    if (entry?.connection?.alive === true && entry.signature === signature) return entry.connection;
    if (entry !== void 0 && (entry.signature !== signature || entry.connection?.alive === false)) {
      entry.connection?.close();
      entry = void 0;
    }
    const joined = entry !== void 0;
    entry ??= this.#open(node, signature, connectTimeoutMs);
    try {
      return await untilAborted(entry.opening, signal, `Reaching node ${node.name}`);
    } catch (error) {
      if (!joined || signal?.aborted === true || isHostKeyMismatch(error)) throw error;
      return untilAborted(this.#open(node, signature, connectTimeoutMs).opening, signal, `Reaching node ${node.name}`);
    }
  }
  /** The nodes of a virtual cloud that are connected now. */
  connected(vcId) {
    return [...this.#entries.values()].filter((entry) => entry.connection?.alive === true && entry.node.vcId === vcId).map((entry) => entry.node);
  }
  /** Called once when the node is dropped. Returns the way to stop listening. */
  onDropped(nodeId, listener) {
    const listeners = this.#dropped.get(nodeId) ?? /* @__PURE__ */ new Set();
    this.#dropped.set(nodeId, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#dropped.delete(nodeId);
    };
  }
  drop(nodeId) {
    const entry = this.#entries.get(nodeId);
    this.#entries.delete(nodeId);
    entry?.opening.then((connection) => connection.close(), () => void 0);
    for (const listener of [...this.#dropped.get(nodeId) ?? []]) listener();
  }
  close() {
    this.#closed = true;
    for (const nodeId of [.../* @__PURE__ */ new Set([...this.#entries.keys(), ...this.#dropped.keys()])]) this.drop(nodeId);
  }
  #open(node, signature, connectTimeoutMs) {
    const entry = { node, signature, opening: this.#make(node, connectTimeoutMs) };
    this.#entries.set(node.nodeId, entry);
    entry.opening.then(
      (connection) => {
        entry.connection = connection;
        connection.onClosed(() => this.#forget(node.nodeId, entry));
        if (this.#entries.get(node.nodeId) !== entry) connection.close();
      },
      () => this.#forget(node.nodeId, entry)
    );
    return entry;
  }
  #forget(nodeId, entry) {
    if (this.#entries.get(nodeId) === entry) this.#entries.delete(nodeId);
  }
  async #make(node, connectTimeoutMs) {
    const through = node.jump === void 0 ? void 0 : await this.connect(gatewayOf(node.jump, node), void 0, connectTimeoutMs);
    return NodeConnection.open({
      name: node.name,
      address: node.address,
      port: this.#options.port,
      hostKey: node.hostKey,
      privateKey: this.#options.privateKey,
      connectTimeoutMs,
      through
    });
  }
};
function gatewayOf(jump, node) {
  return { nodeId: jump.nodeId, name: `${jump.address} (gateway of ${node.name})`, vcId: node.vcId, address: jump.address, hostKey: jump.hostKey };
}

// controller/src/nodes/copy.ts
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { posix } from "node:path";
import { PassThrough } from "node:stream";
import { pipeline } from "node:stream/promises";

// controller/src/nodes/run-on-node.ts
async function runOnNode(connection, command, options) {
  const channel = await connection.openSession(command, options.signal);
  return new Promise((resolve, reject) => {
    let output = "";
    let errors = "";
    let code = null;
    const onAbort = () => {
      channel.close();
      reject(abortError(options.signal, options.what));
    };
    options.signal?.addEventListener("abort", onAbort, { once: true });
    channel.on("data", (bytes) => {
      output += bytes.toString();
    });
    channel.stderr.on("data", (bytes) => {
      errors = `${errors}${bytes.toString()}`.slice(-2e3);
    });
    channel.once("exit", (status) => {
      code = status;
    });
    channel.once("close", () => {
      options.signal?.removeEventListener("abort", onAbort);
      if (code === 0) resolve(output);
      else if (!connection.alive) reject(unreachable(connection.name, "the connection was lost."));
      else reject(new VcpError("command_failed", `${options.what} failed: ${errors.trim() || `it ended with ${code ?? "no code"}`}`));
    });
    channel.end(options.stdin ?? "");
  });
}
function shellQuote(word) {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

// controller/src/nodes/copy.ts
var LARGEST_ERROR_TEXT = 2e3;
async function copyToNode(connection, path, tar, signal) {
  const target = checkPath(path);
  const staging = posix.join(target, `.vcp-copy-${randomBytes(6).toString("hex")}`);
  const quoted = { target: shellQuote(target), staging: shellQuote(staging) };
  let unpacked = false;
  try {
    await unpack(connection, `mkdir -p -- ${quoted.target} && find ${quoted.target} -maxdepth 1 -name '.vcp-copy-*' -mmin +1440 -exec rm -rf {} + && mkdir -m 700 -- ${quoted.staging} && exec tar --extract --file=- --no-same-owner --directory=${quoted.staging}`, path, tar, signal);
    unpacked = true;
    await runOnNode(connection, `set -e; cp -a -l --no-target-directory --remove-destination -- ${quoted.staging}/. ${quoted.target}/ && rm -rf -- ${quoted.staging}`, { what: `Putting files into ${path} on node ${connection.name}`, signal });
  } catch (error) {
    await runOnNode(connection, `rm -rf -- ${quoted.staging}`, { what: "Clearing up" }).catch(() => void 0);
    throw unpacked || connection.alive ? error : unreachable(connection.name, `the connection was lost while files were copied to ${path}.`, error);
  }
}
async function copyFromNode(connection, path, signal) {
  const source = checkPath(path);
  const parent = posix.dirname(source);
  const name2 = source === "/" ? "." : posix.basename(source);
  const channel = await connection.openSession(`test -e ${shellQuote(source)} || test -L ${shellQuote(source)} || exit 44; exec tar --create --file=- --directory=${shellQuote(parent)} -- ${shellQuote(name2)}`, signal);
  const errorText = collect(channel.stderr);
  const ended = exitOf(channel);
  const output = new PassThrough();
  const fail = (error) => {
    channel.close();
    output.destroy(error);
  };
  const onAbort = () => fail(abortError(signal, `Copying ${path} from node ${connection.name}`));
  signal.addEventListener("abort", onAbort, { once: true });
  channel.pipe(output, { end: false });
  await Promise.race([once(output, "readable"), ended]);
  const first = output.readableLength > 0 ? void 0 : await ended;
  if (first !== void 0 && first.code !== 0) {
    signal.removeEventListener("abort", onAbort);
    if (first.code === 44) throw new VcpError("not_found", `There is no ${path} on node ${connection.name}.`);
    throw copyError(path, connection.name, first, errorText());
  }
  void ended.then((exit) => {
    signal.removeEventListener("abort", onAbort);
    if (exit.code === 0 || exit.code === 1) output.end();
    else fail(connection.alive ? copyError(path, connection.name, exit, errorText()) : unreachable(connection.name, `the connection was lost while ${path} was copied.`));
  });
  output.once("close", () => channel.close());
  return output;
}
async function unpack(connection, command, path, tar, signal) {
  const channel = await connection.openSession(command, signal);
  const errorText = collect(channel.stderr);
  const ended = exitOf(channel);
  channel.resume();
  const sent = pipeline(tar, channel, { end: true, signal }).then(() => void 0, (error) => error);
  const sourceError = await Promise.race([sent, ended.then(() => void 0)]);
  if (sourceError !== void 0 && signal.aborted) {
    channel.close();
    throw abortError(signal, `Copying to ${path} on node ${connection.name}`);
  }
  if (sourceError !== void 0) channel.close();
  const exit = await ended;
  if (sourceError !== void 0) throw brokenOff(path, connection, sourceError);
  if (exit.code !== 0) throw connection.alive ? copyError(path, connection.name, exit, errorText()) : unreachable(connection.name, `the connection was lost while files were copied to ${path}.`);
  const late = await sent;
  if (late !== void 0) throw brokenOff(path, connection, late);
}
function brokenOff(path, connection, cause) {
  return new VcpError("command_failed", `The files for ${path} on node ${connection.name} broke off: ${cause.message}`, { hint: "Nothing was changed there; copy again.", cause });
}
function exitOf(channel) {
  return new Promise((resolve) => {
    let exit = { code: null };
    channel.once("exit", (code, signal) => {
      exit = { code, signal };
    });
    channel.once("close", () => resolve(exit));
  });
}
function collect(stream) {
  let text = "";
  stream.on("data", (bytes) => {
    text = `${text}${bytes.toString()}`.slice(-LARGEST_ERROR_TEXT);
  });
  return () => text.trim();
}
function copyError(path, node, exit, text) {
  const why = text === "" ? `tar ended with ${exit.code ?? exit.signal ?? "no answer"}` : text.split("\n").slice(-3).join("; ");
  return new VcpError("command_failed", `Copying ${path} on node ${node} failed: ${why}`, { hint: "Nothing was changed at the destination." });
}
function checkPath(path) {
  if (!path.startsWith("/") || path.includes("\0") || path.length > 4096) {
    throw new VcpError("invalid_request", `${JSON.stringify(path)} is no path on a node: it has to begin with "/".`);
  }
  const clean = posix.normalize(path);
  return clean.length > 1 && clean.endsWith("/") ? clean.slice(0, -1) : clean;
}

// controller/src/nodes/exec-follower.ts
import { constants } from "node:os";

// controller/src/nodes/utf8-chunks.ts
var Utf8Chunks = class {
  #held = Buffer.alloc(0);
  #offset;
  constructor(offset = 0) {
    this.#offset = offset;
  }
  /** Undefined while there is no whole character yet. */
  push(bytes) {
    const all = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes]);
    const whole = all.length - unfinishedBytes(all);
    this.#held = Buffer.from(all.subarray(whole));
    return this.#take(all.subarray(0, whole));
  }
  /** What is left when the stream ends: an unfinished character, which becomes U+FFFD. */
  end() {
    const rest = this.#held;
    this.#held = Buffer.alloc(0);
    return this.#take(rest);
  }
  #take(bytes) {
    if (bytes.length === 0) return void 0;
    const chunk = { data: bytes.toString("utf8"), offset: this.#offset, bytes: bytes.length };
    this.#offset += bytes.length;
    return chunk;
  }
};
function unfinishedBytes(bytes) {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 192) === 128) continue;
    const length = byte >= 240 && byte <= 244 ? 4 : byte >= 224 && byte < 240 ? 3 : byte >= 194 && byte < 224 ? 2 : 1;
    return length > back ? back : 0;
  }
  return 0;
}

// controller/src/nodes/exec-follower.ts
var STDIN_PIECE_BYTES = 256 * 1024;
var SIGNAL_NAMES = new Map(Object.entries(constants.signals).map(([name2, number5]) => [number5, name2]));
async function* followExec(links, follow) {
  const session = new ExecSession(links, follow);
  try {
    yield* session.run();
  } finally {
    session.end();
  }
}
var ExecSession = class {
  #links;
  #follow;
  #chunks;
  /** Bytes received so far: where a new connection goes on. */
  #received;
  #gone = new AbortController();
  #forget;
  #began;
  #stream;
  #started = false;
  #startSent = false;
  constructor(links, follow) {
    this.#links = links;
    this.#follow = follow;
    this.#began = links.now();
    this.#received = { ...follow.from };
    this.#chunks = { stdout: new Utf8Chunks(follow.from.stdout), stderr: new Utf8Chunks(follow.from.stderr) };
    const wake = () => this.#stream?.close();
    const forgetDrop = links.onDropped(follow.node.nodeId, () => {
      this.#gone.abort();
      wake();
    });
    follow.signal.addEventListener("abort", wake);
    this.#forget = () => {
      forgetDrop();
      follow.signal.removeEventListener("abort", wake);
    };
  }
  async *run() {
    let lostAt;
    for (; ; ) {
      const before = this.#progress();
      try {
        if ((yield* this.#followOnce()) === "ended") return;
      } catch (error) {
        this.#throwIfLeft();
        if (!this.#mayHaveRun() || !isVcpError(error)) throw error;
        if (error.code === "not_found" || isHostKeyMismatch(error)) return yield* this.#unknown();
        if (error.code !== "node_unreachable" && error.code !== "timed_out") throw error;
      }
      this.#throwIfLeft();
      const now = this.#links.now();
      if (lostAt === void 0 || this.#progress() !== before) lostAt = now;
      if (this.#gone.signal.aborted || now - lostAt >= this.#links.lostAfterMs) {
        if (!this.#mayHaveRun()) throw unreachable(this.#follow.node.name, "the connection was lost before the command was begun.");
        return yield* this.#unknown();
      }
      await pause(Math.min(1e3, 50 + (now - lostAt) / 4), AbortSignal.any([this.#follow.signal, this.#gone.signal]));
    }
  }
  end() {
    this.#forget();
    this.#stream?.send(TO_NODE.detach);
    this.#stream?.close();
  }
  async *#followOnce() {
    const { node, signal } = this.#follow;
    const link = await this.#links.helper(node, AbortSignal.any([signal, this.#gone.signal]));
    const stream = this.#stream = link.open();
    this.#begin(stream);
    for (; ; ) {
      const frame = await stream.next();
      this.#throwIfLeft();
      if (frame === void 0) return "lost";
      if (frame.type === FROM_NODE.started) {
        if (!this.#started) yield { type: "started", exec: this.#follow.id, node: node.name };
        this.#started = true;
      } else if (frame.type === FROM_NODE.output) {
        const event = this.#output(frame, stream);
        if (event !== void 0) yield event;
      } else if (frame.type === FROM_NODE.exit) {
        yield* this.#flush();
        yield this.#exit(frame);
        return "ended";
      } else if (frame.type === FROM_NODE.failed) throw failureOf(frame.payload, node.name);
    }
  }
  /** The node runs an id once only, so a start that was lost on its way may be sent again. */
  #begin(stream) {
    const { start, id: id2 } = this.#follow;
    if (start === void 0 || this.#started) return stream.send(TO_NODE.attach, encodeAttach(id2, this.#received));
    const stdin = start.stdin === void 0 ? void 0 : Buffer.from(start.stdin);
    if (stdin !== void 0) {
      for (let at = 0; at === 0 || at < stdin.length; at += STDIN_PIECE_BYTES) stream.send(TO_NODE.stdin, stdin.subarray(at, at + STDIN_PIECE_BYTES));
    }
    stream.send(TO_NODE.start, start.request);
    this.#startSent = true;
  }
  #output(frame, stream) {
    const { name: name2, offset, bytes } = decodeOutput(frame.payload);
    stream.acknowledge(bytes.length);
    const known = this.#received[name2] - offset;
    if (known >= bytes.length) return void 0;
    const fresh = known > 0 ? bytes.subarray(known) : bytes;
    this.#received[name2] += fresh.length;
    return eventOf(name2, this.#chunks[name2].push(fresh));
  }
  *#flush() {
    for (const name2 of ["stdout", "stderr"]) {
      const event = eventOf(name2, this.#chunks[name2].end());
      if (event !== void 0) yield event;
    }
  }
  *#unknown() {
    yield* this.#flush();
    yield { type: "exit", code: null, timedOut: false, outcome: "unknown", durationMs: this.#links.now() - this.#began };
  }
  #exit(frame) {
    const [outcome = "unknown", code = "", signal = "", ms = "0"] = decodeFields(frame.payload);
    const known = outcome === "exited" || outcome === "timed-out" || outcome === "cancelled" ? outcome : "unknown";
    return {
      type: "exit",
      code: code === "" ? null : Number(code),
      ...signal === "" ? {} : { signal: SIGNAL_NAMES.get(Number(signal)) ?? `signal ${signal}` },
      timedOut: known === "timed-out",
      outcome: known,
      durationMs: Number(ms)
    };
  }
  #mayHaveRun() {
    return this.#started || this.#startSent;
  }
  #progress() {
    return this.#received.stdout + this.#received.stderr + (this.#started ? 1 : 0);
  }
  #throwIfLeft() {
    if (this.#follow.signal.aborted) throw abortError(this.#follow.signal, `Following a command on node ${this.#follow.node.name}`);
  }
};
function eventOf(type, chunk) {
  return chunk === void 0 ? void 0 : { type, data: chunk.data, offset: chunk.offset, bytes: chunk.bytes };
}
async function cancelExec(link, id2) {
  await link.ask(TO_NODE.cancel, id2);
}
async function readNodeFile(link, path, nodeName) {
  try {
    return await link.ask(TO_NODE.read, path);
  } catch (error) {
    if (isVcpError(error) && error.code === "not_found") throw new VcpError("not_found", `Node ${nodeName} has no file ${path}.`, { cause: error });
    throw error;
  }
}

// controller/src/nodes/exec-request.ts
var ID_PATTERN = /^[a-z0-9][a-z0-9-]{0,63}$/;
var VARIABLE_PATTERN = /^[A-Za-z_][A-Za-z0-9_]*$/;
var STEERS_DOCKER = /^(DOCKER_.*|LD_.*|PATH|HOME|GO[A-Z]+|.*_PROXY|.*_proxy)$/;
function encodeExecRequest(spec, nodeName) {
  check(ID_PATTERN.test(spec.id), `The id ${JSON.stringify(spec.id)} of a command is not made of lower-case letters, digits and "-".`);
  const argv = typeof spec.command === "string" ? ["/bin/sh", "-c", spec.command] : spec.command;
  check(argv.length > 0 && argv[0] !== "", "The command is empty.");
  check(argv.every((word) => !word.includes("\0")), "The command contains a zero byte.");
  check(spec.cwd === void 0 || spec.cwd.startsWith("/") && !spec.cwd.includes("\0"), `The working folder ${JSON.stringify(spec.cwd)} does not begin with "/".`);
  check(spec.user === void 0 || /^[a-z_0-9][a-z0-9_.-]*(:[a-z_0-9][a-z0-9_.-]*)?$/i.test(spec.user), `${JSON.stringify(spec.user)} is no user name.`);
  check(spec.timeoutMs === void 0 || Number.isSafeInteger(spec.timeoutMs) && spec.timeoutMs > 0, "The time limit is not a positive number of milliseconds.");
  const fields = ["id", spec.id];
  for (const word of argv) fields.push("arg", word);
  for (const [name2, value] of Object.entries({ VCP_NODE: nodeName, ...spec.env })) {
    check(VARIABLE_PATTERN.test(name2), `${JSON.stringify(name2)} is no name of an environment variable.`);
    check(!value.includes("\0"), `The value of ${name2} contains a zero byte.`);
    const throughClient = spec.container !== void 0 && /[\r\n]/.test(value);
    check(!throughClient || !STEERS_DOCKER.test(name2), `The value of ${name2} has several lines, which is not possible inside a container for this name.`);
    fields.push(throughClient ? "own" : "env", `${name2}=${value}`);
  }
  if (spec.cwd !== void 0) fields.push("cwd", spec.cwd);
  if (spec.user !== void 0) fields.push("user", spec.user);
  if (spec.timeoutMs !== void 0) fields.push("timeoutMs", String(spec.timeoutMs));
  if (spec.container !== void 0) fields.push("container", spec.container);
  return encodeFields(fields);
}
function check(condition, message) {
  if (!condition) throw new VcpError("invalid_request", message);
}

// controller/src/nodes/heartbeat.ts
import { z as z5 } from "zod";
var HEARTBEAT_FILE = "/run/vcp/heartbeat.json";
var schema = z5.object({
  uptimeSeconds: z5.number(),
  engine: z5.enum(["ready", "starting", "down"]),
  load1: z5.number(),
  memoryUsedMiB: z5.number(),
  at: z5.number()
});
function parseHeartbeat(text, nodeName) {
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new VcpError("command_failed", `The heartbeat of node ${nodeName} cannot be read.`, { hint: "Its base container is another version or damaged; replace the node.", cause });
  }
}

// controller/src/nodes/hosts-lines.ts
import { isIP } from "node:net";
function hostsLines(hosts) {
  const lines = hosts.map(({ name: name2, address }) => {
    if (isIP(address) === 0) throw new VcpError("invalid_request", `${JSON.stringify(address)} is no address (host ${name2}).`);
    if (!/^[a-zA-Z0-9]([a-zA-Z0-9.-]*[a-zA-Z0-9])?$/.test(name2)) throw new VcpError("invalid_request", `${JSON.stringify(name2)} is no name of a host.`);
    return `${address} ${name2}
`;
  });
  return [...new Set(lines)].sort().join("");
}

// controller/src/nodes/compose-containers.ts
import { createHash as createHash2 } from "node:crypto";

// controller/src/nodes/compose-values.ts
function refuse(place, message, hint) {
  throw new VcpError("invalid_request", `${place}: ${message}`, { ...hint === void 0 ? {} : { hint }, at: [{ path: place, message }] });
}
var UNITS = { "": 1, b: 1, k: 1024, kb: 1024, m: 1024 ** 2, mb: 1024 ** 2, g: 1024 ** 3, gb: 1024 ** 3 };
function parseBytes(value, place) {
  if (typeof value === "number") return value;
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(value.trim());
  const unit = UNITS[(match?.[2] ?? "").toLowerCase()];
  if (match === null || unit === void 0) refuse(place, `${JSON.stringify(value)} is no size`, "Write for example 512m or 2g.");
  return Math.round(Number(match[1]) * unit);
}
var SECONDS = { us: 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600 };
function parseSeconds(value, place) {
  if (!/^(\d+(\.\d+)?(us|ms|s|m|h))+$/.test(value)) refuse(place, `${JSON.stringify(value)} is no duration`, "Write for example 10s or 1m30s.");
  let seconds = 0;
  for (const [, number5, unit] of value.matchAll(/(\d+(?:\.\d+)?)(us|ms|s|m|h)/g)) seconds += Number(number5) * (SECONDS[unit ?? "s"] ?? 1);
  return Math.ceil(seconds);
}
function splitWords(text, place) {
  const words3 = [];
  let word;
  let quote = "";
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (quote === "'") {
      if (char === "'") quote = "";
      else word += char;
    } else if (char === "\\" && (quote === "" || '"\\$`\n'.includes(text.charAt(at + 1)))) {
      at += 1;
      if (at >= text.length) refuse(place, 'ends with a lone "\\"');
      if (text.charAt(at) !== "\n") word = (word ?? "") + text.charAt(at);
    } else if (quote === '"') {
      if (char === '"') quote = "";
      else word += char;
    } else if (char === '"' || char === "'") {
      quote = char;
      word ??= "";
    } else if (/\s/.test(char)) {
      if (word !== void 0) words3.push(word);
      word = void 0;
    } else word = (word ?? "") + char;
  }
  if (quote !== "") refuse(place, `a ${quote} is not closed`);
  if (word !== void 0) words3.push(word);
  return words3;
}
function undollar(value, place) {
  if (typeof value === "string") {
    return value.replaceAll(/\$(\$|\{[^}]*\}?|[A-Za-z_][A-Za-z0-9_]*)/g, (found, what) => {
      if (what !== "$") refuse(place, `${found} would be a variable of the machine that runs Compose, and there is none`, `Write $${found} for a variable inside the container.`);
      return "$";
    });
  }
  if (Array.isArray(value)) return value.map((item, index) => undollar(item, `${place}[${index}]`));
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, undollar(item, `${place}.${key}`)]));
  }
  return value;
}
function variables(value, place) {
  if (value === void 0) return [];
  const entries = Array.isArray(value) ? value.map((text) => text.includes("=") ? [text.slice(0, text.indexOf("=")), text.slice(text.indexOf("=") + 1)] : [text, null]) : Object.entries(value);
  return entries.map(([name2, content]) => {
    if (name2 === "" || /[\s\0]/.test(name2)) refuse(place, `${JSON.stringify(name2)} is no name`);
    return content === null ? name2 : `${name2}=${String(content)}`;
  });
}
function parsePort(value, place) {
  const match = /^(?:(?:(\d+\.\d+\.\d+\.\d+|\[[0-9a-f:]+\]):)?(\d*):)?(\d+)(?:\/(tcp|udp|sctp))?$/i.exec(String(value));
  if (match === null) refuse(place, `${JSON.stringify(value)} is no port`, "Write PORT, HOSTPORT:PORT or ADDRESS:HOSTPORT:PORT, and /udp after it where it is not TCP. Ranges are not supported.");
  const [, ip = "", host = "", container2 = "", protocol = "tcp"] = match;
  for (const port of [host, container2]) if (port !== "" && (Number(port) < 1 || Number(port) > 65535)) refuse(place, `port ${port} does not exist`);
  return { hostIp: ip.replace(/^\[|\]$/g, ""), hostPort: host, containerPort: `${container2}/${protocol.toLowerCase()}` };
}

// controller/src/nodes/compose-containers.ts
var APP_LABEL = "vcp.app";
var SERVICE_LABEL = "vcp.service";
var CONFIG_LABEL = "vcp.config";
function wantedApp(app, document) {
  if (!APP_NAME_PATTERN.test(app)) refuse("app", `${JSON.stringify(app)} is no name of an application`, 'Use a lower-case letter, then lower-case letters, digits, "_" or "-".');
  const network = `${app}_default`;
  const names = startOrder(document);
  const declared = Object.keys(document.volumes ?? {});
  const containers = names.map((name2) => {
    const service = document.services[name2];
    return container(app, name2, undollar({ ...service }, name2), declared);
  });
  return {
    containers,
    volumes: declared.map((name2) => `${app}_${name2}`),
    network: containers.some((wanted) => wanted.body.NetworkingConfig !== void 0) ? network : void 0
  };
}
function configDigest(body, imageId2) {
  return createHash2("sha256").update(canonicalJson({ body, imageId: imageId2 })).digest("hex").slice(0, 32);
}
function container(app, name2, service, declared) {
  const at = (key) => `${name2}.${key}`;
  const ports = (service.ports ?? []).map((port) => parsePort(port, at("ports")));
  const mounts = (service.volumes ?? []).map((volume) => mount(app, volume, declared, at("volumes")));
  const own = service.network_mode === void 0;
  const labels = Object.fromEntries(variables(service.labels, at("labels")).map((text) => splitOnce(text)));
  for (const label of Object.keys(labels)) if (label.startsWith("vcp.")) refuse(at("labels"), `${label} is kept for the virtual cloud itself`);
  const body = {
    Image: service.image,
    ...service.command === void 0 ? {} : { Cmd: words2(service.command, at("command")) },
    ...service.entrypoint === void 0 ? {} : { Entrypoint: words2(service.entrypoint, at("entrypoint")) },
    Env: variables(service.environment, at("environment")),
    ...service.hostname === void 0 ? {} : { Hostname: service.hostname },
    ...service.user === void 0 ? {} : { User: String(service.user) },
    ...service.working_dir === void 0 ? {} : { WorkingDir: service.working_dir },
    ...service.tty === void 0 ? {} : { Tty: service.tty },
    ...service.stop_grace_period === void 0 ? {} : { StopTimeout: parseSeconds(service.stop_grace_period, at("stop_grace_period")) },
    Labels: { ...labels, [APP_LABEL]: app, [SERVICE_LABEL]: name2 },
    ExposedPorts: Object.fromEntries(ports.map((port) => [port.containerPort, {}])),
    Volumes: Object.fromEntries(mounts.filter((volume) => volume.bind === void 0).map((volume) => [volume.target, {}])),
    HostConfig: {
      ...hostConfig(service, at),
      Binds: mounts.flatMap((volume) => volume.bind ?? []),
      PortBindings: portBindings(ports),
      NetworkMode: own ? `${app}_default` : service.network_mode === "bridge" ? "bridge" : service.network_mode
    },
    ...own ? { NetworkingConfig: { EndpointsConfig: { [`${app}_default`]: { Aliases: [name2] } } } } : {}
  };
  return { service: name2, name: `${app}-${name2}`, body };
}
function hostConfig(service, at) {
  return {
    RestartPolicy: { Name: service.restart ?? "no" },
    ...service.extra_hosts === void 0 ? {} : { ExtraHosts: service.extra_hosts.map((host) => extraHost(host, at("extra_hosts"))) },
    ...service.cap_add === void 0 ? {} : { CapAdd: service.cap_add },
    ...service.privileged === void 0 ? {} : { Privileged: service.privileged },
    ...service.devices === void 0 ? {} : { Devices: service.devices.map((device) => deviceOf(device, at("devices"))) },
    ...service.tmpfs === void 0 ? {} : { Tmpfs: Object.fromEntries([service.tmpfs].flat().map((text) => splitOnce(text, ":"))) },
    ...service.shm_size === void 0 ? {} : { ShmSize: parseBytes(service.shm_size, at("shm_size")) },
    ...service.mem_limit === void 0 ? {} : { Memory: parseBytes(service.mem_limit, at("mem_limit")) },
    ...service.cpus === void 0 ? {} : { NanoCpus: Math.round(service.cpus * 1e9) },
    ...service.init === void 0 ? {} : { Init: service.init }
  };
}
function portBindings(ports) {
  const bindings = {};
  for (const port of ports) (bindings[port.containerPort] ??= []).push({ HostIp: port.hostIp, HostPort: port.hostPort });
  return bindings;
}
function words2(value, place) {
  return typeof value === "string" ? splitWords(value, place) : value;
}
function mount(app, text, declared, place) {
  const [first = "", second, mode, ...rest] = text.split(":");
  if (rest.length > 0 || mode !== void 0 && !/^(ro|rw)$/.test(mode)) refuse(place, `${JSON.stringify(text)} is no volume`, "Write /on/node:/in/container or name:/in/container, and :ro after it for read-only.");
  const target = second ?? first;
  if (!target.startsWith("/")) refuse(place, `${JSON.stringify(target)} does not begin with "/"`);
  if (second === void 0) return { target };
  const suffix = mode === void 0 ? "" : `:${mode}`;
  if (first.startsWith("/")) return { target, bind: `${first}:${target}${suffix}` };
  if (/^[.~]/.test(first)) refuse(place, `${first} is a folder beside the compose file, and that is not on the node`, "Copy it to the node (`%vc cp`) and name its path there, or use a named volume.");
  if (!declared.includes(first)) refuse(place, `volume ${first} is not declared`, `Add "volumes: {${first}: {}}" at the top of the document.`);
  return { target, bind: `${app}_${first}:${target}${suffix}` };
}
function extraHost(text, place) {
  const match = /^([^:=\s]+)[:=]\[?([0-9a-f.:]+|host-gateway)\]?$/i.exec(text);
  if (match === null) refuse(place, `${JSON.stringify(text)} is no host`, "Write name:address.");
  return `${match[1]}:${match[2]}`;
}
function deviceOf(text, place) {
  const [onHost = "", inContainer = onHost, permissions = "rwm"] = text.split(":");
  if (!onHost.startsWith("/") || !/^[rwm]+$/.test(permissions)) refuse(place, `${JSON.stringify(text)} is no device`, "Write /dev/x, /dev/x:/dev/y or /dev/x:/dev/y:rwm.");
  return { PathOnHost: onHost, PathInContainer: inContainer, CgroupPermissions: permissions };
}
function splitOnce(text, by = "=") {
  const at = text.indexOf(by);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}
function startOrder(document) {
  const ordered = [];
  const visit = (name2, path) => {
    if (path.includes(name2)) refuse(`${name2}.depends_on`, `is a circle: ${[...path.slice(path.indexOf(name2)), name2].join(" \u2192 ")}`);
    if (ordered.includes(name2)) return;
    for (const needed of document.services[name2]?.depends_on ?? []) {
      if (document.services[needed] === void 0) refuse(`${name2}.depends_on`, `there is no service ${needed}`, `Services: ${Object.keys(document.services).join(", ")}.`);
      visit(needed, [...path, name2]);
    }
    ordered.push(name2);
  };
  for (const name2 of Object.keys(document.services)) visit(name2, []);
  return ordered;
}

// controller/src/nodes/node-engine.ts
import { request } from "node:http";

// controller/src/nodes/channel-agent.ts
import { Agent } from "node:http";
var ChannelAgent = class extends Agent {
  #open;
  constructor(open2, channels) {
    super({ keepAlive: false, maxSockets: channels });
    this.#open = open2;
  }
  createConnection(_options, done) {
    this.#open().then(
      (channel) => done?.(null, dressAsSocket(channel)),
      (error) => done?.(error, void 0)
    );
    return void 0;
  }
};
function dressAsSocket(channel) {
  const nothing = () => channel;
  return Object.assign(channel, { setKeepAlive: nothing, setNoDelay: nothing, setTimeout: nothing, ref: nothing, unref: nothing, destroySoon: () => channel.destroy() });
}

// controller/src/nodes/node-engine.ts
var ENGINE_SOCKET = "/var/run/docker.sock";
var API = "/v1.41";
var LARGEST_ANSWER_BYTES = 32 * 1024 * 1024;
var CHANNELS_PER_NODE = 24;
var NodeEngine = class {
  #connection;
  #agent;
  constructor(connection) {
    this.#connection = connection;
    this.#agent = new ChannelAgent(() => connection.openUnixSocket(ENGINE_SOCKET), CHANNELS_PER_NODE);
  }
  get nodeName() {
    return this.#connection.name;
  }
  /** @throws VcpError command_failed with the engine's message, node_unreachable, cancelled, timed_out. */
  async json(path, options) {
    const answer = await this.call(path, options);
    return answer.body === "" ? void 0 : JSON.parse(answer.body);
  }
  async call(path, options) {
    const response = await this.stream(path, options);
    return { status: response.statusCode ?? 0, body: (await this.#read(response, options)).toString("utf8") };
  }
  async bytes(path, options) {
    return this.#read(await this.stream(path, options), options);
  }
  /** The answer as it comes, for pulls and loads that tell their progress. */
  async stream(path, options) {
    const response = await this.#send(path, options);
    const status = response.statusCode ?? 0;
    if (status >= 200 && status < 300 || options.accept?.includes(status) === true) return response;
    const message = messageOf((await this.#read(response, options)).toString("utf8"));
    throw new VcpError("command_failed", `${options.what} on node ${this.nodeName} failed: ${message}`, { details: { engineStatus: status } });
  }
  #send(path, options) {
    return new Promise((resolve, reject) => {
      const body = options.body === void 0 ? void 0 : Buffer.from(JSON.stringify(options.body));
      const sent = request({
        agent: this.#agent,
        host: "node",
        path: path.startsWith("/_ping") ? path : `${API}${path}`,
        method: options.method ?? "GET",
        headers: { ...options.headers, ...body === void 0 ? {} : { "content-type": "application/json", "content-length": String(body.length) }, ...options.stream === void 0 ? {} : { "content-type": "application/x-tar" } }
      });
      const onAbort = () => void sent.destroy(abortError(options.signal, options.what));
      options.signal?.addEventListener("abort", onAbort, { once: true });
      if (options.signal?.aborted === true) onAbort();
      const forget = () => options.signal?.removeEventListener("abort", onAbort);
      sent.once("close", forget);
      sent.once("response", (response) => {
        response.once("close", forget);
        resolve(response);
      });
      sent.once("error", (error) => reject(this.#explain(error, options)));
      if (options.stream === void 0) sent.end(body);
      else {
        options.stream.once("error", (error) => sent.destroy(error));
        options.stream.pipe(sent);
      }
    });
  }
  async #read(response, options) {
    const parts = [];
    let size = 0;
    try {
      for await (const part of response) {
        size += part.length;
        if (size > LARGEST_ANSWER_BYTES) throw new VcpError("too_large", `${options.what} on node ${this.nodeName} gave more than ${LARGEST_ANSWER_BYTES / 1024 / 1024} MiB.`);
        parts.push(part);
      }
    } catch (error) {
      throw this.#explain(error, options);
    }
    return Buffer.concat(parts);
  }
  #explain(error, options) {
    if (error instanceof VcpError) return error;
    if (options.signal?.aborted === true) return abortError(options.signal, options.what);
    if (!this.#connection.alive) return unreachable(this.nodeName, "the connection was lost.", error);
    return new VcpError("command_failed", `The Docker engine of node ${this.nodeName} does not answer: ${error.message}`, {
      hint: "It is started again by itself; wait a moment, then try again.",
      cause: error,
      details: { engineStatus: 0 }
    });
  }
};
function engineStatus(error) {
  const status = error instanceof VcpError ? error.details?.["engineStatus"] : void 0;
  return typeof status === "number" ? status : void 0;
}
function messageOf(body) {
  try {
    const parsed = JSON.parse(body);
    if (typeof parsed === "object" && parsed !== null && "message" in parsed) return String(parsed.message);
  } catch {
  }
  return body.trim() || "no reason given";
}
function demultiplexLogs(bytes, tty) {
  if (tty) return bytes.toString("utf8");
  const parts = [];
  for (let at = 0; at + 8 <= bytes.length; ) {
    const length = bytes.readUInt32BE(at + 4);
    parts.push(bytes.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
  return Buffer.concat(parts).toString("utf8");
}

// controller/src/nodes/node-containers.ts
var LONGEST_DETAIL = 300;
async function listContainers(engine, signal, app) {
  const filters = encodeURIComponent(JSON.stringify({ label: [app === void 0 ? APP_LABEL : `${APP_LABEL}=${app}`] }));
  return engine.json(`/containers/json?all=1&filters=${filters}`, { what: "Listing containers", signal });
}
function nameOf(container2) {
  return (container2.Names[0] ?? container2.Id.slice(0, 12)).replace(/^\//, "");
}
function configOf(container2) {
  return container2.Labels[CONFIG_LABEL];
}
function exitCodeOf(container2) {
  const match = /^(?:Exited|Restarting) \((\d+)\)/.exec(container2.Status);
  return match === null ? void 0 : Number(match[1]);
}
async function viewContainer(engine, container2, signal) {
  const view = { app: container2.Labels[APP_LABEL] ?? "", service: container2.Labels[SERVICE_LABEL] ?? "", container: nameOf(container2), image: container2.Image };
  const { state, detail } = stateOf(container2);
  if (state !== "error" && state !== "exited") return { ...view, state, ...detail === void 0 ? {} : { detail } };
  const line = await containerLogs(engine, container2.Id, 1, signal).catch(() => "");
  return { ...view, state, detail: [detail, line.trim()].filter((text) => text !== void 0 && text !== "").join(": ").slice(0, LONGEST_DETAIL) };
}
function stateOf(container2) {
  const code = exitCodeOf(container2);
  if (container2.State === "created") return { state: "starting" };
  if (container2.State === "restarting") return { state: "error", detail: `ends again and again with exit code ${code ?? "?"}` };
  if (container2.State === "exited") return code === 0 ? { state: "exited", detail: "ended" } : { state: "error", detail: `ended with exit code ${code ?? "?"}` };
  if (container2.State === "dead" || container2.State === "removing") return { state: "error", detail: container2.State };
  if (container2.State === "paused") return { state: "running", detail: "paused" };
  if (container2.Status.includes("(health: starting)")) return { state: "starting" };
  if (container2.Status.includes("(unhealthy)")) return { state: "error", detail: "its health check fails" };
  return { state: "running" };
}
async function containerLogs(engine, container2, tail, signal) {
  const bytes = await engine.bytes(`/containers/${encodeURIComponent(container2)}/logs?stdout=1&stderr=1&tail=${tail}`, { what: `Reading the log of ${container2}`, signal });
  const multiplexed = bytes.length >= 8 && bytes.readUInt8(0) <= 2 && bytes.readUIntBE(1, 3) === 0;
  return demultiplexLogs(bytes, !multiplexed);
}
async function resolveContainer(engine, name2, signal) {
  const exact = await inspect(engine, name2, signal);
  if (exact !== void 0) return exact;
  const all = await listContainers(engine, signal);
  const ofApp = all.filter((container2) => container2.Labels[APP_LABEL] === name2);
  const [only] = ofApp;
  if (only !== void 0 && ofApp.length === 1) return { id: only.Id, name: nameOf(only), state: only.State };
  const there = (ofApp.length > 1 ? ofApp : all).map(nameOf).sort();
  throw new VcpError("not_found", ofApp.length > 1 ? `Application ${name2} on node ${engine.nodeName} has ${ofApp.length} containers.` : `There is no container ${name2} on node ${engine.nodeName}.`, { hint: there.length === 0 ? "There are no application containers on it." : `Name one of: ${there.join(", ")}.` });
}
async function inspect(engine, name2, signal) {
  if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(name2)) return void 0;
  try {
    const found = await engine.json(`/containers/${name2}/json`, { what: `Looking for container ${name2}`, signal });
    return { id: found.Id, name: found.Name.replace(/^\//, ""), state: found.State.Status };
  } catch (error) {
    if (engineStatus(error) === 404) return void 0;
    throw error;
  }
}
async function removeContainerById(engine, id2, name2, signal) {
  await engine.call(`/containers/${id2}/stop`, { method: "POST", accept: [304, 404], what: `Stopping ${name2}`, signal });
  await engine.call(`/containers/${id2}?force=1&v=1`, { method: "DELETE", accept: [404, 409], what: `Removing ${name2}`, signal });
}

// controller/src/nodes/node-apps.ts
var SETTLE_MS = 400;
var LOG_LINES_IN_ERROR = 10;
async function ensureApp(options) {
  const { engine, app, compose, signal } = options;
  const wanted = wantedApp(app, compose);
  const images = /* @__PURE__ */ new Map();
  for (const image of new Set(wanted.containers.map((container2) => container2.body.Image))) images.set(image, await imageIdOf(options, image));
  const existing = new Map((await listContainers(engine, signal, app)).map((container2) => [nameOf(container2), container2]));
  const digests = new Map(wanted.containers.map((container2) => [container2.name, configDigest(container2.body, images.get(container2.body.Image) ?? "")]));
  const stale = [...existing.values()].filter((container2) => configOf(container2) !== digests.get(nameOf(container2)));
  await Promise.all(stale.map((container2) => removeContainerById(engine, container2.Id, nameOf(container2), signal)));
  for (const container2 of stale) existing.delete(nameOf(container2));
  if (wanted.network !== void 0) await ensureNetwork(engine, app, wanted.network, signal);
  for (const volume of wanted.volumes) {
    await engine.call("/volumes/create", { method: "POST", body: { Name: volume, Labels: { [APP_LABEL]: app } }, what: `Making volume ${volume}`, signal });
  }
  const settling = [];
  for (const container2 of wanted.containers) {
    const settled = await startContainer(options, container2, digests.get(container2.name) ?? "", existing.get(container2.name));
    if (settled === void 0) continue;
    const { settles } = settled;
    settles.catch(() => void 0);
    settling.push(settles);
  }
  await Promise.all(settling);
  return appViews(engine, signal, app);
}
async function removeApp(engine, app, signal) {
  const containers = await listContainers(engine, signal, app);
  await Promise.all(containers.map((container2) => removeContainerById(engine, container2.Id, nameOf(container2), signal)));
  await engine.call(`/networks/${app}_default`, { method: "DELETE", accept: [403, 404, 409], what: `Removing network ${app}_default`, signal });
}
async function appViews(engine, signal, app) {
  const containers = await listContainers(engine, signal, app);
  const views = await Promise.all(containers.map((container2) => viewContainer(engine, container2, signal)));
  return views.sort((a, b) => a.container < b.container ? -1 : 1);
}
async function imageIdOf(options, image) {
  const found = await imageId(options.engine, image, options.signal);
  if (found !== void 0) return found;
  await options.fetchImage(image);
  const fetched = await imageId(options.engine, image, options.signal);
  if (fetched === void 0) throw new VcpError("command_failed", `Node ${options.engine.nodeName} has no image ${image}, though it was sent there.`);
  return fetched;
}
async function imageId(engine, image, signal) {
  const answer = await engine.call(`/images/${encodeImage(image)}/json`, { accept: [404], what: `Looking for image ${image}`, signal });
  return answer.status === 404 ? void 0 : JSON.parse(answer.body).Id;
}
function encodeImage(image) {
  if (!/^[a-zA-Z0-9][a-zA-Z0-9._\-/:@]*$/.test(image) || image.includes("//") || image.includes("..")) {
    throw new VcpError("invalid_request", `${JSON.stringify(image)} is no name of an image.`, { hint: "Write for example debian:12 or registry.example.org/team/tool:1.0." });
  }
  return image;
}
async function ensureNetwork(engine, app, name2, signal) {
  const found = await engine.call(`/networks/${name2}`, { accept: [404], what: `Looking for network ${name2}`, signal });
  if (found.status !== 404) return;
  await engine.call("/networks/create", { method: "POST", body: { Name: name2, CheckDuplicate: true, Driver: "bridge", Labels: { [APP_LABEL]: app } }, accept: [409], what: `Making network ${name2}`, signal });
}
async function startContainer(options, wanted, digest, existing) {
  const { engine, signal } = options;
  if (existing !== void 0 && (["running", "restarting", "paused"].includes(existing.State) || existing.State === "exited" && exitCodeOf(existing) === 0)) return void 0;
  const id2 = existing?.Id ?? await createContainer(options, wanted, digest);
  const patience = new AbortController();
  const exit = await engine.stream(`/containers/${id2}/wait?condition=next-exit`, { method: "POST", what: `Watching ${wanted.name}`, signal: AbortSignal.any([signal, patience.signal]) });
  try {
    await engine.call(`/containers/${id2}/start`, { method: "POST", accept: [304], what: `Starting ${wanted.name}`, signal });
  } catch (error) {
    patience.abort();
    throw namedFailure(error, options, wanted);
  }
  const timer = setTimeout(() => patience.abort(), SETTLE_MS);
  return { settles: refuseEarlyEnd(options, wanted, id2, exit, patience.signal).finally(() => clearTimeout(timer)) };
}
async function createContainer(options, wanted, digest) {
  const { engine, app, signal } = options;
  const body = { ...wanted.body, Labels: { ...wanted.body.Labels, [CONFIG_LABEL]: digest } };
  try {
    const made = await engine.json(`/containers/create?name=${wanted.name}`, { method: "POST", body, what: `Making ${wanted.name}`, signal });
    return made.Id;
  } catch (error) {
    if (engineStatus(error) !== 409) throw namedFailure(error, options, wanted);
    throw new VcpError("conflict", `Node ${engine.nodeName} has a container ${wanted.name} already, and it is not service ${wanted.service} of application ${app}.`, { hint: "Remove it (`docker rm -f` on the node), or name the application otherwise.", cause: error });
  }
}
function namedFailure(error, options, wanted) {
  if (!(error instanceof VcpError) || error.code !== "command_failed") return error;
  return new VcpError("command_failed", `Service ${wanted.service} of application ${options.app} on node ${options.engine.nodeName} could not be started: ${error.message.replace(/^.*? failed: /, "")}`, { cause: error, details: { service: wanted.service } });
}
async function refuseEarlyEnd(options, wanted, id2, exit, settled) {
  const { engine, app, signal } = options;
  let text = "";
  try {
    for await (const part of exit) text += String(part);
  } catch (error) {
    if (signal.aborted) throw abortError(signal, `Starting ${wanted.name}`);
    if (settled.aborted) return;
    throw error;
  }
  const code = JSON.parse(text).StatusCode;
  if (code === 0) return;
  const lines = (await containerLogs(engine, id2, LOG_LINES_IN_ERROR, signal).catch(() => "")).trim();
  throw new VcpError("command_failed", `Service ${wanted.service} of application ${app} on node ${engine.nodeName} ended right away with exit code ${code}${lines === "" ? " and wrote nothing." : `:
${lines}`}`, {
    hint: "Correct its command, environment or image and apply again.",
    details: { service: wanted.service, exitCode: code }
  });
}

// controller/src/nodes/push-archive.ts
import { posix as posix2 } from "node:path";
import { Readable } from "node:stream";
import { extract } from "tar-stream";
var LARGEST_JSON_BYTES = 16 * 1024 * 1024;
async function pushArchive(registry, archive, tag, onBytes) {
  const blobs = /* @__PURE__ */ new Map();
  const links = /* @__PURE__ */ new Map();
  let manifest;
  const entries = extract();
  archive.once("error", (error) => entries.destroy(error));
  archive.once("close", () => {
    if (!archive.readableEnded) entries.destroy(new Error("the archive of the image broke off"));
  });
  archive.pipe(entries);
  try {
    for await (const entry of entries) {
      const { name: name2, type, linkname, size = 0 } = entry.header;
      if (type === "symlink" && linkname) links.set(name2, posix2.join(posix2.dirname(name2), linkname));
      else if (type === "file" && name2 === "manifest.json") [manifest] = JSON.parse((await textOf(entry)).toString());
      else if (type === "file" && isBlob(name2)) blobs.set(name2, layerOf(await registry.putBlob(Readable.from(entry), size, onBytes)));
      else entry.resume();
    }
  } finally {
    archive.destroy();
  }
  const find = (name2) => {
    const blob = blobs.get(links.get(name2) ?? name2);
    if (blob === void 0) throw new VcpError("command_failed", `The archive of the image lacks ${name2}.`);
    return blob;
  };
  if (manifest === void 0) throw new VcpError("command_failed", "The archive of the image has no manifest.");
  const config = find(manifest.Config);
  return registry.putManifest(tag, { digest: config.digest, size: config.size }, manifest.Layers.map(find));
}
function isBlob(name2) {
  return name2.endsWith("/layer.tar") || name2.startsWith("blobs/sha256/") || /^[0-9a-f]{64}\.json$/.test(name2);
}
function layerOf(blob) {
  const gzip = blob.head.subarray(0, 2).equals(Buffer.from([31, 139]));
  const zstd = blob.head.subarray(0, 4).equals(Buffer.from([40, 181, 47, 253]));
  const mediaType = gzip ? "application/vnd.docker.image.rootfs.diff.tar.gzip" : zstd ? "application/vnd.oci.image.layer.v1.tar+zstd" : "application/vnd.docker.image.rootfs.diff.tar";
  return { mediaType, digest: blob.digest, size: blob.size };
}
async function textOf(entry) {
  const parts = [];
  let size = 0;
  for await (const part of entry) {
    size += part.length;
    if (size > LARGEST_JSON_BYTES) throw new VcpError("too_large", "The manifest of the image is too large.");
    parts.push(part);
  }
  return Buffer.concat(parts);
}

// controller/src/nodes/registry-client.ts
import { createHash as createHash3 } from "node:crypto";
import { request as request2 } from "node:http";
import { Readable as Readable2 } from "node:stream";
var REPOSITORY = "vcp/images";
var MANIFEST_TYPE = "application/vnd.docker.distribution.manifest.v2+json";
var CHANNELS = 8;
var PIECE_BYTES = 512 * 1024;
var RegistryClient = class {
  /** `address:port`, as the nodes of the network reach it. */
  address;
  #agent;
  constructor(connection, address) {
    this.address = address;
    const [host = "", port = ""] = address.split(":");
    this.#agent = new ChannelAgent(() => connection.openTcp(host, Number(port)), CHANNELS);
  }
  /** What a node's engine pulls. */
  referenceOf(digest) {
    return `${this.address}/${REPOSITORY}@${digest}`;
  }
  /** The digest under which a manifest can be pulled; undefined when it is not there. */
  async findManifest(tag) {
    const answer = await this.#call("HEAD", `/v2/${REPOSITORY}/manifests/${tag}`, [200, 404], { headers: { accept: MANIFEST_TYPE } });
    return answer.status === 200 ? digestOf(answer) : void 0;
  }
  async putManifest(tag, config, layers) {
    const manifest = { schemaVersion: 2, mediaType: MANIFEST_TYPE, config: { mediaType: "application/vnd.docker.container.image.v1+json", ...config }, layers };
    return digestOf(await this.#call("PUT", `/v2/${REPOSITORY}/manifests/${tag}`, [201], { headers: { "content-type": MANIFEST_TYPE }, body: Readable2.from([JSON.stringify(manifest)]) }));
  }
  /** Stores a blob of `length` bytes while it is read; its digest is known only at the end. */
  async putBlob(content, length, onBytes = () => void 0) {
    const started = await this.#call("POST", `/v2/${REPOSITORY}/blobs/uploads/`, [202], {});
    const hash = createHash3("sha256");
    let head = Buffer.alloc(0);
    const body = Readable2.from((async function* () {
      for await (const piece of inPieces(content)) {
        if (head.length === 0) head = piece.subarray(0, 4);
        hash.update(piece);
        onBytes(piece.length);
        yield piece;
      }
    })(), { objectMode: false, highWaterMark: 1024 * 1024 });
    const sent = await this.#call("PATCH", placeOf(started), [202], { headers: { "content-type": "application/octet-stream", "content-length": String(length) }, body });
    const digest = `sha256:${hash.digest("hex")}`;
    const place = placeOf(sent);
    await this.#call("PUT", `${place}${place.includes("?") ? "&" : "?"}digest=${encodeURIComponent(digest)}`, [201], {});
    return { digest, size: length, head };
  }
  #call(method, path, accept, options) {
    return new Promise((resolve, reject) => {
      const sent = request2({ agent: this.#agent, host: this.address.split(":")[0], path, method, headers: { ...options.headers } });
      sent.once("error", reject);
      sent.once("response", (response) => {
        let body = "";
        response.setEncoding("utf8").on("data", (text) => {
          body += text;
        });
        response.once("error", reject).once("end", () => {
          const status = response.statusCode ?? 0;
          if (accept.includes(status)) resolve({ status, headers: response.headers, body });
          else reject(new VcpError("command_failed", `The image registry ${this.address} answers ${status} to ${method} ${path.split("?")[0]}: ${body.slice(0, 300)}`));
        });
      });
      if (options.body === void 0) sent.end();
      else {
        options.body.once("error", (error) => sent.destroy(error));
        options.body.pipe(sent);
      }
    });
  }
};
async function* inPieces(content) {
  let parts = [];
  let size = 0;
  for await (const chunk of content) {
    parts.push(chunk);
    size += chunk.length;
    if (size < PIECE_BYTES) continue;
    yield Buffer.concat(parts, size);
    parts = [];
    size = 0;
  }
  if (size > 0) yield Buffer.concat(parts, size);
}
function placeOf(answer) {
  const location = answer.headers.location;
  if (location === void 0) throw new VcpError("command_failed", "The image registry does not say where to put a layer.");
  const url = new URL(location, "http://registry");
  return `${url.pathname}${url.search}`;
}
function digestOf(answer) {
  const digest = answer.headers["docker-content-digest"];
  if (typeof digest !== "string") throw new VcpError("command_failed", "The image registry gives no digest.");
  return digest;
}

// controller/src/nodes/network-registries.ts
var REGISTRY_FILE = "/etc/vcp/registry.yml";
var PUSH_TIMEOUT_MS = 30 * 6e4;
var MOST_CANDIDATES = 16;
var NetworkRegistries = class {
  #pool;
  #source;
  #hosts = /* @__PURE__ */ new Map();
  #finding = /* @__PURE__ */ new Map();
  #pushes = /* @__PURE__ */ new Map();
  constructor(pool, source) {
    this.#pool = pool;
    this.#source = source;
  }
  /**
   * What a node has to pull to get that image of ours; it is put into the registry of the node's network first where it is not there.
   * Callers that want the same share the work. @throws what the registry or its node says.
   */
  async provide(node, candidates, image, ours, progress) {
    const key = `${networkOf(node)}\0${ours.id}`;
    let push = this.#pushes.get(key);
    if (push === void 0) {
      const listeners = /* @__PURE__ */ new Set();
      const done = this.#provide(node, candidates, image, ours, (message, share) => {
        for (const listener of listeners) listener(message, share);
      });
      push = { done, listeners };
      this.#pushes.set(key, push);
      const forget = () => void this.#pushes.delete(key);
      done.then(forget, forget);
    }
    push.listeners.add(progress);
    return push.done;
  }
  async #provide(node, candidates, image, ours, progress) {
    const registry = await this.#registryOf(node, candidates);
    const tag = ours.id.replace(/^sha256:/, "");
    const known = await registry.findManifest(tag);
    if (known !== void 0) return registry.referenceOf(known);
    let sent = 0;
    const archive = await this.#source.save(image);
    const timer = setTimeout(() => archive.destroy(new VcpError("timed_out", `Image ${image} could not be sent within ${PUSH_TIMEOUT_MS / 6e4} minutes.`)), PUSH_TIMEOUT_MS);
    try {
      return registry.referenceOf(await pushArchive(registry, archive, tag, (bytes) => {
        sent += bytes;
        progress(`Sending image ${image}`, ours.sizeBytes === 0 ? void 0 : Math.min(0.99, sent / ours.sizeBytes));
      }));
    } finally {
      clearTimeout(timer);
    }
  }
  /** Several callers may ask at once; the registry is looked for and started by one of them. */
  #registryOf(node, candidates) {
    const network = networkOf(node);
    const running = this.#finding.get(network);
    if (running !== void 0) return running;
    const finding = this.#findRegistry(node, candidates).finally(() => this.#finding.delete(network));
    this.#finding.set(network, finding);
    return finding;
  }
  async #findRegistry(node, candidates) {
    const network = networkOf(node);
    const known = this.#hosts.get(network);
    if (known !== void 0) {
      const registry2 = await this.#start(known).catch(() => void 0);
      if (registry2 !== void 0) return registry2;
      this.#hosts.delete(network);
    }
    const neighbours = new Map([...this.#pool.connected(node.vcId), ...candidates, node].filter((other) => networkOf(other) === network).map((other) => [other.nodeId, other]));
    const ordered = [...neighbours.values()].sort((a, b) => addressNumber(a.address) - addressNumber(b.address)).slice(0, MOST_CANDIDATES);
    const host = await this.#firstWithRegistry(ordered) ?? ordered[0] ?? node;
    const registry = await this.#start(host);
    this.#hosts.set(network, host);
    return registry;
  }
  async #firstWithRegistry(nodes) {
    const found = await Promise.all(nodes.map(async (node) => {
      try {
        const connection = await this.#pool.connect(node, void 0, 1e3);
        await readNodeFile(await connection.helper(), REGISTRY_FILE, node.name);
        return node;
      } catch {
        return void 0;
      }
    }));
    return found.find((node) => node !== void 0);
  }
  /** Starting one that runs only asks it for its address. */
  async #start(node) {
    const connection = await this.#pool.connect(node, void 0);
    const address = (await runOnNode(connection, "vcp-registry", { what: `Starting the image registry on node ${node.name}` })).trim();
    return new RegistryClient(connection, address);
  }
};
function networkOf(node) {
  return `${node.vcId}/${Math.floor(addressNumber(node.address) / 1024)}`;
}
function addressNumber(address) {
  return address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}

// controller/src/nodes/node-images.ts
import { createInterface } from "node:readline";
import { PassThrough as PassThrough2 } from "node:stream";
var ImageDistributor = class {
  #options;
  #transfers = /* @__PURE__ */ new Map();
  constructor(options) {
    this.#options = options;
  }
  /** @throws command_failed naming image and remedy, node_unreachable, cancelled, timed_out. */
  async ensure(nodes, images, progress, signal) {
    for (const image of new Set(images)) {
      encodeImage(image);
      const joined = [];
      const own = [];
      for (const node of nodes) {
        const transfer = this.#transfers.get(keyOf(node, image));
        if (transfer === void 0) own.push(node);
        else joined.push(this.#waitFor([transfer], signal, image));
      }
      if (own.length > 0) joined.push(this.#waitFor(this.#begin(own, image, progress), signal, image));
      const failed = (await Promise.allSettled(joined)).find((result) => result.status === "rejected");
      if (failed !== void 0) throw failed.reason;
    }
  }
  #begin(nodes, image, progress) {
    const stop = new AbortController();
    const all = this.#bring(nodes, image, progress, stop.signal);
    return nodes.map((node, index) => {
      const done = all.then((results) => {
        const result = results[index];
        if (result?.status === "rejected") throw result.reason;
      }).finally(() => this.#transfers.delete(keyOf(node, image)));
      done.catch(() => void 0);
      const transfer = { done, interested: 0, stop };
      this.#transfers.set(keyOf(node, image), transfer);
      return transfer;
    });
  }
  async #waitFor(transfers, signal, image) {
    for (const transfer of transfers) transfer.interested += 1;
    try {
      const results = Promise.allSettled(transfers.map((transfer) => transfer.done));
      const failed = (await untilAborted(results, signal, `Sending image ${image}`)).find((result) => result.status === "rejected");
      if (failed !== void 0) throw failed.reason;
    } finally {
      for (const transfer of transfers) transfer.interested -= 1;
      const stops = new Set(transfers.map((transfer) => transfer.stop));
      for (const stop of stops) if ([...this.#transfers.values()].every((transfer) => transfer.stop !== stop || transfer.interested === 0)) stop.abort();
    }
  }
  async #bring(nodes, image, progress, signal) {
    const ours = image.includes("@") ? void 0 : await this.#options.source.find(image);
    const checked = await Promise.allSettled(nodes.map(async (node) => {
      const engine = await this.#options.engine(node, signal);
      return { node, engine, missing: await isMissing(engine, image, ours?.id, signal) };
    }));
    const targets = checked.flatMap((result) => result.status === "fulfilled" && result.value.missing ? [result.value] : []);
    const outcomes = /* @__PURE__ */ new Map();
    if (targets.length > 0) {
      throwIfAborted(signal, `Sending image ${image}`);
      const sent = ours === void 0 ? targets.map((target) => pull(target, image, progress, signal)) : await this.#send(targets, image, ours, progress, signal);
      targets.forEach((target, index) => outcomes.set(target.node.nodeId, sent[index] ?? Promise.resolve()));
    }
    return Promise.allSettled(checked.map((result, index) => result.status === "rejected" ? Promise.reject(result.reason) : outcomes.get(nodes[index]?.nodeId ?? "") ?? Promise.resolve()));
  }
  async #send(targets, image, ours, progress, signal) {
    const nodes = targets.map((target) => target.node);
    const pulled = await Promise.all(targets.map(async (target) => {
      try {
        const reference = await untilAborted(this.#options.registries.provide(target.node, nodes, image, ours, progress), signal, `Sending image ${image}`);
        progress(`Node ${target.node.name} takes image ${image}`);
        await pullReference(target.engine, reference, image, signal);
        await remember(target.engine, image, ours.id, signal);
        return true;
      } catch (error) {
        if (signal.aborted || isVcpError(error) && error.code === "node_unreachable") throw error;
        this.#options.log(`Image ${image} did not reach node ${target.node.name} through a registry, so it is sent to it directly: ${error.message}`);
        return false;
      }
    }).map(settle));
    const rest = targets.filter((_, index) => pulled[index]?.value === false);
    const loads = rest.length === 0 ? [] : await this.#loadDirectly(rest, image, ours, progress, signal);
    return targets.map((target, index) => {
      const result = pulled[index];
      if (result?.error !== void 0) return Promise.reject(result.error);
      return result?.value === true ? Promise.resolve() : loads[rest.indexOf(target)] ?? Promise.resolve();
    });
  }
  async #loadDirectly(targets, image, ours, progress, signal) {
    const archive = await this.#options.source.save(image);
    const branches = targets.map(() => new PassThrough2({ highWaterMark: 1024 * 1024 }));
    const names = targets.map((target) => target.node.name).join(", ");
    const pumping = pump(archive, branches, (sent) => progress(`Image ${image} to ${names}`, ours.sizeBytes === 0 ? void 0 : Math.min(0.99, sent / ours.sizeBytes)), signal);
    return targets.map(async (target, index) => {
      const branch = branches[index];
      try {
        await Promise.all([load(target.engine, image, branch, signal), pumping]);
        await remember(target.engine, image, ours.id, signal);
      } finally {
        branch.destroy();
      }
    });
  }
};
async function settle(work) {
  try {
    return { value: await work };
  } catch (error) {
    return { error };
  }
}
function keyOf(node, image) {
  return `${node.nodeId}\0${image}`;
}
function memoOf(id2) {
  return `vcp-known:${id2.replace(/^sha256:/, "").slice(0, 64)}`;
}
async function isMissing(engine, image, ourId, signal) {
  const theirs = await imageId(engine, image, signal);
  if (theirs === void 0) return true;
  if (ourId === void 0 || theirs === ourId) return false;
  return await imageId(engine, memoOf(ourId), signal) !== theirs;
}
async function remember(engine, image, ourId, signal) {
  const theirs = await imageId(engine, image, signal);
  if (theirs === void 0) throw new VcpError("command_failed", `Image ${image} was sent to node ${engine.nodeName}, but is not there under this name.`);
  if (theirs === ourId) return;
  const [repository = "", tag = ""] = memoOf(ourId).split(":");
  await engine.call(`/images/${theirs}/tag?repo=${repository}&tag=${tag}`, { method: "POST", what: `Naming image ${image}`, signal });
}
async function pump(archive, branches, onSent, signal) {
  let sent = 0;
  try {
    for await (const chunk of archive) {
      throwIfAborted(signal, "Sending an image");
      const open2 = branches.filter((branch) => !branch.destroyed);
      if (open2.length === 0) return;
      sent += chunk.length;
      await Promise.all(open2.map((branch) => branch.write(chunk) ? void 0 : drained(branch)));
      onSent(sent);
    }
    for (const branch of branches) branch.end();
  } catch (error) {
    for (const branch of branches) branch.destroy(error);
    throw error;
  } finally {
    archive.destroy();
  }
}
function drained(branch) {
  return new Promise((resolve) => {
    const done = () => {
      branch.off("drain", done).off("close", done);
      resolve();
    };
    branch.on("drain", done).on("close", done);
  });
}
async function load(engine, image, archive, signal) {
  const what = `Loading image ${image}`;
  const answer = await engine.stream("/images/load?quiet=1", { method: "POST", stream: archive, what, signal });
  await readMessages(answer, engine, what, () => void 0);
}
async function pullReference(engine, reference, image, signal) {
  const what = `Taking image ${image}`;
  await readMessages(await engine.stream(`/images/create?fromImage=${encodeURIComponent(reference)}`, { method: "POST", what, signal }), engine, what, () => void 0);
  const [, repository = image, tag = "latest"] = /^(.*?)(?::([^/:]+))?$/.exec(image.replace(/@.*$/, "")) ?? [];
  await engine.call(`/images/${reference}/tag?repo=${encodeURIComponent(repository)}&tag=${encodeURIComponent(tag)}`, { method: "POST", what: `Naming image ${image}`, signal });
}
async function pull(target, image, progress, signal) {
  const { engine, node } = target;
  const what = `Pulling image ${image}`;
  progress(`Node ${node.name} pulls ${image}`);
  try {
    const answer = await engine.stream(`/images/create?fromImage=${encodeURIComponent(tagged(image))}`, { method: "POST", what, signal });
    await readMessages(answer, engine, what, (text) => progress(`Node ${node.name} pulls ${image}: ${text}`));
  } catch (error) {
    if (!isVcpError(error) || error.code !== "command_failed") throw error;
    throw new VcpError("command_failed", `Nobody has image ${image}: the Docker engine of this computer has not, and node ${node.name} cannot pull it (${error.message.replace(/^.*? failed: /, "")}).`, {
      hint: `Pull or build it on this computer (docker pull ${image}), then apply again.`,
      details: { image },
      cause: error
    });
  }
}
function tagged(image) {
  return /[:@][^/]*$/.test(image) ? image : `${image}:latest`;
}
async function readMessages(answer, engine, what, onStatus) {
  let failure;
  for await (const line of createInterface({ input: answer })) {
    if (line.trim() === "") continue;
    const message = JSON.parse(line);
    if (message.error !== void 0) failure = message.error;
    else if (message.status !== void 0) onStatus(message.status);
  }
  if (failure !== void 0) throw new VcpError("command_failed", `${what} on node ${engine.nodeName} failed: ${failure}`);
}

// controller/src/nodes/ssh-key.ts
import { chmod, mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import ssh22 from "ssh2";
var COMMENT = "jupyterlab-vcp";
async function loadOrCreateSshKey(home) {
  const folder = join(home, "ssh");
  const file = join(folder, "id_ed25519");
  await mkdir(folder, { recursive: true, mode: 448 });
  const existing = await readFile(file, "utf8").catch((error) => {
    if (error.code === "ENOENT") return void 0;
    throw new VcpError("internal", `The ssh key ${file} cannot be read: ${error.message}`, { hint: "Give the file back to the user who runs the controller." });
  });
  const privateKey = existing ?? await createKey(file);
  const parsed = ssh22.utils.parseKey(privateKey);
  if (parsed instanceof Error) {
    throw new VcpError("internal", `The ssh key ${file} is damaged: ${parsed.message}`, { hint: "Put it back from a backup; without it existing nodes cannot be reached." });
  }
  await chmod(file, 384);
  const publicKey = `${parsed.type} ${parsed.getPublicSSH().toString("base64")} ${COMMENT}`;
  await writeDurably(`${file}.pub`, `${publicKey}
`, 420);
  return { file, privateKey, publicKey };
}
async function createKey(file) {
  const pair = ssh22.utils.generateKeyPairSync("ed25519", { comment: COMMENT });
  await writeDurably(file, pair.private.endsWith("\n") ? pair.private : `${pair.private}
`, 384);
  return readFile(file, "utf8");
}
async function writeDurably(file, text, mode) {
  const fresh = `${file}.${process.pid}.new`;
  await rm(fresh, { force: true });
  const handle = await open(fresh, "wx", mode);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(fresh, file);
}

// controller/src/nodes/wait-until-ready.ts
var FIRST_PAUSE_MS = 15;
var LONGEST_PAUSE_MS = 200;
var FIRST_CONNECT_TIMEOUT_MS = 250;
var LONGEST_CONNECT_TIMEOUT_MS = 5e3;
async function waitUntilReady(pool, node, signal) {
  const what = `Waiting for node ${node.name}`;
  let last;
  let connectTimeoutMs = FIRST_CONNECT_TIMEOUT_MS;
  for (let wait = FIRST_PAUSE_MS; ; wait = Math.min(wait * 1.3, LONGEST_PAUSE_MS)) {
    throwIfAborted(signal, what, last);
    const began = performance.now();
    try {
      const connection = await pool.connect(node, signal, connectTimeoutMs);
      await engineAnswers(connection, signal);
      connection.helper().catch(() => void 0);
      return;
    } catch (error) {
      if (signal.aborted) throw abortError(signal, what, last ?? error);
      if (isHostKeyMismatch(error) || isVcpError(error) && error.code === "invalid_request") throw error;
      last = error;
      if (performance.now() - began >= connectTimeoutMs) connectTimeoutMs = Math.min(connectTimeoutMs * 2, LONGEST_CONNECT_TIMEOUT_MS);
    }
    await pause(wait, signal);
  }
}
async function engineAnswers(connection, signal) {
  const engine = new NodeEngine(connection);
  for (let wait = FIRST_PAUSE_MS; ; wait = Math.min(wait * 1.2, LONGEST_PAUSE_MS)) {
    try {
      await engine.call("/_ping", { what: "Asking the Docker engine", signal });
      return;
    } catch (error) {
      if (signal.aborted || !connection.alive) throw error;
      if (isVcpError(error) && error.code === "node_unreachable") throw error;
      if (isVcpError(error) && /administratively prohibited/.test(error.message)) {
        throw new VcpError("invalid_request", `Node ${connection.name} does not forward ${ENGINE_SOCKET}.`, { hint: "Its sshd has to allow stream-local forwarding.", cause: error });
      }
    }
    await pause(wait, signal);
  }
}

// controller/src/nodes/node-shell.ts
var SSH_PORT = 22;
var LOST_AFTER_MS = 3e4;
async function createNodeShell(options) {
  const port = options.port ?? SSH_PORT;
  const key = await loadOrCreateSshKey(options.home);
  const pool = new ConnectionPool({ privateKey: key.privateKey, port });
  const links = {
    helper: async (node, signal) => untilAborted((await pool.connect(node, signal)).helper(), signal, `Reaching node ${node.name}`),
    onDropped: (nodeId, listener) => pool.onDropped(nodeId, listener),
    now: () => options.clock.now(),
    lostAfterMs: options.lostAfterMs ?? LOST_AFTER_MS
  };
  const engineOf = async (node, signal) => new NodeEngine(await pool.connect(node, signal));
  const distributor = new ImageDistributor({ engine: engineOf, source: options.images, registries: new NetworkRegistries(pool, options.images), log: options.log ?? (() => void 0) });
  const oneAtATime = new Locks();
  async function* exec(node, spec, signal) {
    const container2 = spec.container === void 0 ? void 0 : await runningContainer(await engineOf(node, signal), spec.container, signal);
    const request3 = encodeExecRequest({ ...spec, container: container2 }, node.name);
    yield* followExec(links, { node, id: spec.id, start: { request: request3, stdin: spec.stdin }, from: { stdout: 0, stderr: 0 }, signal });
  }
  return {
    publicKey: key.publicKey,
    waitUntilReady: (node, signal) => waitUntilReady(pool, node, signal),
    heartbeat: async (node, signal) => parseHeartbeat((await untilAborted(readNodeFile(await links.helper(node, signal), HEARTBEAT_FILE, node.name), signal, `Asking node ${node.name}`)).toString(), node.name),
    exec,
    attach: (node, id2, from, signal) => followExec(links, { node, id: id2, from, signal }),
    cancel: async (node, id2) => cancelExec(await links.helper(node, AbortSignal.timeout(LOST_AFTER_MS)), id2),
    copyTo: async (node, path, tar, signal) => copyToNode(await pool.connect(node, signal), path, tar, signal),
    copyFrom: async (node, path, signal) => copyFromNode(await pool.connect(node, signal), path, signal),
    ensureImages: (nodes, images, progress, signal) => distributor.ensure(nodes, images, progress, signal),
    ensureApp: async (node, app, compose, signal) => oneAtATime.run(`${node.nodeId}/${app}`, signal, async () => ensureApp({
      engine: await engineOf(node, signal),
      app,
      compose,
      signal,
      fetchImage: (image) => distributor.ensure([node], [image], () => void 0, signal)
    })),
    removeApp: async (node, app, signal) => oneAtATime.run(`${node.nodeId}/${app}`, signal, async () => removeApp(await engineOf(node, signal), app, signal)),
    apps: async (node, signal) => appViews(await engineOf(node, signal), signal),
    appLogs: async (node, container2, tail, signal) => {
      const engine = await engineOf(node, signal);
      return containerLogs(engine, (await resolveContainer(engine, container2, signal)).id, tail, signal);
    },
    removeContainer: async (node, container2, signal) => {
      const engine = await engineOf(node, signal);
      const found = await resolveContainer(engine, container2, signal);
      await removeContainerById(engine, found.id, found.name, signal);
    },
    setHosts: async (node, hosts, signal) => {
      const stdin = hostsLines(hosts);
      await oneAtATime.run(`${node.nodeId}/etc/hosts`, signal, async () => runOnNode(await pool.connect(node, signal), "vcp-hosts", { stdin, signal, what: `Writing names of nodes into /etc/hosts of ${node.name}` }));
    },
    access: (node) => ({
      host: node.address,
      port,
      user: "root",
      hostKey: node.hostKey,
      identityFile: key.file,
      ...node.jump === void 0 ? {} : { jump: { host: node.jump.address, port, user: "root", hostKey: node.jump.hostKey } }
    }),
    drop: (nodeId) => pool.drop(nodeId),
    close: async () => pool.close()
  };
}
async function runningContainer(engine, name2, signal) {
  const found = await resolveContainer(engine, name2, signal);
  if (found.state === "running") return found.name;
  throw new VcpError("conflict", `Container ${found.name} on node ${engine.nodeName} is ${found.state}.`, { hint: "Look at its log, correct it, and start it again." });
}
var Locks = class {
  #locks = /* @__PURE__ */ new Map();
  async run(name2, signal, work) {
    const lock = this.#locks.get(name2) ?? { semaphore: new Semaphore(1), users: 0 };
    this.#locks.set(name2, lock);
    lock.users += 1;
    try {
      const leave = await lock.semaphore.enter(signal);
      try {
        return await work();
      } finally {
        leave();
      }
    } finally {
      lock.users -= 1;
      if (lock.users === 0) this.#locks.delete(name2);
    }
  }
};
export {
  createNodeShell,
  dockerImageSource
};
