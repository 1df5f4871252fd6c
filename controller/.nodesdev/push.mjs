// controller/.nodesdev/push.ts
import { readFileSync } from "node:fs";
import { execSync } from "node:child_process";
import Docker from "dockerode";

// controller/src/nodes/node-connection.ts
import { createHash } from "node:crypto";
import { connect } from "node:net";
import ssh2 from "ssh2";

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
    $^F = 255;
    open(my $file, '+>', $path) or POSIX::_exit(126);
    unlink $path;
    syswrite($file, join('', map { "$_\n" } @$env)); sysseek($file, 0, 0);
    @command = ('docker', 'exec', '--env-file', '/dev/fd/' . fileno $file, (map { ('-e', (split /=/, $_, 2)[0]) } @$own), ($stdin ? ('-i') : ()),
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
  #channel(signal, open) {
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
        open((error, channel) => {
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

// controller/src/nodes/registry-client.ts
import { createHash as createHash2 } from "node:crypto";
import { request } from "node:http";
import { Readable } from "node:stream";

// controller/src/nodes/channel-agent.ts
import { Agent } from "node:http";
var ChannelAgent = class extends Agent {
  #open;
  constructor(open, channels) {
    super({ keepAlive: false, maxSockets: channels });
    this.#open = open;
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

// controller/src/nodes/registry-client.ts
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
    return digestOf(await this.#call("PUT", `/v2/${REPOSITORY}/manifests/${tag}`, [201], { headers: { "content-type": MANIFEST_TYPE }, body: Readable.from([JSON.stringify(manifest)]) }));
  }
  /** Stores a blob of `length` bytes while it is read; its digest is known only at the end. */
  async putBlob(content, length, onBytes = () => void 0) {
    const started = await this.#call("POST", `/v2/${REPOSITORY}/blobs/uploads/`, [202], {});
    const hash = createHash2("sha256");
    let head = Buffer.alloc(0);
    const body = Readable.from((async function* () {
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
      const sent = request({ agent: this.#agent, host: this.address.split(":")[0], path, method, headers: { ...options.headers } });
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

// controller/src/nodes/push-archive.ts
import { posix } from "node:path";
import { Readable as Readable2 } from "node:stream";
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
      if (type === "symlink" && linkname) links.set(name2, posix.join(posix.dirname(name2), linkname));
      else if (type === "file" && name2 === "manifest.json") [manifest] = JSON.parse((await textOf(entry)).toString());
      else if (type === "file" && isBlob(name2)) blobs.set(name2, layerOf(await registry.putBlob(Readable2.from(entry), size, onBytes)));
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

// controller/.nodesdev/push.ts
var hostKey = execSync(`docker logs vcp-nd-1 2>/dev/null | grep VCP-HOSTKEY`).toString().trim().split(" ").slice(1).join(" ");
var c = await NodeConnection.open({ name: "n", address: "10.98.7.11", port: 22, hostKey, privateKey: readFileSync("/tmp/nodesdev/home/ssh/id_ed25519", "utf8"), connectTimeoutMs: 2e3 });
var r = new RegistryClient(c, "10.98.7.11:5000");
var orig = r.putBlob.bind(r);
r.putBlob = async (a, b, d) => {
  const t2 = performance.now();
  console.log("start");
  const x = await orig(a, b, d);
  console.log("blob", x.size, performance.now() - t2);
  return x;
};
var src = await new Docker().getImage(process.argv[2]).get();
var t = performance.now();
console.log(await pushArchive(r, src, "abc", () => {
}), performance.now() - t);
process.exit(0);
