/**
 * Migration 1. The whole entity is in `body` (JSON); what is searched or must be unique is generated from it,
 * so that the two can never differ. Never change a migration that was released: add the next.
 */
const owned = `
  owner TEXT NOT NULL GENERATED ALWAYS AS (body ->> '$.owner') VIRTUAL,
  project TEXT NOT NULL GENERATED ALWAYS AS (body ->> '$.project') VIRTUAL,
  actor TEXT NOT NULL GENERATED ALWAYS AS (body ->> '$.actor') VIRTUAL,
  origin TEXT NOT NULL GENERATED ALWAYS AS (body -> '$.origin') VIRTUAL`;

const text = (column: string, path: string, nullable = false): string => `${column} TEXT ${nullable ? '' : 'NOT NULL '}GENERATED ALWAYS AS (body ->> '$.${path}') VIRTUAL`;
const integer = (column: string, path: string, nullable = false): string => `${column} INTEGER ${nullable ? '' : 'NOT NULL '}GENERATED ALWAYS AS (body ->> '$.${path}') VIRTUAL`;
const row = 'id TEXT PRIMARY KEY NOT NULL, boot_epoch INTEGER NOT NULL, body TEXT NOT NULL CHECK (json_valid(body))';
const ofVc = `vc_id TEXT NOT NULL REFERENCES virtual_clouds(id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED`;

export const initialSchema = `
CREATE TABLE meta (key TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL) STRICT;

CREATE TABLE virtual_clouds (${row}, ${owned}, ${text('name', 'name')}, ${text('state', 'state')}, ${integer('revision', 'revision')}, ${integer('deleted_at', 'deletedAt', true)}) STRICT;
CREATE UNIQUE INDEX virtual_clouds_name ON virtual_clouds (project, name) WHERE deleted_at IS NULL;

CREATE TABLE revisions (${ofVc}, revision INTEGER NOT NULL, boot_epoch INTEGER NOT NULL, body TEXT NOT NULL CHECK (json_valid(body)), ${owned}, PRIMARY KEY (vc_id, revision)) STRICT;

CREATE TABLE networks (${row}, ${ofVc}, ${owned}, ${text('provider', 'provider')}, ${text('region', 'region')}, ${text('cidr', 'cidr')}, ${text('state', 'state')}) STRICT;
CREATE INDEX networks_vc ON networks (vc_id);
CREATE UNIQUE INDEX networks_place ON networks (vc_id, provider, region) WHERE state IN ('wanted', 'ready');

CREATE TABLE nodes (${row}, ${ofVc}, ${owned}, ${text('name', 'name')}, ${text('state', 'state')}, ${text('network_id', 'networkId')}, ${text('address', 'address')}) STRICT;
CREATE INDEX nodes_vc ON nodes (vc_id);
CREATE UNIQUE INDEX nodes_name ON nodes (vc_id, name) WHERE state <> 'deleted';
CREATE UNIQUE INDEX nodes_address ON nodes (network_id, address) WHERE state <> 'deleted';

CREATE TABLE operations (${row}, ${ofVc}, ${owned}, ${text('kind', 'kind')}, ${text('state', 'state')}, ${integer('created_at', 'createdAt')}) STRICT;
CREATE INDEX operations_vc ON operations (vc_id, created_at DESC, id DESC);
CREATE INDEX operations_time ON operations (created_at DESC, id DESC);
CREATE INDEX operations_open ON operations (state) WHERE state IN ('queued', 'running');

CREATE TABLE journal (seq INTEGER PRIMARY KEY NOT NULL, at INTEGER NOT NULL, boot_epoch INTEGER NOT NULL,
  operation TEXT NOT NULL REFERENCES operations(id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  resource TEXT NOT NULL, act TEXT NOT NULL, phase TEXT NOT NULL CHECK (phase IN ('intent', 'done', 'failed')), detail TEXT NOT NULL CHECK (json_valid(detail))) STRICT;
CREATE INDEX journal_operation ON journal (operation, seq);

CREATE TABLE claims (resource TEXT PRIMARY KEY NOT NULL, operation TEXT NOT NULL REFERENCES operations(id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED, boot_epoch INTEGER NOT NULL) STRICT;

CREATE TABLE idempotency (actor TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL CHECK (json_valid(body)), boot_epoch INTEGER NOT NULL,
  ${text('operation', 'operation')}, ${integer('expires_at', 'expiresAt')}, PRIMARY KEY (actor, key)) STRICT;
CREATE INDEX idempotency_operation ON idempotency (operation);

CREATE TABLE execs (${row}, ${ofVc}, ${owned}, ${integer('started_at', 'startedAt')}) STRICT;
CREATE INDEX execs_time ON execs (started_at);

CREATE TABLE events (seq INTEGER PRIMARY KEY NOT NULL, at INTEGER NOT NULL, body TEXT NOT NULL CHECK (json_valid(body))) STRICT;
CREATE INDEX events_time ON events (at);

CREATE TABLE durations (id INTEGER PRIMARY KEY, provider TEXT NOT NULL, flavor TEXT NOT NULL, at INTEGER NOT NULL, ms INTEGER NOT NULL) STRICT;
CREATE INDEX durations_flavor ON durations (provider, flavor, id DESC);

CREATE TABLE ledger (seq INTEGER PRIMARY KEY NOT NULL, ts INTEGER NOT NULL, boot_id INTEGER NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL, target TEXT NOT NULL,
  outcome TEXT NOT NULL, origin TEXT NOT NULL, reason TEXT, payload_hash TEXT NOT NULL, prev_hash TEXT NOT NULL, hash TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE ledger_payloads (seq INTEGER PRIMARY KEY NOT NULL REFERENCES ledger(seq), salt BLOB NOT NULL, payload TEXT NOT NULL) STRICT;

CREATE TABLE projects (${row}, ${owned}, ${text('name', 'name')}) STRICT;
CREATE UNIQUE INDEX projects_name ON projects (name);
CREATE TABLE users (${row}, ${owned}, ${text('name', 'name')}, ${text('role', 'role')}) STRICT;
CREATE UNIQUE INDEX users_name ON users (name);
CREATE TABLE project_members (project_id TEXT NOT NULL REFERENCES projects(id) ON DELETE CASCADE, user_id TEXT NOT NULL REFERENCES users(id) ON DELETE CASCADE, role TEXT NOT NULL, PRIMARY KEY (project_id, user_id)) STRICT;
`;
